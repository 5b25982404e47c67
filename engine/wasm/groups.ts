/** Rows with equal keys to groups, numbered in the order of first sight; see ../groups.ts. */
import { compareEntries } from './texts';

export const NO_GROUP: u32 = 0xffffffff;

/** Slots of groupHashed: what is left of the key, what is right of it, group + 1 (0: free), nothing. */
const SLOT: u32 = 4;
const FIRST_SLOTS: u32 = 4096;

/**
 * Group by (`left`, code); `table` has a zero for each of them. `mask` is 0 where no row is left
 * out. Returns the number of groups.
 */
export function groupFlat(left: usize, codes: usize, size: u32, rows: u32, mask: usize, table: usize, ofRow: usize, firstRow: usize): u32 {
  let count: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    if (mask !== 0 && load<u8>(mask + row) === 0) {
      store<u32>(ofRow + (row << 2), NO_GROUP);
      continue;
    }
    const place = table + ((load<u32>(left + (row << 2)) * size + load<u32>(codes + (row << 2))) << 2);
    let group = load<u32>(place);
    if (group === 0) {
      store<u32>(firstRow + (count << 2), row);
      group = ++count;
      store<u32>(place, group);
    }
    store<u32>(ofRow + (row << 2), group - 1);
  }
  return count;
}

function slotOf(key: u64): u32 {
  return u32((key * 0x9e3779b97f4a7) >> 32);
}

/**
 * As groupFlat, by a hash table between `scratch` and `limit` that grows; returns NO_GROUP where there is no room for it.
 */
export function groupHashed(
  left: usize,
  codes: usize,
  rows: u32,
  mask: usize,
  scratch: usize,
  limit: usize,
  ofRow: usize,
  firstRow: usize,
): u32 {
  let bits = FIRST_SLOTS - 1;
  let table = scratch;
  let end = table + (FIRST_SLOTS << SLOT);
  if (end > limit) return NO_GROUP;
  memory.fill(table, 0, FIRST_SLOTS << SLOT);
  let count: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    if (mask !== 0 && load<u8>(mask + row) === 0) {
      store<u32>(ofRow + (row << 2), NO_GROUP);
      continue;
    }
    const key = (u64(load<u32>(left + (row << 2))) << 32) | load<u32>(codes + (row << 2));
    let at = table + ((slotOf(key) & bits) << SLOT);
    let group = load<u32>(at, 8);
    while (group !== 0 && load<u64>(at) !== key) {
      at = table + ((((at - table) >> SLOT) + 1) & bits) * (1 << SLOT);
      group = load<u32>(at, 8);
    }
    if (group === 0) {
      store<u32>(firstRow + (count << 2), row);
      group = ++count;
      store<u64>(at, key);
      store<u32>(at, group, 8);
      if (count << 1 > bits) {
        const slots = (bits + 1) << 2;
        // The smaller tables before lie between `scratch` and this one; a new one has room there when it fits.
        const to = end;
        end = to + (slots << SLOT);
        if (end > limit) return NO_GROUP;
        memory.fill(to, 0, slots << SLOT);
        moveSlots(table, bits + 1, to, slots - 1);
        table = to;
        bits = slots - 1;
      }
    }
    store<u32>(ofRow + (row << 2), group - 1);
  }
  return count;
}

function moveSlots(from: usize, slots: u32, to: usize, bits: u32): void {
  for (let i: u32 = 0; i < slots; i++) {
    const slot = from + (i << SLOT);
    const group = load<u32>(slot, 8);
    if (group === 0) continue;
    const key = load<u64>(slot);
    let place = slotOf(key) & bits;
    while (load<u32>(to + (place << SLOT), 8) !== 0) place = (place + 1) & bits;
    store<u64>(to + (place << SLOT), key);
    store<u32>(to + (place << SLOT), group, 8);
  }
}

/** Add the value of each row to its group's. */
export function addToGroups(values: usize, ofRow: usize, rows: u32, out: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const at = out + (group << 3);
    store<f64>(at, load<f64>(at) + load<f64>(values + (row << 3)));
  }
}

/** Add one to the group of each row. */
export function countInGroups(ofRow: usize, rows: u32, out: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const at = out + (group << 3);
    store<f64>(at, load<f64>(at) + 1);
  }
}

export function leastOfGroups(values: usize, ofRow: usize, rows: u32, out: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const value = load<f64>(values + (row << 3));
    if (value < load<f64>(out + (group << 3))) store<f64>(out + (group << 3), value);
  }
}

export function greatestOfGroups(values: usize, ofRow: usize, rows: u32, out: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const value = load<f64>(values + (row << 3));
    if (value > load<f64>(out + (group << 3))) store<f64>(out + (group << 3), value);
  }
}

/** As latest of ../aggregate.ts; `best` begins with -Infinity, `chosen` with zeros. */
export function latestOfGroups(
  bytes: usize,
  offsets: usize,
  codes: usize,
  times: usize,
  ofRow: usize,
  rows: u32,
  best: usize,
  chosen: usize,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const time = load<f64>(times + (row << 3));
    const code = load<u32>(codes + (row << 2));
    const last = load<f64>(best + (group << 3));
    const own = chosen + (group << 2);
    if (time > last || (time === last && compareEntries(bytes, offsets, code, load<u32>(own)) > 0)) {
      store<f64>(best + (group << 3), time);
      store<u32>(own, code);
    }
  }
}
