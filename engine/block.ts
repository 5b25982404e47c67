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

/** Pack a batch. The result owns its memory and may be transferred. */
export function encodeBlock(batch: Batch): Uint8Array<ArrayBuffer> {
  const columns: Record<string, PackedColumn> = {};
  for (const [name, column] of Object.entries(batch.columns)) columns[name] = packColumn(column, batch.rows);
  const body = packr.pack([batch.type, batch.rows, columns]);
  const block = new Uint8Array(HEADER + body.length);
  block.set(MAGIC);
  block.set(body, HEADER);
  new DataView(block.buffer).setUint32(4, crc32(body), true);
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
  const { place, base } = freshPlaces(d.size, codes.length);
  const own = new Uint32Array(codes.length);
  const used = new Uint32Array(Math.min(d.size, codes.length));
  let size = 0;
  let total = 0;
  let inOrder = true;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    let to = place[code] as number;
    if (to < base) {
      inOrder &&= code === size;
      used[size] = code;
      to = base + size++;
      place[code] = to;
      total += (d.offsets[code + 1] as number) - (d.offsets[code] as number);
    }
    own[i] = to - base;
  }
  const lengths = new Uint32Array(size);
  for (let i = 0; i < size; i++) lengths[i] = (d.offsets[(used[i] as number) + 1] as number) - (d.offsets[used[i] as number] as number);
  if (inOrder) return [[size, packNumbers(lengths), d.bytes.subarray(d.offsets[0], d.offsets[size])], packNumbers(own)];
  const bytes = new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < size; i++) {
    const from = d.offsets[used[i] as number] as number;
    const length = lengths[i] as number;
    if (length > 32) bytes.set(d.bytes.subarray(from, from + length), at);
    else for (let j = 0; j < length; j++) bytes[at + j] = d.bytes[from + j] as number;
    at += length;
  }
  return [[size, packNumbers(lengths), bytes], packNumbers(own)];
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
    const doubles = Float64Array.from(values);
    return [0, 8, new Uint8Array(doubles.buffer)];
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
  const to = range <= 0xff ? new Uint8Array(n) : range <= 0xffff ? new Uint16Array(n) : new Uint32Array(n);
  if (min === 0) to.set(values);
  else for (let i = 0; i < n; i++) to[i] = (values[i] as number) - min;
  return [min, to.BYTES_PER_ELEMENT, new Uint8Array(to.buffer)];
}

/** Not `bytes.slice()`: on a Buffer that is a view. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** The distances of packed numbers from their base; a copy, because a block's bytes are not aligned. */
function distances(width: number, bytes: Uint8Array): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return bytes;
  const aligned = copyOf(bytes);
  return width === 2 ? new Uint16Array(aligned) : new Uint32Array(aligned);
}

function unpackUints([base, width, bytes]: PackedNumbers, n: number): Uint32Array {
  if (width === 0) return base === 0 ? new Uint32Array(n) : new Uint32Array(n).fill(base);
  const d = distances(width, bytes);
  const out = new Uint32Array(n);
  if (base === 0) out.set(d);
  else for (let i = 0; i < n; i++) out[i] = base + (d[i] as number);
  return out;
}

function unpackDoubles([base, width, bytes]: PackedNumbers, n: number): Float64Array {
  if (width === 0) return new Float64Array(n).fill(base);
  if (width === 8) return new Float64Array(copyOf(bytes));
  const d = distances(width, bytes);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = base + (d[i] as number);
  return out;
}

function lengthsOf(offsets: Uint32Array, rows: number): Uint32Array {
  const lengths = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) lengths[i] = (offsets[i + 1] as number) - (offsets[i] as number);
  return lengths;
}

function offsetsOf(lengths: PackedNumbers, rows: number): Uint32Array {
  const own = unpackUints(lengths, rows);
  const offsets = new Uint32Array(rows + 1);
  for (let i = 0; i < rows; i++) offsets[i + 1] = (offsets[i] as number) + (own[i] as number);
  return offsets;
}
