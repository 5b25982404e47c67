import { unsetBytes, unsetUints } from '../region.js';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { decodeBlock, packBlock, type PackedBlock } from '../block.js';
import { joinCrc32 } from '../crc32.js';
import { fail, type engineErrors } from '../errors.js';
import { selectRows } from '../rows.js';
import { isDiskFull } from '../store/disk.js';
import type { Batch } from '../column.js';
import type { BlockRef, Part, PartFile } from '../work-package.js';

/** Rows of one block at most: few enough to bound a task's memory, enough for a dictionary to pay. */
export const BLOCK_ROWS = 65_536;

/** What is shorter is gathered to so many bytes before it goes to the file. */
const BUFFER_BYTES = 1 << 18;

/** Writes blocks as frames (int32 big-endian length, then the block) to a new file. Errors: TM_ERR_DISK_FULL, TM_ERR_IO. */
export class PartWriter {
  readonly #fd: number;
  readonly #blocks: BlockRef[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffered = 0;
  #bytes = 0;
  #checksum = 0;

  constructor(file: string) {
    this.#fd = withIO(`the part ${file} cannot be made`, () => {
      // A new file, never an old one emptied: a worker that was given up may be in the middle of a last write to that.
      rmSync(file, { force: true });
      return openSync(file, 'wx');
    });
  }

  /** Append a batch as one block or more; an empty one leaves no trace. Nothing of the batch is needed after it. */
  append(batch: Batch): BlockRef[] {
    const refs: BlockRef[] = [];
    for (let from = 0; from < batch.rows; from += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, batch.rows - from);
      refs.push(this.#frame(batch.type, rows, packBlock(rows === batch.rows ? batch : selectRows(batch, range(from, rows)))));
    }
    return refs;
  }

  /** The part as its metadata tells it. */
  close(name: string): Part {
    try {
      this.#flush();
    } finally {
      closeSync(this.#fd);
    }
    return { name, bytes: this.#bytes, checksum: this.#checksum, blocks: this.#blocks };
  }

  /** Close the file of a task that failed. */
  abandon(): void {
    closeSync(this.#fd);
  }

  #frame(type: string, records: number, { pieces, bytes, crc32: own }: PackedBlock): BlockRef {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes);
    const ref = { type, records, offset: this.#bytes + 4, bytes };
    this.#checksum = joinCrc32(crc32(length, this.#checksum), own, bytes);
    this.#bytes += 4 + bytes;
    this.#blocks.push(ref);
    this.#write(length);
    for (const piece of pieces) this.#write(piece);
    return ref;
  }

  #write(bytes: Uint8Array): void {
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) this.#toFile(bytes);
    else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  #flush(): void {
    this.#toFile(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #toFile(bytes: Uint8Array): void {
    withIO('a part cannot be written', () => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    });
  }
}

/**
 * Write a part and close it, whatever happens; the caller names it where it comes to lie in a package. It is on the disk when
 * the store has committed it. Errors: TM_ERR_DISK_FULL, TM_ERR_IO, those of `work`.
 */
export function writePart(file: string, work: (writer: PartWriter) => void, name = ''): Part {
  const writer = new PartWriter(file);
  try {
    work(writer);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return writer.close(name);
}

function range(from: number, count: number): Uint32Array {
  const rows = unsetUints(count);
  for (let i = 0; i < count; i++) rows[i] = from + i;
  return rows;
}

type Code = keyof typeof engineErrors;

const writing = (cause: unknown): Code => (isDiskFull(cause) ? 'TM_ERR_DISK_FULL' : 'TM_ERR_IO');
/** A part that is read is of a package, so that it has been there. */
const reading = (cause: unknown): Code => ((cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'TM_ERR_BLOCK_CORRUPT' : 'TM_ERR_IO');

/** Work on files: what the system refuses is the fault of no record. */
function withIO<T>(otherwise: string, work: () => T, codeOf: (cause: unknown) => Code = writing): T {
  try {
    return work();
  } catch (cause) {
    const code = codeOf(cause);
    const why = code === 'TM_ERR_DISK_FULL' ? 'no space is left on the disk' : (cause as Error).message;
    throw fail(code, `${otherwise}: ${why}`, { cause });
  }
}

/**
 * The batches of some blocks of a part, one at a time, of the type that the package calls them: two locations may hold the
 * same blocks under two names. Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION, TM_ERR_IO.
 */
export function* readPart({ file, blocks }: PartFile): Generator<Batch> {
  const unreadable = `the part ${file} cannot be read`;
  const fd = withIO(unreadable, () => openSync(file, 'r'), reading);
  try {
    for (const { type, offset, bytes } of blocks) {
      const block = unsetBytes(bytes);
      let got = 0;
      while (got < bytes) {
        const n = withIO(unreadable, () => readSync(fd, block, got, bytes - got, offset + got));
        if (n === 0) throw fail('TM_ERR_BLOCK_CORRUPT', `the part ${file} ends in the middle of a block`);
        got += n;
      }
      yield { ...decodeBlock(block), type };
    }
  } finally {
    closeSync(fd);
  }
}
