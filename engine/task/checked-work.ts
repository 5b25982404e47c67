import { bad, checkedBatch, refusing } from '../check-batch.js';
import { checkedColumn } from '../check-column.js';
import { fail } from '../errors.js';
import { didYouMean } from '../nearest.js';
import { owned } from '../region.js';
import { refusePromise } from '../synchronous.js';
import type { BeanType } from '../bean.js';
import type { Batch, Column, Dictionary } from '../column.js';
import type { MapOnly, MapReduce } from '../processor.js';

type Types = ReadonlyMap<string, BeanType>;

/**
 * The functions of a processor with a check of each batch that they return, before anything uses it. `name` is the processor's,
 * `holds` are the types that its output may hold. Errors of the functions: TM_ERR_TASK_BAD_BATCH.
 */
export function checkedWork<W extends MapReduce | MapOnly>(work: W, name: string, holds: readonly BeanType[]): W {
  const types = new Map(holds.map((type) => [type.name, type]));
  const checked = { ...work, ...checkedMap(work, name, types) };
  return 'reduce' in work ? { ...checked, ...checkedReduce(work, name, types) } : checked;
}

function checkedMap(work: MapReduce | MapOnly, name: string, types: Types): Partial<MapOnly> {
  if (work.map === undefined) return {};
  return {
    map: (batch, context) => {
      // Which arrays are free is certain only until others are made, so all are checked before the first is copied.
      const returned = [...batchesIn(work.map?.(batch, context) as readonly Batch[])];
      return [...eachChecked(returned, types, `${name}: map`)].map(kept);
    },
  };
}

function checkedReduce(work: MapReduce, name: string, types: Types): Partial<MapReduce> {
  const byColumns = Object.entries(work.partitionBy).map(([type, by]) => [type, (batch: Batch) => columnsBy(by, batch, name)] as const);
  return {
    partitionBy: Object.fromEntries(byColumns),
    reduce: (batches, context) => eachChecked(work.reduce(batches, context), types, `${name}: reduce`),
    ...(work.combine && {
      combine: (batch, context) => combined(work.combine?.(batch, context) as Batch, batch.type, types, `${name}: combine`),
    }),
    ...(work.finish && {
      finish: (batches, context) => eachChecked(work.finish?.(batches, context) as Iterable<Batch>, types, `${name}: finish`),
    }),
  };
}

function combined(returned: Batch, type: string, types: Types, who: string): Batch {
  refusePromise(returned, who);
  const batch = checkedBatch(returned, types, who);
  if (batch.type !== type) throw bad(who, `returned a batch of ${batch.type} for one of ${type}`, { type });
  return kept(batch);
}

/** A batch is used before the next is asked for. */
function* eachChecked(returned: Iterable<Batch>, types: Types, who: string): Generator<Batch> {
  for (const batch of batchesIn(returned)) yield checkedBatch(batch, types, who);
}

/** What a function of a processor returned. Errors: TM_ERR_DECLARATION where that is no list of batches. */
export function batchesIn(returned: Iterable<Batch>): Iterable<Batch> {
  refusePromise(returned, 'a function of the processor');
  const isList = typeof (returned as Partial<Iterable<Batch>> | undefined)?.[Symbol.iterator] === 'function';
  if (!isList) throw fail('TM_ERR_DECLARATION', `a function of the processor returned no list of batches, but ${typeof returned}`);
  return returned;
}

/** The columns that choose the partition of each row. */
function columnsBy(by: MapReduce['partitionBy'][string], batch: Batch, name: string): Column[] {
  const who = `${name}: partitionBy`;
  const { type, rows, columns } = batch;
  if (typeof by === 'function') {
    const returned: unknown = by(batch);
    if (!Array.isArray(returned)) throw bad(who, `returned no list of columns for ${type}`, { type });
    return returned.map((column, i) => checkedColumn(column, rows, refusing(who, type, String(i), `returned columns for ${type},`)));
  }
  return by.map((field) => {
    const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
    if (column !== undefined) return column;
    throw bad(who, `names '${field}', which ${type} does not have${didYouMean(field, Object.keys(columns))}`, { type, field });
  });
}

/** The batch in memory that nobody else can write to: the function may use its own arrays again in its next call. */
function kept({ type, rows, columns }: Batch): Batch {
  const copies = new Map<object, object>();
  const own = <T extends Parameters<typeof owned>[0]>(array: T): T => {
    if (!copies.has(array)) copies.set(array, owned(array));
    return copies.get(array) as T;
  };
  const dictionary = ({ size, offsets, bytes }: Dictionary): Dictionary => ({ size, offsets: own(offsets), bytes: own(bytes) });
  const column = (c: Column): Column => {
    switch (c.kind) {
      case 'string':
        return { kind: c.kind, dictionary: dictionary(c.dictionary), codes: own(c.codes) };
      case 'number':
        return { kind: c.kind, values: own(c.values) };
      case 'strings':
        return { kind: c.kind, dictionary: dictionary(c.dictionary), offsets: own(c.offsets), codes: own(c.codes) };
      case 'numbers':
        return { kind: c.kind, offsets: own(c.offsets), values: own(c.values) };
    }
  };
  return { type, rows, columns: Object.fromEntries(Object.entries(columns).map(([field, c]) => [field, column(c)])) };
}
