/*
 * Rows in order, and the runs that they make: what a processor needs that follows events through time.
 *
 *   rows ─ orderByGroup ─▶ order ─ cutRuns ─▶ runs ─ chooseOfRuns, distinctOfRuns, … ─▶ a list a run
 */
import { inKernel, inScratch, unsetBytes, unsetFloats, unsetUints, zeroUints } from './region.js';
import { NO_GROUP, type Groups } from './groups.js';
import { selectUints } from './rows.js';
import type { StringsColumn } from './column.js';

/** Run r has the rows `order[begins[r] .. begins[r + 1])`. */
export interface Runs {
  readonly count: number;
  readonly order: Uint32Array;
  /** `count + 1` places; the last is the number of rows. */
  readonly begins: Uint32Array;
}

/** Where a run of one group is cut: where the row has this code, and begins more than `gap` after all before it have ended. */
export interface Cut {
  readonly codes: Uint32Array;
  readonly code: number;
  readonly gap: number;
}

/**
 * The rows by group, then time, then row; those of no group are left out. It takes linear time where rows come in the order of time;
 * a group that is out of it is sorted.
 */
export function orderByGroup({ ofRow, count }: Pick<Groups, 'ofRow' | 'count'>, times: Float64Array): Uint32Array {
  const order = unsetUints(ofRow.length);
  return inScratch(() => {
    const begins = zeroUints(count + 1);
    if (!placeByGroup(ofRow, times, begins, unsetUints(count), order)) sortLateGroups(begins, times, order);
    return order.subarray(0, begins[count]);
  });
}

/** The rows by group, to `order`; `begins`, of zeros, becomes where each group begins. Returns whether they are in time, too. */
function placeByGroup(ofRow: Uint32Array, times: Float64Array, begins: Uint32Array, next: Uint32Array, order: Uint32Array): boolean {
  const groups = next.length;
  const fast = inKernel(ofRow, times, begins, next, order);
  if (fast !== undefined) {
    const [a, b, c, d, e] = fast.at;
    return fast.kernel.placeByGroup(a, b, ofRow.length, groups, c, d, e) !== 0;
  }
  for (let row = 0; row < ofRow.length; row++) {
    const group = ofRow[row] as number;
    if (group !== NO_GROUP) begins[group + 1] = (begins[group + 1] as number) + 1;
  }
  for (let group = 0; group < groups; group++) begins[group + 1] = (begins[group + 1] as number) + (begins[group] as number);
  next.set(begins.subarray(0, groups));
  let ordered = true;
  for (let row = 0; row < ofRow.length; row++) {
    const group = ofRow[row] as number;
    if (group === NO_GROUP) continue;
    const at = next[group] as number;
    next[group] = at + 1;
    order[at] = row;
    if (at > (begins[group] as number) && (times[order[at - 1] as number] as number) > (times[row] as number)) ordered = false;
  }
  return ordered;
}

function sortLateGroups(begins: Uint32Array, times: Float64Array, order: Uint32Array): void {
  const byTime = (a: number, b: number): number => (times[a] as number) - (times[b] as number) || a - b;
  for (let group = 0; group < begins.length - 1; group++) {
    const begin = begins[group] as number;
    const end = begins[group + 1] as number;
    let i = begin + 1;
    while (i < end && (times[order[i - 1] as number] as number) <= (times[order[i] as number] as number)) i++;
    if (i < end) order.subarray(begin, end).sort(byTime);
  }
}

/**
 * Rows in the order of orderByGroup to runs of one group each. A row goes from its start to its end.
 * Output: the runs, and when each ends.
 */
export function cutRuns(
  order: Uint32Array,
  ofRow: Uint32Array,
  starts: Float64Array,
  ends: Float64Array,
  { codes, code, gap }: Cut,
): Runs & { readonly ends: Float64Array } {
  const rows = order.length;
  const begins = unsetUints(rows + 1);
  const last = unsetFloats(rows);
  const made = (count: number): Runs & { ends: Float64Array } => {
    begins[count] = rows;
    return { count, order, begins: begins.subarray(0, count + 1), ends: last.subarray(0, count) };
  };
  const fast = inKernel(order, ofRow, starts, ends, codes, begins, last);
  if (fast !== undefined) {
    const [a, b, c, d, e, f, g] = fast.at;
    return made(fast.kernel.cutRuns(a, rows, b, c, d, e, code, gap, f, g));
  }
  let count = 0;
  let group = -1;
  let sofar = 0;
  for (let i = 0; i < rows; i++) {
    const row = order[i] as number;
    const end = ends[row] as number;
    if (ofRow[row] !== group || (codes[row] === code && (starts[row] as number) - sofar > gap)) {
      begins[count++] = i;
      sofar = end;
    } else if (end > sofar) sofar = end;
    last[count - 1] = sofar;
    group = ofRow[row] as number;
  }
  return made(count);
}

/** The first row of each run. */
export function firstOfRuns({ count, order, begins }: Runs): Uint32Array {
  return selectUints(order, begins.subarray(0, count));
}

/** How many rows each run has. */
export function lengthsOfRuns({ count, begins }: Runs): Float64Array {
  const lengths = unsetFloats(count);
  for (let r = 0; r < count; r++) lengths[r] = (begins[r + 1] as number) - (begins[r] as number);
  return lengths;
}

/** The sum of each run's values. */
export function sumOfRuns({ count, order, begins }: Runs, values: Float64Array): Float64Array {
  const sums = unsetFloats(count);
  const fast = inKernel(order, begins, values, sums);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    fast.kernel.sumOfRuns(a, b, count, c, d);
    return sums;
  }
  for (let r = 0; r < count; r++) {
    let sum = 0;
    for (let i = begins[r] as number, to = begins[r + 1] as number; i < to; i++) sum += values[order[i] as number] as number;
    sums[r] = sum;
  }
  return sums;
}

/** The rows of each run that `mask` has not 0 for, as lists. */
export function chooseOfRuns({ count, order, begins }: Runs, mask: Uint8Array): { offsets: Uint32Array; rows: Uint32Array } {
  const offsets = unsetUints(count + 1);
  const rows = unsetUints(order.length);
  const fast = inKernel(order, begins, mask, offsets, rows);
  let n = 0;
  if (fast !== undefined) {
    const [a, b, c, d, e] = fast.at;
    n = fast.kernel.chooseOfRuns(a, b, count, c, d, e);
  } else {
    for (let r = 0; r < count; r++) {
      offsets[r] = n;
      for (let i = begins[r] as number, to = begins[r + 1] as number; i < to; i++) {
        const row = order[i] as number;
        if (mask[row] !== 0) rows[n++] = row;
      }
    }
    offsets[count] = n;
  }
  return { offsets, rows: rows.subarray(0, n) };
}

/** For each run the distinct entries of its rows' lists, in the order of first sight. */
export function distinctOfRuns({ count, order, begins }: Runs, lists: StringsColumn): StringsColumn {
  const { dictionary, offsets, codes } = lists;
  if (codes.length === 0) return { kind: 'strings', dictionary, offsets: zeroUints(count + 1), codes };
  const outOffsets = unsetUints(count + 1);
  const out = unsetUints(codes.length);
  const n = inScratch(() => {
    const lastIn = zeroUints(dictionary.size); // the last run, plus one, that has the entry
    const fast = inKernel(order, begins, offsets, codes, lastIn, outOffsets, out);
    if (fast !== undefined) {
      const [a, b, c, d, e, f, g] = fast.at;
      return fast.kernel.distinctOfRuns(a, b, count, c, d, e, f, g);
    }
    let found = 0;
    for (let r = 0; r < count; r++) {
      outOffsets[r] = found;
      for (let i = begins[r] as number, to = begins[r + 1] as number; i < to; i++) {
        const row = order[i] as number;
        for (let j = offsets[row] as number, end = offsets[row + 1] as number; j < end; j++) {
          const code = codes[j] as number;
          if (lastIn[code] === r + 1) continue;
          lastIn[code] = r + 1;
          out[found++] = code;
        }
      }
    }
    outOffsets[count] = found;
    return found;
  });
  return { kind: 'strings', dictionary, offsets: outOffsets, codes: out.subarray(0, n) };
}

/** Longer lists are rare, and insertion takes the square of their length. */
const SHORT_LIST = 64;

/** Put the entries of each list in the order of their ranks, in place. */
export function sortLists({ offsets, codes }: StringsColumn, ranks: Uint32Array): void {
  const count = offsets.length - 1;
  const fast = inKernel(offsets, codes, ranks);
  const hasLonger =
    fast === undefined
      ? sortShortLists(offsets, codes, ranks)
      : fast.kernel.sortShortLists(fast.at[0], count, fast.at[1], fast.at[2], SHORT_LIST) !== 0;
  if (!hasLonger) return;
  for (let list = 0; list < count; list++) {
    const [begin, end] = [offsets[list] as number, offsets[list + 1] as number];
    if (end - begin > SHORT_LIST) codes.subarray(begin, end).sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
  }
}

/** Those of at most SHORT_LIST entries; returns whether there are longer ones. */
function sortShortLists(offsets: Uint32Array, codes: Uint32Array, ranks: Uint32Array): boolean {
  let hasLonger = false;
  for (let list = 0; list < offsets.length - 1; list++) {
    const [begin, end] = [offsets[list] as number, offsets[list + 1] as number];
    if (end - begin > SHORT_LIST) {
      hasLonger = true;
      continue;
    }
    for (let i = begin + 1; i < end; i++) {
      const code = codes[i] as number;
      let at = i;
      for (; at > begin && (ranks[codes[at - 1] as number] as number) > (ranks[code] as number); at--) codes[at] = codes[at - 1] as number;
      codes[at] = code;
    }
  }
  return hasLonger;
}

/**
 * Which runs have times out of order, 1 for each: `times` has a list a place of the order. A list is in order in itself; two that
 * meet at the same time are not.
 */
export function lateRuns({ count, begins }: Runs, offsets: Uint32Array, times: Float64Array): Uint8Array {
  const late = unsetBytes(count);
  const fast = inKernel(begins, offsets, times, late);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    fast.kernel.lateRuns(a, count, b, c, d);
    return late;
  }
  for (let r = 0; r < count; r++) {
    late[r] = 0;
    let last = -Infinity;
    for (let i = begins[r] as number, to = begins[r + 1] as number; i < to; i++) {
      const from = offsets[i] as number;
      const end = offsets[i + 1] as number;
      if (from === end) continue;
      if ((times[from] as number) <= last) late[r] = 1;
      last = times[end - 1] as number;
    }
  }
  return late;
}
