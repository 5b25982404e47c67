import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countPartitions, halve, sixteenths, splitIntoShards } from '#engine/shard.js';
import type { Shard } from '#engine/task/tasks.js';
import type { BlockRef, PartFile } from '#engine/work-package.js';

/** Parts whose blocks have these numbers of records. */
const parts = (...lists: readonly number[][]): PartFile[] =>
  lists.map((records, p) => ({
    file: `part-${p}`,
    blocks: records.map((n, i): BlockRef => ({ type: 'T', records: n, offset: 100 * i, bytes: 10 })),
  }));

/** Every row of a shard, in order. */
function rowsOf({ parts: own, rows }: Shard): string[] {
  return own.flatMap(({ file, blocks }) =>
    blocks.flatMap(({ offset, records }) => {
      const [from, to] = rows ?? [0, records];
      return Array.from({ length: to - from }, (_, i) => `${file} ${offset} ${from + i}`);
    }),
  );
}

const anyParts = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 5 }), { maxLength: 4 }).map((lists) => parts(...lists));

test('shards hold every block once, in order, and are about as large as asked for', () => {
  fc.assert(
    fc.property(anyParts, fc.integer({ min: 1, max: 50 }), (all, size) => {
      const shards = splitIntoShards(all, size);
      expect(shards.flatMap(rowsOf)).toEqual(rowsOf({ parts: all }));
      for (const s of shards) {
        const blocks = s.parts.flatMap((p) => p.blocks);
        expect(blocks.length).toBeGreaterThan(0);
        expect(s.parts.every((p) => p.blocks.length > 0)).toBe(true);
        if (blocks.length > 1) expect(blocks.reduce((n, b) => n + b.records, 0)).toBeLessThanOrEqual(size);
      }
    }),
  );
});

test('of long records there are fewer in a shard, and in a partition', () => {
  const MiB = 1 << 20;
  const blocks = (...bytes: number[]): PartFile[] => [
    { file: 'part', blocks: bytes.map((n, i) => ({ type: 'T', records: 10, offset: i, bytes: n })) },
  ];
  const sizes = (shards: Shard[]): number[] => shards.map((s) => s.parts.reduce((n, p) => n + p.blocks.length, 0));
  expect(sizes(splitIntoShards(blocks(MiB, MiB, 14 * MiB, MiB, 40 * MiB, MiB), 1000))).toEqual([3, 1, 1, 1]);
  expect(countPartitions(blocks(MiB, MiB), 1000)).toBe(1);
  expect(countPartitions(blocks(MiB, MiB), 7)).toBe(3);
  expect(countPartitions(blocks(20 * MiB, 20 * MiB), 1000)).toBe(3);
  // However many bytes, where they are of many records.
  expect(countPartitions([{ file: 'part', blocks: [{ type: 'T', records: 1_000_000, offset: 0, bytes: 100 * MiB }] }], 1_000_000)).toBe(1);
  expect(countPartitions([], 7)).toBe(1);
});

test('nothing makes no shard', () => {
  expect(splitIntoShards([], 10)).toEqual([]);
  expect(splitIntoShards(parts([], []), 10)).toEqual([]);
});

test('halves hold what the whole held, down to single rows', () => {
  const leaves = (s: Shard): Shard[] => halve(s)?.flatMap(leaves) ?? [s];
  fc.assert(
    fc.property(
      anyParts.filter((p) => p.some((x) => x.blocks.length > 0)),
      (all) => {
        const [whole] = splitIntoShards(all, 1e9);
        const singles = leaves(whole!);
        expect(singles.flatMap(rowsOf)).toEqual(rowsOf(whole!));
        for (const s of singles) expect(rowsOf(s)).toHaveLength(1);
      },
    ),
  );
});

test('sixteenths hold what the whole held, in order; of few rows there are fewer', () => {
  const shard = (records: number): Shard => ({ parts: [{ file: 'f', blocks: [{ type: 'T', offset: 0, bytes: 1, records }] }] });
  const rows = (records: number) => sixteenths(shard(records)).map((s) => s.rows ?? [0, records]);
  expect(rows(64)).toEqual(Array.from({ length: 16 }, (_, i) => [4 * i, 4 * i + 4]));
  expect(rows(3)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});
