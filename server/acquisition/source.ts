import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, statSync, openSync, readSync, closeSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fail } from '../errors.js';

/** Bytes of one piece of decompressed content: what one task parses, and what one digest is of. */
export const CHUNK_BYTES = 16 << 20;

/** How much of a source is looked at to know its format. */
const HEAD_BYTES = 64 << 10;

/** A log or a file of raw lines. */
export interface Source {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  readonly compressed: boolean;
  /** Bytes on the disk. */
  readonly bytes: number;
}

/**
 * Look at a file without reading it. Errors: TM_ERR_IMPORT_NO_FILE, TM_ERR_IMPORT_DIRECTORY, TM_ERR_IMPORT_UNREADABLE.
 */
export function openSource(name: string, path: string = name): Source {
  if (!existsSync(path)) throw fail('TM_ERR_IMPORT_NO_FILE', `there is no file ${name}`);
  const stat = statSync(path);
  if (stat.isDirectory()) throw fail('TM_ERR_IMPORT_DIRECTORY', `${name} is a directory; name the files in it`);
  const magic = Buffer.alloc(2);
  try {
    const fd = openSync(path, 'r');
    readSync(fd, magic, 0, 2, 0);
    closeSync(fd);
  } catch (cause) {
    throw fail('TM_ERR_IMPORT_UNREADABLE', `${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return { name, path, compressed: magic[0] === 0x1f && magic[1] === 0x8b, bytes: stat.size };
}

/** Keep what a stream says in a file, so that it can be read as any other source. */
export async function spool(stream: NodeJS.ReadableStream, path: string): Promise<Source> {
  await pipeline(stream, createWriteStream(path));
  return openSource('standard input', path);
}

/** The decompressed content. Errors: TM_ERR_IMPORT_UNREADABLE. */
export async function* contentOf(source: Source): AsyncGenerator<Buffer> {
  const file = createReadStream(source.path, { highWaterMark: 1 << 20 });
  const stream = source.compressed ? createGunzip({ chunkSize: 1 << 20 }) : file;
  // `pipe` hands on no errors: a file that cannot be read must end the reading of what comes of it.
  if (stream !== file) file.on('error', (error) => stream.destroy(error)).pipe(stream as ReturnType<typeof createGunzip>);
  try {
    for await (const bytes of stream) yield bytes as Buffer;
  } catch (cause) {
    throw fail('TM_ERR_IMPORT_UNREADABLE', `${source.name} cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    file.destroy();
  }
}

/** The content in pieces of `size` bytes, the last one shorter. */
export async function* chunksOf(source: Source, size: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (let bytes of contentOf(source)) {
    while (length + bytes.length >= size) {
      const rest = size - length;
      yield Buffer.concat([...parts, bytes.subarray(0, rest)]);
      bytes = bytes.subarray(rest);
      parts = [];
      length = 0;
    }
    if (bytes.length > 0) parts.push(bytes);
    length += bytes.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}

/** The first bytes of the content. */
export async function headOf(source: Source): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of contentOf(source)) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
