import { unsetBytes, unsetFloats, unsetShorts, unsetUints } from './region.js';
import { crc32 } from 'node:zlib';
import { Packr, Unpackr } from 'msgpackr';
import { fail } from './errors.js';
import { freshPlaces } from './places.js';
import type { Batch, Column, Dictionary } from './column.js';

/*
 * A block carries all that is needed to read it:
 *
 *   'TMB1'  crc32 (4 bytes, little-endian, over all that follows)  msgpack [type, rows, { field: column }]
 *
 * A column is [kind, ...]; numbers are [base, width, bytes], where width 0 is a constant, 1, 2 and 4 an unsigned
 * distance from base, 8 a double. Only dictionary entries that a row uses are stored.
 */
const MAGIC = Buffer.from('TMB1');
const HEADER = 8;

const packr = new Packr({ useRecords: false, moreTypes: false });
const unpackr = new Unpackr({ useRecords: false, moreTypes: false, mapsAsObjects: true, int64AsType: 'number' });

type PackedNumbers = [base: number, width: number, bytes: Uint8Array];
type PackedDictionary = [size: number, lengths: PackedNumbers, bytes: Uint8Array];
type PackedColumn =
  | ['string', PackedDictionary, PackedNumbers]
  | ['number', PackedNumbers]
  | ['strings', PackedDictionary, PackedNumbers, PackedNumbers]
  | ['numbers', PackedNumbers, PackedNumbers];

/**
 * Pack a batch. Within `inRegion` the result shares memory with other arrays of the task, and is to be written or copied
 * before the task ends; it must not be transferred. Outside of it, it owns its memory.
 */
export function encodeBlock(batch: Batch): Uint8Array<ArrayBuffer> {
  const columns: Record<string, PackedColumn> = {};
  for (const [name, column] of Object.entries(batch.columns)) columns[name] = packColumn(column, batch.rows);
  const body = packr.pack([batch.type, batch.rows, columns]);
  const block = unsetBytes(HEADER + body.length);
  block.set(MAGIC);
  block.set(body, HEADER);
  new DataView(block.buffer, block.byteOffset).setUint32(4, crc32(body), true);
  return block;
}

/**
 * Unpack a block; each column when it is first looked at. Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION.
 * The batch shares memory with `block`.
 */
export function decodeBlock(block: Uint8Array): Batch {
  checkBlock(block);
  let unpacked: [string, number, Record<string, PackedColumn>];
  try {
    unpacked = unpackr.unpack(block.subarray(HEADER)) as typeof unpacked;
  } catch (cause) {
    throw fail('TM_ERR_BLOCK_CORRUPT', 'a block cannot be unpacked', { cause });
  }
  const [type, rows, packed] = unpacked;
  const columns: Record<string, Column> = {};
  for (const [name, column] of Object.entries(packed)) {
    let unpackedColumn: Column | undefined;
    Object.defineProperty(columns, name, { enumerable: true, get: () => (unpackedColumn ??= unpackColumn(column, rows)) });
  }
  return { type, rows, columns };
}

/** Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION. */
export function checkBlock(block: Uint8Array): void {
  if (block.length < HEADER || block[0] !== MAGIC[0] || block[1] !== MAGIC[1] || block[2] !== MAGIC[2]) {
    throw fail('TM_ERR_BLOCK_CORRUPT', 'this is not a block');
  }
  if (block[3] !== MAGIC[3])
    throw fail('TM_ERR_BLOCK_VERSION', `a block of version '${String.fromCharCode(block[3] as number)}' cannot be read`);
  const stored = new DataView(block.buffer, block.byteOffset).getUint32(4, true);
  if (crc32(block.subarray(HEADER)) !== stored) throw fail('TM_ERR_BLOCK_CORRUPT', 'a block does not match its checksum');
}

function packColumn(c: Column, rows: number): PackedColumn {
  switch (c.kind) {
    case 'string': {
      const [dictionary, codes] = packCodes(c.dictionary, c.codes);
      return ['string', dictionary, codes];
    }
    case 'number':
      return ['number', packNumbers(c.values)];
    case 'strings': {
      const [dictionary, codes] = packCodes(c.dictionary, c.codes);
      return ['strings', dictionary, packNumbers(lengthsOf(c.offsets, rows)), codes];
    }
    case 'numbers':
      return ['numbers', packNumbers(lengthsOf(c.offsets, rows)), packNumbers(c.values)];
  }
}

function unpackColumn(c: PackedColumn, rows: number): Column {
  switch (c[0]) {
    case 'string':
      return { kind: 'string', dictionary: unpackDictionary(c[1]), codes: unpackUints(c[2], rows) };
    case 'number':
      return { kind: 'number', values: unpackDoubles(c[1], rows) };
    case 'strings': {
      const offsets = offsetsOf(c[2], rows);
      return { kind: 'strings', dictionary: unpackDictionary(c[1]), offsets, codes: unpackUints(c[3], offsets[rows] as number) };
    }
    case 'numbers': {
      const offsets = offsetsOf(c[1], rows);
      return { kind: 'numbers', offsets, values: unpackDoubles(c[2], offsets[rows] as number) };
    }
    default:
      throw fail('TM_ERR_BLOCK_VERSION', `a column of kind '${String((c as unknown[])[0])}' cannot be read`);
  }
}

/** The dictionary without the entries that no code uses, in the order of first use, and the codes into it. */
function packCodes(d: Dictionary, codes: Uint32Array): [PackedDictionary, PackedNumbers] {
  const own = unsetUints(codes.length);
  const all = unsetUints(Math.min(d.size, codes.length));
  const used = all.subarray(0, usedEntries(d.size, codes, own, all));
  const size = used.length;
  // The first entries in their order, as a dictionary that was made with its codes has them, lie in one piece.
  const [lengths, bytes] = isInOrder(used)
    ? [lengthsOf(d.offsets, size), d.bytes.subarray(d.offsets[0], d.offsets[size])]
    : copiedEntries(d, used);
  return [[size, packUints(lengths), bytes], packNumbers(own)];
}

/** The distinct codes, to `used` in the order of first use, and each code's place among them, to `own`; returns how many. */
function usedEntries(size: number, codes: Uint32Array, own: Uint32Array, used: Uint32Array): number {
  const { place, base } = freshPlaces(size, codes.length);
  let next = base;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    let to = place[code] as number;
    if (to < base) {
      used[next - base] = code;
      to = next++;
      place[code] = to;
    }
    own[i] = to - base;
  }
  return next - base;
}

function isInOrder(entries: Uint32Array): boolean {
  for (let i = 0; i < entries.length; i++) if (entries[i] !== i) return false;
  return true;
}

/** Some entries, one behind the other: their lengths, and their bytes. */
function copiedEntries({ bytes, offsets }: Dictionary, entries: Uint32Array): [Uint32Array, Uint8Array] {
  const lengths = unsetUints(entries.length);
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
  return { size, offsets: offsetsOf(lengths, size), bytes };
}

function packNumbers(values: Float64Array | Uint32Array): PackedNumbers {
  const n = values.length;
  if (n === 0) return [0, 0, new Uint8Array(0)];
  if (values instanceof Uint32Array) return packUints(values);
  let min = values[0] as number;
  let max = min;
  let whole = true;
  for (let i = 0; i < n; i++) {
    const v = values[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
    if (whole && !(Number.isSafeInteger(v) && !Object.is(v, -0))) whole = false;
  }
  const range = max - min;
  if (!whole || range > 0xffffffff) {
    return [0, 8, bytesOf(values)];
  }
  return packDistances(values, min, range);
}

function packUints(values: Uint32Array): PackedNumbers {
  let min = 0xffffffff;
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return packDistances(values, min, max - min);
}

function packDistances(values: Float64Array | Uint32Array, min: number, range: number): PackedNumbers {
  if (range === 0) return [min, 0, new Uint8Array(0)];
  const n = values.length;
  const to = range <= 0xff ? unsetBytes(n) : range <= 0xffff ? unsetShorts(n) : unsetUints(n);
  if (min === 0) to.set(values);
  else for (let i = 0; i < n; i++) to[i] = (values[i] as number) - min;
  return [min, to.BYTES_PER_ELEMENT, bytesOf(to)];
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The distances of packed numbers from their base; a copy, because a block's bytes are not aligned. */
function distances(width: number, bytes: Uint8Array): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return bytes;
  const n = bytes.length / width;
  const aligned = width === 2 ? unsetShorts(n) : unsetUints(n);
  bytesOf(aligned).set(bytes);
  return aligned;
}

function unpackUints([base, width, bytes]: PackedNumbers, n: number): Uint32Array {
  if (width === 0) return unsetUints(n).fill(base);
  const d = distances(width, bytes);
  const out = unsetUints(n);
  if (base === 0) out.set(d);
  else for (let i = 0; i < n; i++) out[i] = base + (d[i] as number);
  return out;
}

function unpackDoubles([base, width, bytes]: PackedNumbers, n: number): Float64Array {
  if (width === 0) return unsetFloats(n).fill(base);
  const out = unsetFloats(n);
  if (width === 8) {
    bytesOf(out).set(bytes);
    return out;
  }
  const d = distances(width, bytes);
  for (let i = 0; i < n; i++) out[i] = base + (d[i] as number);
  return out;
}

function lengthsOf(offsets: Uint32Array, rows: number): Uint32Array {
  const lengths = unsetUints(rows);
  for (let i = 0; i < rows; i++) lengths[i] = (offsets[i + 1] as number) - (offsets[i] as number);
  return lengths;
}

function offsetsOf(lengths: PackedNumbers, rows: number): Uint32Array {
  const own = unpackUints(lengths, rows);
  const offsets = unsetUints(rows + 1);
  offsets[0] = 0;
  for (let i = 0; i < rows; i++) offsets[i + 1] = (offsets[i] as number) + (own[i] as number);
  return offsets;
}
