/* A map/reduce in this thread and without files, cut as a test likes: what tasks do, around the same pure functions. */
import type fc from 'fast-check';
import { batchOf, beansOf, type Bean } from '#engine/bean-batch.js';
import { decodeBlock, encodeBlock } from '#engine/block.js';
import { partitionRows } from '#engine/partition.js';
import { concatBatches } from '#engine/rows.js';
import type { BeanType } from '#engine/bean.js';
import type { Batch, Column } from '#engine/column.js';
import type { Context, MapOnly, MapReduce } from '#engine/processor.js';
import { cuts } from './batches.js';

/** How beans are cut: shards of blocks of beans. */
export type Shards = readonly (readonly (readonly Bean[])[])[];

/** All ways to cut beans, in order, into blocks and those into shards. */
export function cutting(beans: readonly Bean[]): fc.Arbitrary<Shards> {
  return cuts(beans.length)
    .map((ranges) => ranges.map(([from, to]) => beans.slice(from, to)))
    .chain((blocks) => cuts(blocks.length).map((ranges) => ranges.map(([from, to]) => blocks.slice(from, to))));
}

function byType(batches: readonly Batch[]): Map<string, Batch> {
  const lists = new Map<string, Batch[]>();
  for (const b of batches) lists.set(b.type, [...(lists.get(b.type) ?? []), b]);
  return new Map([...lists].map(([type, list]) => [type, concatBatches(list)]));
}

/** As it comes out of a file. */
const stored = (b: Batch): Batch => decodeBlock(encodeBlock(b));

/** What each partition's reducer makes, or what finish makes of all of it. */
export function mapReduce(work: MapReduce, input: BeanType, shards: Shards, partitions: number, context: Context): Batch[][] {
  const spills = shards.map((blocks, shard) => {
    const given = blocks.map((beans) => stored(batchOf(input, beans)));
    let made = ((work.shardsPerMap ?? 1) > 1 && given.length > 0 ? [concatBatches(given)] : given)
      .flatMap((b) => work.map?.(b, context) ?? [b])
      .filter((b) => b.rows > 0);
    // It may be called or not.
    if (work.combine !== undefined && shard % 2 === 0) made = [...byType(made).values()].map((b) => work.combine!(b, context));
    return made.map((batch) => {
      const by = work.partitionBy[batch.type]!;
      const columns = typeof by === 'function' ? by(batch) : by.map((field) => batch.columns[field] as Column);
      return partitionRows(batch, columns, partitions).map((b) => (b === undefined ? undefined : stored(b)));
    });
  });
  const reduced = Array.from({ length: partitions }, (_, p) => {
    const rows = spills.flatMap((batches) => batches.flatMap((b) => b[p] ?? []));
    return rows.length === 0 ? [] : [...work.reduce(byType(rows), context)].filter((b) => b.rows > 0);
  });
  if (work.finish === undefined) return reduced.map((batches) => batches.map(stored));
  const all = reduced.flat().map(stored);
  return [all.length === 0 ? [] : Array.from(work.finish(byType(all), context), stored)];
}

export function mapOnly(work: MapOnly, input: BeanType, shards: Shards, context: Context): Batch[] {
  return shards.flat().flatMap((beans) => work.map(stored(batchOf(input, beans)), context).map(stored));
}

/** The beans of one type among some batches, in order. */
export function beansIn(type: BeanType, batches: readonly Batch[]): Bean[] {
  return batches.filter((b) => b.type === type.name).flatMap((b) => [...beansOf(type, b)]);
}

/** Beans in the order of some fields: text bytewise, numbers by value. */
export function sorted(beans: readonly Bean[], fields: readonly string[]): Bean[] {
  return beans.toSorted((a, b) => {
    for (const f of fields) {
      const [x, y] = [a[f], b[f]];
      const order = typeof x === 'string' ? Buffer.compare(Buffer.from(x), Buffer.from(y as string)) : (x as number) - (y as number);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** Sums by key the plain way: `rows` of (key, measures to add). */
export function naiveSums(key: readonly string[], rows: Iterable<Bean>): Bean[] {
  const sums = new Map<string, Bean>();
  for (const row of rows) {
    const id = JSON.stringify(key.map((k) => row[k]));
    const sum = sums.get(id);
    if (sum === undefined) sums.set(id, { ...row });
    else
      for (const [field, value] of Object.entries(row)) if (!key.includes(field)) sum[field] = (sum[field] as number) + (value as number);
  }
  return sorted([...sums.values()], key);
}

/** As naiveSums, with `measure` the number of different values of `of`, which is dropped. */
export function naiveDistinct(key: readonly string[], rows: readonly Bean[], measure: string, of: string): Bean[] {
  const seen = new Set<string>();
  return naiveSums(
    key,
    rows.map(({ [of]: value, ...row }) => {
      const id = JSON.stringify([...key.map((k) => row[k]), value]);
      const isNew = !seen.has(id);
      seen.add(id);
      return { ...row, [measure]: isNew ? 1 : 0 };
    }),
  );
}
