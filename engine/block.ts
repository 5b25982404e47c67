import { inKernel, inScratch, local, unsetBytes, unsetUints, zeroUints } from './region.js';
import { crc32 } from 'node:zlib';
import { Packr, Unpackr } from './msgpackr.js';
import { joinCrc32 } from './crc32.js';
import { fail } from './errors.js';
import { packFloats, packUints, packUpTo, unpackFloats, unpackOffsets, unpackUints, type PackedNumbers } from './packed-numbers.js';
import { lazyColumns, type Batch, type Column, type Dictionary } from './column.js';

/*
 * A block carries all that is needed to read it:
 *
 *   'TMB2'  crc32 (over all that follows)  length of the head      4 bytes each, numbers little-endian
 *   head: msgpack [type, rows, { field: column }]
 *   sections, in the order in which the head tells their lengths
 *
 * A column is [kind, ...]; numbers are [base, width, section], see packed-numbers.ts; a dictionary is [size, lengths, section].
 * Only dictionary entries that a row uses are stored.
 */
const MAGIC = Buffer.from('TMB2');
const HEADER = 12;
/** Bytes behind copied texts that the kernel may overwrite. */
const COPY_SLACK = 8;

const packr = new Packr({ useRecords: false, moreTypes: false });
const unpackr = new Unpackr({ useRecords: false, moreTypes: false, mapsAsObjects: true, int64AsType: 'number' });

type PackedDictionary = [size: number, lengths: PackedNumbers, bytes: Uint8Array];
type PackedColumn =
  | ['string', PackedDictionary, PackedNumbers]
  | ['number', PackedNumbers]
  | ['strings', PackedDictionary, PackedNumbers, PackedNumbers]
  | ['numbers', PackedNumbers, PackedNumbers];

/** A block in pieces, to be written one behind the other. Within `inRegion` they share memory with other arrays of the task. */
export interface PackedBlock {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly crc32: number;
}

export function packBlock(batch: Batch): PackedBlock {
  const sections: Uint8Array[] = [];
  const columns: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(batch.columns)) columns[name] = detached(packColumn(column, batch.rows), sections);
  const head = packr.pack([batch.type, batch.rows, columns]);
  const header = Buffer.alloc(HEADER);
  header.set(MAGIC);
  header.writeUInt32LE(head.length, 8);
  let checksum = crc32(head, crc32(header.subarray(8)));
  let bytes = HEADER + head.length;
  for (const section of sections) {
    checksum = crc32(section, checksum);
    bytes += section.length;
  }
  header.writeUInt32LE(checksum, 4);
  return {
    pieces: [header, head, ...sections],
    bytes,
    crc32: joinCrc32(crc32(header.subarray(0, 8)), checksum, bytes - 8),
  };
}

/** A block in memory of its own. */
export function encodeBlock(batch: Batch): Uint8Array<ArrayBuffer> {
  const { pieces, bytes } = packBlock(batch);
  const block = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    block.set(piece, at);
    at += piece.length;
  }
  return block;
}

/** What was packed with its bytes in `sections`, and their lengths in their places. */
function detached(packed: unknown, sections: Uint8Array[]): unknown {
  if (packed instanceof Uint8Array) {
    // zlib takes an empty one for the beginning of a checksum.
    if (packed.length > 0) sections.push(packed);
    return packed.length;
  }
  return Array.isArray(packed) ? packed.map((part) => detached(part, sections)) : packed;
}

/** What `detached` took apart; `take` gives the next section. */
function attached(column: readonly unknown[], take: (length: number) => Uint8Array): PackedColumn {
  const numbers = ([base, width, length]: number[]): unknown => [base, width, take(length as number)];
  const dictionary = ([size, lengths, length]: [number, number[], number]): unknown => [size, numbers(lengths), take(length)];
  const isText = column[0] === 'string' || column[0] === 'strings';
  return column.map((part, i) =>
    i === 0 ? part : i === 1 && isText ? dictionary(part as [number, number[], number]) : numbers(part as number[]),
  ) as unknown as PackedColumn;
}

/**
 * Unpack a block; each column when it is first looked at. Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION.
 * The batch shares memory with `block`.
 */
export function decodeBlock(block: Uint8Array): Batch {
  checkBlock(block);
  let at = HEADER + lengthOfHead(block);
  const take = (length: number): Uint8Array => block.subarray(at, (at += length));
  try {
    const [type, rows, packed] = unpackr.unpack(block.subarray(HEADER, at)) as [string, number, Record<string, unknown[]>];
    const columns = Object.entries(packed).map(([name, column]): [string, () => Column] => {
      const own = attached(column, take);
      return [name, () => unpackColumn(own, rows)];
    });
    return { type, rows, columns: lazyColumns(columns) };
  } catch (cause) {
    throw fail('TM_ERR_BLOCK_CORRUPT', 'a block cannot be unpacked', { cause });
  }
}

/** Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION. */
export function checkBlock(block: Uint8Array): void {
  if (block.length < HEADER || block[0] !== MAGIC[0] || block[1] !== MAGIC[1] || block[2] !== MAGIC[2]) {
    throw fail('TM_ERR_BLOCK_CORRUPT', 'this is not a block');
  }
  if (block[3] !== MAGIC[3])
    throw fail('TM_ERR_BLOCK_VERSION', `a block of version '${String.fromCharCode(block[3] as number)}' cannot be read`);
  const stored = new DataView(block.buffer, block.byteOffset).getUint32(4, true);
  if (crc32(block.subarray(8)) !== stored) throw fail('TM_ERR_BLOCK_CORRUPT', 'a block does not match its checksum');
}

function lengthOfHead(block: Uint8Array): number {
  return new DataView(block.buffer, block.byteOffset).getUint32(8, true);
}

function packColumn(c: Column, rows: number): PackedColumn {
  switch (c.kind) {
    case 'string': {
      const [dictionary, codes] = packCodes(c.dictionary, c.codes);
      return ['string', dictionary, codes];
    }
    case 'number':
      return ['number', packFloats(c.values)];
    case 'strings': {
      const [dictionary, codes] = packCodes(c.dictionary, c.codes);
      return ['strings', dictionary, packUints(lengthsOf(c.offsets, rows)), codes];
    }
    case 'numbers':
      return ['numbers', packUints(lengthsOf(c.offsets, rows)), packFloats(c.values)];
  }
}

function unpackColumn(c: PackedColumn, rows: number): Column {
  switch (c[0]) {
    case 'string':
      return { kind: 'string', dictionary: unpackDictionary(c[1]), codes: unpackUints(c[2], rows) };
    case 'number':
      return { kind: 'number', values: unpackFloats(c[1], rows) };
    case 'strings': {
      const offsets = unpackOffsets(c[2], rows);
      return { kind: 'strings', dictionary: unpackDictionary(c[1]), offsets, codes: unpackUints(c[3], offsets[rows] as number) };
    }
    case 'numbers': {
      const offsets = unpackOffsets(c[1], rows);
      return { kind: 'numbers', offsets, values: unpackFloats(c[2], offsets[rows] as number) };
    }
    default:
      throw fail('TM_ERR_BLOCK_VERSION', `a column of kind '${String((c as unknown[])[0])}' cannot be read`);
  }
}

/** The dictionary without the entries that no code uses, in the order of first use, and the codes into it. */
function packCodes(d: Dictionary, codes: Uint32Array): [PackedDictionary, PackedNumbers] {
  const own = unsetUints(codes.length);
  const all = unsetUints(Math.min(d.size, codes.length));
  const used = all.subarray(0, numberUsed(d.size, codes, own, all));
  const size = used.length;
  const first = used[0] ?? 0;
  // Entries in their order, as a dictionary that was made with its codes has them, lie in one piece.
  const [lengths, bytes] = isRun(used)
    ? [lengthsOf(d.offsets.subarray(first), size), d.bytes.subarray(d.offsets[first], d.offsets[first + size])]
    : copiedEntries(d, used);
  return [[size, packUints(lengths), bytes], packUpTo(own, Math.max(0, size - 1))];
}

/** The distinct codes, to `used` in the order of first use, and each code's place among them, to `own`; returns how many. */
function numberUsed(size: number, codes: Uint32Array, own: Uint32Array, used: Uint32Array): number {
  return inScratch(() => {
    const place = zeroUints(size); // of each entry its new code, plus one
    const fast = inKernel(codes, place, own, used);
    if (fast !== undefined) {
      const [a, b, c, d] = fast.at;
      return fast.kernel.numberUsed(a, codes.length, b, c, d);
    }
    let count = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] as number;
      if (place[code] === 0) {
        used[count] = code;
        place[code] = ++count;
      }
      own[i] = (place[code] as number) - 1;
    }
    return count;
  });
}

function isRun(entries: Uint32Array): boolean {
  const first = entries[0] ?? 0;
  for (let i = 0; i < entries.length; i++) if (entries[i] !== first + i) return false;
  return true;
}

/** Some entries, one behind the other: their lengths, and their bytes. */
function copiedEntries({ bytes, offsets }: Dictionary, entries: Uint32Array): [Uint32Array, Uint8Array] {
  const lengths = unsetUints(entries.length);
  const fast = inKernel(local(bytes), local(offsets), entries, lengths);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    const out = unsetBytes(fast.kernel.lengthsOfEntries(b, c, entries.length, d) + COPY_SLACK);
    if (out.buffer === lengths.buffer) {
      fast.kernel.copyEntries(a, b, c, entries.length, out.byteOffset);
      return [lengths, out.subarray(0, -COPY_SLACK)];
    }
  }
  let total = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as number;
    const length = (offsets[entry + 1] as number) - (offsets[entry] as number);
    lengths[i] = length;
    total += length;
  }
  const out = unsetBytes(total);
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const from = offsets[entries[i] as number] as number;
    at = copyBytes(bytes, from, from + (lengths[i] as number), out, at);
  }
  return [lengths, out];
}

/** Copy what is mostly short, byte by byte; returns where the copy ends. */
function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end - start > 48) to.set(from.subarray(start, end), at);
  else for (let i = start, j = at; i < end; i++, j++) to[j] = from[i] as number;
  return at + end - start;
}

function unpackDictionary([size, lengths, bytes]: PackedDictionary): Dictionary {
  return { size, offsets: unpackOffsets(lengths, size), bytes };
}

function lengthsOf(offsets: Uint32Array, rows: number): Uint32Array {
  const lengths = unsetUints(rows);
  const fast = inKernel(offsets, lengths);
  if (fast !== undefined) fast.kernel.lengthsOf(fast.at[0], rows, fast.at[1]);
  else for (let i = 0; i < rows; i++) lengths[i] = (offsets[i + 1] as number) - (offsets[i] as number);
  return lengths;
}
