import type { Dictionary } from './column.js';

/** One part of a composite key: a code below `size` for each row. */
export interface KeyPart {
  readonly codes: Uint32Array;
  readonly size: number;
}

/** Rows with equal keys share a group; groups are numbered in the order of first sight. */
export interface Groups {
  readonly count: number;
  /** The group of each row, or NO_GROUP for a row that the mask leaves out. */
  readonly ofRow: Uint32Array;
  /** The first row of each group, which stands for its key. */
  readonly firstRow: Uint32Array;
}

export const NO_GROUP = 0xffffffff;

/** A flat table instead of a hash table pays while it stays in the processor's cache. */
const FLAT_LIMIT = 1 << 18;

/** Group the rows `0 .. rows - 1` by their composite key, those with `mask[row] === 0` left out. */
export function groupRows(parts: readonly KeyPart[], rows: number, mask?: Uint8Array): Groups {
  let product = 1;
  for (const p of parts) product *= Math.max(1, p.size);
  return product <= FLAT_LIMIT ? groupFlat(parts, rows, product, mask) : groupHashed(parts, rows, mask);
}

function groupFlat(parts: readonly KeyPart[], rows: number, product: number, mask?: Uint8Array): Groups {
  const index = new Uint32Array(rows);
  for (const { codes, size } of parts) {
    for (let row = 0; row < rows; row++) index[row] = (index[row] as number) * size + (codes[row] as number);
  }
  const table = new Uint32Array(product).fill(NO_GROUP);
  const firstRow = new Uint32Array(Math.min(rows, product));
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (mask !== undefined && mask[row] === 0) {
      index[row] = NO_GROUP;
      continue;
    }
    const at = index[row] as number;
    let group = table[at] as number;
    if (group === NO_GROUP) {
      group = count++;
      table[at] = group;
      firstRow[group] = row;
    }
    index[row] = group;
  }
  return { count, ofRow: index, firstRow: firstRow.subarray(0, count) };
}

function groupHashed(parts: readonly KeyPart[], rows: number, mask?: Uint8Array): Groups {
  const hashes = new Uint32Array(rows);
  for (const { codes } of parts) {
    for (let row = 0; row < rows; row++) {
      hashes[row] = Math.imul((hashes[row] as number) ^ (codes[row] as number), 0x9e3779b1) ^ ((hashes[row] as number) >>> 15);
    }
  }
  let capacity = 1024;
  const ofRow = new Uint32Array(rows);
  let firstRow = new Uint32Array(capacity);
  let table = new Uint32Array(capacity * 2).fill(NO_GROUP);
  let count = 0;
  const width = parts.length;
  const columns = parts.map((p) => p.codes);
  for (let row = 0; row < rows; row++) {
    if (mask !== undefined && mask[row] === 0) {
      ofRow[row] = NO_GROUP;
      continue;
    }
    const bits = table.length - 1;
    const h = hashes[row] as number;
    let slot = (h ^ (h >>> 16)) & bits;
    let group: number;
    for (;;) {
      group = table[slot] as number;
      if (group === NO_GROUP) break;
      const other = firstRow[group] as number;
      if (hashes[other] === h) {
        let i = 0;
        while (i < width && (columns[i] as Uint32Array)[other] === (columns[i] as Uint32Array)[row]) i++;
        if (i === width) break;
      }
      slot = (slot + 1) & bits;
    }
    if (group === NO_GROUP) {
      group = count++;
      table[slot] = group;
      firstRow[group] = row;
      if (count === capacity) {
        capacity *= 2;
        const grown = new Uint32Array(capacity);
        grown.set(firstRow);
        firstRow = grown;
        table = rehash(hashes, firstRow, count, capacity * 2);
      }
    }
    ofRow[row] = group;
  }
  return { count, ofRow, firstRow: firstRow.subarray(0, count) };
}

function rehash(hashes: Uint32Array, firstRow: Uint32Array, count: number, size: number): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(size).fill(NO_GROUP);
  const bits = size - 1;
  for (let group = 0; group < count; group++) {
    const h = hashes[firstRow[group] as number] as number;
    let slot = (h ^ (h >>> 16)) & bits;
    while (table[slot] !== NO_GROUP) slot = (slot + 1) & bits;
    table[slot] = group;
  }
  return table;
}

/** Bytewise order of two entries of one dictionary, as in UTF-8, so by code point: negative, 0 or positive. */
export function compareEntries(d: Dictionary, a: number, b: number): number {
  if (a === b) return 0;
  const { bytes, offsets } = d;
  let i = offsets[a] as number;
  let j = offsets[b] as number;
  const endA = offsets[a + 1] as number;
  const endB = offsets[b + 1] as number;
  while (i < endA && j < endB) {
    const difference = (bytes[i++] as number) - (bytes[j++] as number);
    if (difference !== 0) return difference;
  }
  return endA - i - (endB - j);
}

/** The place of each entry of a dictionary in bytewise order; entries that no code in `codes` uses get no certain place. */
export function rankEntries(d: Dictionary, codes: Uint32Array): Uint32Array {
  const used = new Uint8Array(d.size);
  for (let i = 0; i < codes.length; i++) used[codes[i] as number] = 1;
  let n = 0;
  for (let i = 0; i < used.length; i++) n += used[i] as number;
  // The first six bytes as one number settle most comparisons without touching the bytes again.
  const prefix = new Float64Array(d.size);
  const order = new Uint32Array(n);
  for (let i = 0, at = 0; i < d.size; i++) {
    if (used[i] === 0) continue;
    order[at++] = i;
    const start = d.offsets[i] as number;
    const end = d.offsets[i + 1] as number;
    let p = 0;
    for (let b = start; b < start + 6; b++) p = p * 256 + (b < end ? (d.bytes[b] as number) : 0);
    prefix[i] = p;
  }
  order.sort((a, b) => (prefix[a] as number) - (prefix[b] as number) || compareEntries(d, a, b));
  const ranks = new Uint32Array(d.size);
  for (let i = 0; i < n; i++) ranks[order[i] as number] = i;
  return ranks;
}

/** The rows `0 .. rows - 1` in the order of their key parts, the first part foremost, equal ones in row order. */
export function orderRows(parts: readonly KeyPart[], rows: number): Uint32Array {
  let order = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) order[i] = i;
  let spare = new Uint32Array(rows);
  for (const { codes, size } of [...parts].reverse()) {
    // Least significant digit first, 16 bits a pass: stable, and linear in the rows.
    for (let shift = 0; shift < 32 && size > 2 ** shift; shift += 16) {
      const counts = new Uint32Array(Math.min(65536, size) + 1);
      for (let i = 0; i < rows; i++) (counts[(((codes[i] as number) >>> shift) & 0xffff) + 1] as number)++;
      for (let i = 1; i < counts.length; i++) counts[i] = (counts[i] as number) + (counts[i - 1] as number);
      for (let i = 0; i < rows; i++) {
        const row = order[i] as number;
        const digit = ((codes[row] as number) >>> shift) & 0xffff;
        spare[(counts[digit] as number)++] = row;
      }
      [order, spare] = [spare, order];
    }
  }
  return order;
}
