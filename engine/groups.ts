import { freeRoom, inKernel, inScratch, unsetUints, zeroBytes, zeroUints } from './region.js';
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

/** A flat table instead of a hash table pays while it has not many more places than there are rows, or fits the cache. */
const FLAT_PLACES = 1 << 18;
const FLAT_PLACES_PER_ROW = 32;

/**
 * What was grouped by some first parts, kept for keys that begin with the same ones: with (visitor, site) grouped once,
 * (visitor, site, country) takes one step more. Parts are the same when their codes are the same array.
 */
export class GroupPrefixes {
  readonly #mask: Uint8Array | undefined;
  readonly #groups: Groups | undefined;
  readonly #next = new Map<Uint32Array | undefined, GroupPrefixes>();

  constructor(mask?: Uint8Array, groups?: Groups) {
    this.#mask = mask;
    this.#groups = groups;
  }

  /** As groupRows, with the mask of these prefixes. */
  of(parts: readonly KeyPart[], rows: number): Groups {
    const last = tellingParts(parts, rows).reduce<GroupPrefixes>((prefix, part) => prefix.#with(part, rows), this);
    return last.#groups as Groups;
  }

  #with({ codes, size }: KeyPart, rows: number): GroupPrefixes {
    // Codes of one value only: whichever array they are in, they group alike.
    const key = size > 1 ? codes : undefined;
    let next = this.#next.get(key);
    if (next === undefined) {
      next = new GroupPrefixes(this.#mask, groupPair(this.#groups, codes, size, rows, this.#mask));
      this.#next.set(key, next);
    }
    return next;
  }
}

/** Parts with one value tell nothing apart; there is one part at least. */
function tellingParts(parts: readonly KeyPart[], rows: number): readonly KeyPart[] {
  const telling = parts.filter((p) => p.size > 1);
  return telling.length > 0 ? telling : [{ codes: zeroUints(rows), size: 1 }];
}

/**
 * Group the rows `0 .. rows - 1` by their composite key, those with `mask[row] === 0` left out.
 * The parts are taken one after the other: what the first ones have grouped is a dense number, so that most keys end in a
 * flat table and the others in a hash table of pairs.
 */
export function groupRows(parts: readonly KeyPart[], rows: number, mask?: Uint8Array): Groups {
  let groups: Groups | undefined;
  for (const { codes, size } of tellingParts(parts, rows)) {
    groups = groupPair(groups, codes, size, rows, mask);
  }
  return groups as Groups;
}

/** Group by what is grouped already, and one part more. */
function groupPair(before: Groups | undefined, codes: Uint32Array, size: number, rows: number, mask: Uint8Array | undefined): Groups {
  const places = size * (before?.count ?? 1);
  const flat = places <= Math.max(FLAT_PLACES, FLAT_PLACES_PER_ROW * rows);
  return flat ? groupFlat(before, codes, size, places, rows, mask) : groupHashed(before, codes, rows, mask);
}

function groupFlat(
  before: Groups | undefined,
  codes: Uint32Array,
  size: number,
  places: number,
  rows: number,
  mask: Uint8Array | undefined,
): Groups {
  const ofRow = unsetUints(rows);
  const firstRow = unsetUints(Math.min(rows, places));
  return inScratch(() => {
    const table = zeroUints(places); // the group, plus one
    const left = before?.ofRow ?? zeroUints(rows);
    const fast = inKernel(left, codes, mask ?? ofRow, table, ofRow, firstRow);
    if (fast !== undefined) {
      const [a, b, c, d, e, f] = fast.at;
      const count = fast.kernel.groupFlat(a, b, size, rows, mask === undefined ? 0 : c, d, e, f);
      return { count, ofRow, firstRow: firstRow.subarray(0, count) };
    }
    let count = 0;
    for (let row = 0; row < rows; row++) {
      if (mask !== undefined && mask[row] === 0) {
        ofRow[row] = NO_GROUP;
        continue;
      }
      const place = (left[row] as number) * size + (codes[row] as number);
      let group = table[place] as number;
      if (group === 0) {
        firstRow[count] = row;
        group = ++count;
        table[place] = group;
      }
      ofRow[row] = group - 1;
    }
    return { count, ofRow, firstRow: firstRow.subarray(0, count) };
  });
}

function hashPair(a: number, b: number): number {
  const h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  return h ^ (h >>> 15);
}

function groupHashed(before: Groups | undefined, codes: Uint32Array, rows: number, mask: Uint8Array | undefined): Groups {
  const ofRow = unsetUints(rows);
  const most = unsetUints(rows);
  const left = before?.ofRow ?? zeroUints(rows);
  const fast = inKernel(left, codes, mask ?? ofRow, ofRow, most);
  if (fast !== undefined) {
    const [a, b, c, d, e] = fast.at;
    const { from, to } = freeRoom();
    const found = fast.kernel.groupHashed(a, b, rows, mask === undefined ? 0 : c, from, to, d, e) >>> 0;
    if (found !== NO_GROUP) return { count: found, ofRow, firstRow: most.subarray(0, found) };
  }
  let capacity = 1024;
  let firstRow = unsetUints(capacity);
  let table = unsetUints(capacity * 2).fill(NO_GROUP);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (mask !== undefined && mask[row] === 0) {
      ofRow[row] = NO_GROUP;
      continue;
    }
    const a = left[row] as number;
    const b = codes[row] as number;
    const bits = table.length - 1;
    let slot = hashPair(a, b) & bits;
    let group = table[slot] as number;
    while (group !== NO_GROUP) {
      const other = firstRow[group] as number;
      if (codes[other] === b && left[other] === a) break;
      slot = (slot + 1) & bits;
      group = table[slot] as number;
    }
    if (group === NO_GROUP) {
      group = count++;
      table[slot] = group;
      firstRow[group] = row;
      if (count === capacity) {
        capacity *= 2;
        const grown = unsetUints(capacity);
        grown.set(firstRow);
        firstRow = grown;
        table = rehash(left, codes, firstRow, count, capacity * 2);
      }
    }
    ofRow[row] = group;
  }
  return { count, ofRow, firstRow: firstRow.subarray(0, count) };
}

function rehash(left: Uint32Array, codes: Uint32Array, firstRow: Uint32Array, count: number, size: number): Uint32Array<ArrayBuffer> {
  const table = unsetUints(size).fill(NO_GROUP);
  const bits = size - 1;
  for (let group = 0; group < count; group++) {
    const row = firstRow[group] as number;
    let slot = hashPair(left[row] as number, codes[row] as number) & bits;
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
  const order = usedEntries(d.size, codes);
  sortEntries(d, order);
  return placesIn(order, d.size);
}

/** The entries of a dictionary of so many that some codes use, ascending. */
export function usedEntries(size: number, codes: Uint32Array): Uint32Array {
  const used = unsetUints(Math.min(size, codes.length));
  return inScratch(() => {
    const marks = zeroBytes(size);
    const fast = inKernel(codes, marks, used);
    if (fast !== undefined) {
      const [a, b, c] = fast.at;
      return used.subarray(0, fast.kernel.usedEntries(a, codes.length, size, b, c));
    }
    for (let i = 0; i < codes.length; i++) marks[codes[i] as number] = 1;
    let n = 0;
    for (let entry = 0; entry < size; entry++) if (marks[entry] !== 0) used[n++] = entry;
    return used.subarray(0, n);
  });
}

/** Where each number below `size` stands in `order`; not certain for those that do not. */
export function placesIn(order: Uint32Array, size: number): Uint32Array {
  const to = unsetUints(size);
  const fast = inKernel(order, to);
  if (fast !== undefined) fast.kernel.placesIn(fast.at[0], order.length, fast.at[1]);
  else for (let i = 0; i < order.length; i++) to[order[i] as number] = i;
  return to;
}

function sortEntries(d: Dictionary, entries: Uint32Array): void {
  inScratch(() => {
    const fast = inKernel(d.bytes, d.offsets, entries, unsetUints(entries.length));
    if (fast === undefined) {
      entries.sort((a, b) => compareEntries(d, a, b));
      return;
    }
    const [bytes, offsets, from, spare] = fast.at;
    fast.kernel.sortEntries(bytes, offsets, from, entries.length, spare);
  });
}

/** The rows `0 .. rows - 1` in the order of their key parts, the first part foremost, equal ones in row order. */
export function orderRows(parts: readonly KeyPart[], rows: number): Uint32Array {
  let order = countUp(rows);
  let spare = unsetUints(rows);
  for (const { codes, size } of [...parts].reverse()) {
    // Least significant digit first, 16 bits a pass: stable, and linear in the rows.
    for (let shift = 0; shift < 32 && size > 2 ** shift; shift += 16) {
      orderByDigit(codes, order, shift, Math.min(65536, size), spare);
      [order, spare] = [spare, order];
    }
  }
  return order;
}

/** The numbers 0 to `n - 1`. */
export function countUp(n: number): Uint32Array<ArrayBuffer> {
  const to = unsetUints(n);
  const fast = inKernel(to);
  if (fast !== undefined) fast.kernel.countUp(n, fast.at[0]);
  else for (let i = 0; i < n; i++) to[i] = i;
  return to;
}

/** The rows of `order` by 16 bits of their codes, equal ones as they come. */
function orderByDigit(codes: Uint32Array, order: Uint32Array, shift: number, digits: number, to: Uint32Array): void {
  const counts = zeroUints(digits + 1);
  const fast = inKernel(codes, order, counts, to);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    fast.kernel.orderByDigit(a, b, order.length, shift, c, digits, d);
    return;
  }
  for (let i = 0; i < order.length; i++) (counts[(((codes[i] as number) >>> shift) & 0xffff) + 1] as number)++;
  for (let d = 1; d <= digits; d++) counts[d] = (counts[d] as number) + (counts[d - 1] as number);
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const digit = ((codes[row] as number) >>> shift) & 0xffff;
    to[(counts[digit] as number)++] = row;
  }
}
