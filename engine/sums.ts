import { checkSums } from './check-sums.js';
import { Tabulation } from './tabulation.js';
import { checkBeanType } from './bean.js';
import { listOf } from './declared.js';
import { fail } from './errors.js';
import type { Sum } from './sum.js';
import { madeFrom } from './sums-of.js';
import { mergeByKey, sortBy } from './aggregate.js';
import { eachInScratch } from './region.js';
import { selectRows } from './rows.js';
import type { AggregateType } from './bean.js';
import type { Batch } from './column.js';
import type { Batches, Context, MapReduce } from './processor.js';

export type { Sum } from './sum.js';

/**
 * Sums by key as a map/reduce: map sums each block, combine each shard, reduce each partition of keys.
 * With `partitionBy`, a field that is counted distinct, there is no map, and the sums are made where all rows of
 * one value meet; the partitions' sums are disjoint in that field and add up in finish.
 * Output: for each sum its beans, ordered by key (text bytewise, numbers by value) in each partition, of which there is one
 * only with `partitionBy`. Errors: TM_ERR_DECLARATION where another field is counted distinct, or a field has no source of its kind.
 */
export function sumsByKey(
  sums: readonly Sum[],
  options: { readonly partitionBy?: string; readonly recordsPerPartition?: number } = {},
): MapReduce {
  checkSums(sums, options);
  const { partitionBy, recordsPerPartition = 250_000 } = options;
  for (const { type, distinct } of sums) {
    if (distinct !== undefined && distinct.of !== partitionBy) {
      throw fail(
        'TM_ERR_DECLARATION',
        `${type.name}: distinct values of '${distinct.of}' are counted right only when rows are partitioned by it`,
      );
    }
  }
  const types = new Map(sums.map((s) => [s.type.name, s.type]));
  const makes = [...types.values()];
  const of = (input: string): Sum[] => sums.filter((s) => s.from.name === input);
  if (partitionBy === undefined) {
    const sumBlock = (batch: Batch, context: Context): readonly Batch[] => new Tabulation(batch, context).all(of(batch.type));
    return madeFrom(sums, {
      map: Object.assign(sumBlock, { reads: sums.map(({ from }) => from), makes }),
      combine: (batch) => mergeByKey(types.get(batch.type) as AggregateType, batch),
      partitionBy: Object.fromEntries([...types.values()].map((t) => [t.name, t.key])),
      recordsPerPartition,
      reduce: Object.assign((batches: Batches) => merged(types.values(), batches), { makes }),
    });
  }
  const inputs = new Set(sums.map((s) => s.from.name));
  return madeFrom(sums, {
    partitionBy: Object.fromEntries([...inputs].map((name) => [name, [partitionBy]])),
    recordsPerPartition,
    *reduce(batches, context) {
      const sorted = (name: string): Batch[] =>
        new Tabulation(batches.get(name) as Batch, context)
          .all(of(name))
          .map((batch) => inKeyOrder(types.get(batch.type) as AggregateType, batch));
      for (const made of eachInScratch(
        [...inputs].filter((name) => batches.has(name)),
        sorted,
      ))
        yield* made;
    },
    finish: Object.assign((batches: Batches) => merged(types.values(), batches), { makes }),
  });
}

/** Merge aggregates that were summed apart: what an injection does with the packages of a day. */
export function mergeAggregates(types: readonly AggregateType[]): MapReduce {
  for (const [i, type] of listOf('the argument of mergeAggregates', types).entries())
    checkBeanType(`type ${i} of mergeAggregates`, type, true);
  return sumsByKey(types.map((type) => ({ type, from: type, columns: Object.fromEntries(Object.keys(type.measures).map((m) => [m, m])) })));
}

/** What is made for one type is memory for the next. */
function merged(types: Iterable<AggregateType>, batches: Batches): Iterable<Batch> {
  const given = [...types].filter(({ name }) => batches.has(name));
  return eachInScratch(given, (type) => inKeyOrder(type, mergeByKey(type, batches.get(type.name) as Batch)));
}

function inKeyOrder(type: AggregateType, batch: Batch): Batch {
  return selectRows(batch, sortBy(type.key, batch));
}
