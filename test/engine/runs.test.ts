import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StringsColumn } from '#engine/column.js';
import { inRegion, unsetBytes, unsetFloats, unsetUints } from '#engine/region.js';
import { toolkit } from '#engine/task/toolkit.js';

// What processors of others are given.
const { chooseOfRuns, cutRuns, distinctOfRuns, firstOfRuns, lateRuns, lengthsOfRuns, orderByGroup, sortLists, sumOfRuns } = toolkit;

interface Row {
  readonly group: number;
  readonly time: number;
  readonly length: number;
  readonly code: number;
  readonly list: readonly number[];
}

const GROUPS = 4;
/** One that a mask left out. */
const NO_GROUP = 0xffffffff;
const ENTRIES = 6;
const GAP = 10;
const rows = fc.array(
  fc.record({
    group: fc.oneof({ weight: 9, arbitrary: fc.nat(GROUPS - 1) }, fc.constant(NO_GROUP)),
    time: fc.nat(60),
    length: fc.nat(15),
    code: fc.nat(1),
    list: fc.array(fc.nat(ENTRIES - 1), { maxLength: 4 }),
  }),
  { maxLength: 40 },
);

const uints = (list: readonly number[]): Uint32Array => {
  const own = unsetUints(list.length);
  own.set(list);
  return own;
};
const floats = (list: readonly number[]): Float64Array => {
  const own = unsetFloats(list.length);
  own.set(list);
  return own;
};
const bytes = (list: readonly number[]): Uint8Array => {
  const own = unsetBytes(list.length);
  own.set(list);
  return own;
};
const offsetsOf = (lists: readonly (readonly unknown[])[]): Uint32Array => {
  let at = 0;
  return uints([0, ...lists.map((list) => (at += list.length))]);
};
const listsIn = ({ offsets }: { offsets: Uint32Array }, codes: ArrayLike<number>): number[][] =>
  Array.from({ length: offsets.length - 1 }, (_, i) => Array.from(codes).slice(offsets[i], offsets[i + 1]));

/** In arrays, as runs.ts does it. */
function columnar(given: readonly Row[]): unknown {
  const ofRow = uints(given.map((r) => r.group));
  const starts = floats(given.map((r) => r.time));
  const ends = floats(given.map((r) => r.time + r.length));
  const order = orderByGroup({ count: GROUPS, ofRow }, starts);
  const runs = cutRuns(order, ofRow, starts, ends, { codes: uints(given.map((r) => r.code)), code: 1, gap: GAP });
  const lists: StringsColumn = {
    kind: 'strings',
    dictionary: { size: ENTRIES, bytes: bytes(Array.from({ length: ENTRIES }, (_, i) => 97 + i)), offsets: uints([0, 1, 2, 3, 4, 5, 6]) },
    offsets: offsetsOf(given.map((r) => r.list)),
    codes: uints(given.flatMap((r) => r.list)),
  };
  const chosen = chooseOfRuns(runs, bytes(given.map((r) => r.time % 3)));
  const union = distinctOfRuns(runs, lists);
  const distinct = listsIn(union, union.codes);
  sortLists(union, uints([5, 4, 3, 2, 1, 0]));
  const inOrder = Array.from(order, (row) => given[row]!);
  const times = inOrder.map((r) => r.list.map((_, i) => r.time + Math.min(i, r.length)));
  return {
    order: [...order],
    begins: [...runs.begins],
    ends: [...runs.ends],
    first: [...firstOfRuns(runs)],
    lengths: [...lengthsOfRuns(runs)],
    sums: [...sumOfRuns(runs, ends)],
    chosen: listsIn(chosen, chosen.rows),
    distinct,
    sorted: listsIn(union, union.codes),
    late: [...lateRuns(runs, offsetsOf(times), floats(times.flat()))],
  };
}

/** In lists of objects, as one says it. */
function plainly(given: readonly Row[]): unknown {
  const order = given
    .map((_, i) => i)
    .filter((i) => given[i]!.group !== NO_GROUP)
    .sort((a, b) => given[a]!.group - given[b]!.group || given[a]!.time - given[b]!.time || a - b);
  const runs: number[][] = [];
  const ends: number[] = [];
  for (const [i, row] of order.entries()) {
    const { group, time, length, code } = given[row]!;
    const before = given[order[i - 1]!];
    if (before?.group !== group || (code === 1 && time - ends.at(-1)! > GAP)) {
      runs.push([]);
      ends.push(0);
    }
    runs.at(-1)!.push(row);
    ends[ends.length - 1] = Math.max(ends.at(-1)!, time + length);
  }
  const distinct = runs.map((run) => [...new Set(run.flatMap((row) => given[row]!.list))]);
  const begins = [0];
  for (const run of runs) begins.push(begins.at(-1)! + run.length);
  return {
    order,
    begins,
    ends,
    first: runs.map((run) => run[0]),
    lengths: runs.map((run) => run.length),
    sums: runs.map((run) => run.reduce((n, row) => n + given[row]!.time + given[row]!.length, 0)),
    chosen: runs.map((run) => run.filter((row) => given[row]!.time % 3 !== 0)),
    distinct,
    sorted: distinct.map((list) => [...list].sort((a, b) => b - a)),
    late: runs.map((run) => {
      const times = run.map((row) => given[row]!).filter((r) => r.list.length > 0);
      return times.some((r, i) => i > 0 && r.time <= times[i - 1]!.time + Math.min(times[i - 1]!.list.length - 1, times[i - 1]!.length))
        ? 1
        : 0;
    }),
  };
}

test('rows are put in order, cut into runs and gathered, by the kernel as by plain code', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const expected = plainly(given);
      expect(columnar(given)).toEqual(expected);
      expect(inRegion(() => columnar(given))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('lists of any length are sorted, by the kernel as by plain code', () => {
  const entries = 5000;
  const ranks = Array.from({ length: entries }, (_, code) => (code * 2003) % entries);
  const lists = [0, 2, 64, 65, 1, entries, 3].map((length, i) => Array.from({ length }, (_, j) => (j * 7 + i) % entries));
  const inOrder = lists.map((list) => [...list].sort((a, b) => ranks[a]! - ranks[b]!));
  const sortedLists = (): number[][] => {
    const dictionary = { size: entries, bytes: bytes([]), offsets: uints([]) };
    const column: StringsColumn = { kind: 'strings', dictionary, offsets: offsetsOf(lists), codes: uints(lists.flat()) };
    sortLists(column, uints(ranks));
    return listsIn(column, column.codes);
  };
  expect(sortedLists()).toEqual(inOrder);
  expect(inRegion(sortedLists)).toEqual(inOrder);
});
