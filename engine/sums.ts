import { unsetFloats, unsetUints, zeroBytes, zeroFloats } from './region.js';
import { fail } from './errors.js';
import { GroupPrefixes, groupRows, type Groups } from './groups.js';
import { inFieldOrder, keyPart, mergeByKey, sortBy } from './aggregate.js';
import { selectColumn, selectRows } from './rows.js';
import type { AggregateType, BeanType } from './bean.js';
import { stringColumn, stringsColumn, type Batch, type Column, type NumberColumn } from './column.js';
import { Interner } from './interner.js';
import type { Batches, Context, MapReduce } from './processor.js';

/** So many rows tell whether merging a block pays: not if more than this share of them have keys of their own. */
const SAMPLE_ROWS = 8192;
const SAMPLE_DISTINCT = 0.85;

/** Where a column comes from: a field of the same kind, the constant 1 (it counts rows), or a pure function of the batch. */
export type Source = string | 1 | ((batch: Batch, context: Context) => Column);

/** Which rows are summed: their indexes, which may repeat, and columns that stand beside them, row by row. */
export type Rows = (batch: Batch, context: Context) => { readonly rows: Uint32Array; readonly columns?: Readonly<Record<string, Column>> };

/** A sum by key: one aggregate bean for each distinct key among some rows of `from`. */
export interface Sum {
  readonly type: AggregateType;
  readonly from: BeanType;
  /** Sources of key fields and measures; a key field not named here comes from the field of its name. */
  readonly columns: Readonly<Record<string, Source>>;
  readonly rows?: Rows;
  /** A measure that counts the distinct values of a field of `from`. */
  readonly distinct?: { readonly measure: string; readonly of: string };
}

/**
 * Sums by key as a map/reduce: map sums each block, combine each shard, reduce each partition of keys.
 * With `partitionBy`, a field that is counted distinct, there is no map, and the sums are made where all rows of
 * one value meet; the partitions' sums are disjoint in that field and add up in finish.
 * Output: for each sum its beans, ordered by key (text bytewise, numbers by value) in each partition, of which there is one
 * only with `partitionBy`. Errors: TM_ERR_DECLARATION where another field is counted distinct.
 */
export function sumsByKey(
  sums: readonly Sum[],
  options: { readonly partitionBy?: string; readonly recordsPerPartition?: number } = {},
): MapReduce {
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
  const merge = (batches: Batches): Batch[] => [...types.values()].flatMap((type) => mergedInOrder(type, batches.get(type.name)));
  if (partitionBy === undefined) {
    return {
      map: (batch, context) => sums.filter((s) => s.from.name === batch.type).map((s) => partlyMerged(s.type, tabulate(s, batch, context))),
      combine: (batch) => mergeByKey(types.get(batch.type) as AggregateType, batch),
      partitionBy: Object.fromEntries([...types.values()].map((t) => [t.name, t.key])),
      recordsPerPartition,
      reduce: merge,
    };
  }
  const inputs = new Set(sums.map((s) => s.from.name));
  return {
    partitionBy: Object.fromEntries([...inputs].map((name) => [name, [partitionBy]])),
    recordsPerPartition,
    reduce: (batches, context) =>
      [...inputs].flatMap((name) => {
        const batch = batches.get(name);
        const prefixes = new GroupPrefixes();
        return batch === undefined
          ? []
          : sums.filter((s) => s.from.name === name).flatMap((s) => mergedInOrder(s.type, tabulate(s, batch, context, prefixes)));
      }),
    finish: merge,
  };
}

/** Merge aggregates that were summed apart: what an injection does with the packages of a day. */
export function mergeAggregates(types: readonly AggregateType[]): MapReduce {
  return sumsByKey(types.map((type) => ({ type, from: type, columns: Object.fromEntries(Object.keys(type.measures).map((m) => [m, m])) })));
}

function mergedInOrder(type: AggregateType, batch: Batch | undefined): Batch[] {
  if (batch === undefined || batch.rows === 0) return [];
  const merged = mergeByKey(type, batch);
  return [selectRows(merged, sortBy(type.key, merged))];
}

/** Merge where that makes fewer rows: where the keys of the first rows are nearly all different, the rest is no better. */
function partlyMerged(type: AggregateType, batch: Batch): Batch {
  if (batch.rows > SAMPLE_ROWS) {
    const { count } = groupRows(
      type.key.map((field) => keyPart(batch.columns[field] as Column)),
      SAMPLE_ROWS,
    );
    if (count > SAMPLE_ROWS * SAMPLE_DISTINCT) return batch;
  }
  return mergeByKey(type, batch);
}

/** The columns of a sum for each row that it counts, not merged yet. */
function tabulate(sum: Sum, batch: Batch, context: Context, prefixes?: GroupPrefixes): Batch {
  const { type } = sum;
  const chosen = sum.rows?.(batch, context);
  const rows = chosen === undefined ? batch.rows : chosen.rows.length;
  const columns: Record<string, Column> = {};
  for (const field of Object.keys(type.fields)) {
    if (field === sum.distinct?.measure) continue;
    const beside = chosen?.columns?.[field];
    const source = sum.columns[field] ?? field;
    if (beside !== undefined) columns[field] = beside;
    else if (source === 1) columns[field] = ones(rows);
    else {
      const column = typeof source === 'string' ? (batch.columns[source] as Column) : source(batch, context);
      columns[field] = chosen === undefined ? column : selectColumn(column, chosen.rows);
    }
  }
  if (sum.distinct !== undefined) {
    const of = batch.columns[sum.distinct.of] as Column;
    const key = [chosen === undefined ? of : selectColumn(of, chosen.rows), ...type.key.map((f) => columns[f] as Column)].map(keyPart);
    // Other sums of the same rows begin with the same parts.
    const shared = chosen === undefined ? prefixes : undefined;
    const { firstRow } =
      shared === undefined ? groupRows(key, rows) : (key.reduce((p, part) => p.with(part, rows), shared).groups as Groups);
    const values = zeroFloats(rows);
    for (let i = 0; i < firstRow.length; i++) values[firstRow[i] as number] = 1;
    columns[sum.distinct.measure] = { kind: 'number', values };
  }
  return { type: type.name, rows, columns: inFieldOrder(type, columns) };
}

function ones(rows: number): NumberColumn {
  return { kind: 'number', values: unsetFloats(rows).fill(1) };
}

/** The rows where a text field has one certain value. */
export function where(field: string, value: string): Rows {
  const wanted = Buffer.from(value);
  return (batch) => {
    const { dictionary, codes } = stringColumn(batch, field);
    let code = -1;
    for (let i = 0; i < dictionary.size; i++) {
      if (wanted.compare(dictionary.bytes, dictionary.offsets[i], dictionary.offsets[i + 1]) === 0) code = i;
    }
    return { rows: indexesWhere(batch.rows, (row) => codes[row] === code) };
  };
}

/** The rows where a text field is not empty. */
export function whereNotEmpty(field: string): Rows {
  return (batch) => {
    const { dictionary, codes } = stringColumn(batch, field);
    const { offsets } = dictionary;
    return {
      rows: indexesWhere(batch.rows, (row) => (offsets[(codes[row] as number) + 1] as number) > (offsets[codes[row] as number] as number)),
    };
  };
}

export function indexesWhere(rows: number, holds: (row: number) => boolean): Uint32Array {
  const out = unsetUints(rows);
  let n = 0;
  for (let row = 0; row < rows; row++) if (holds(row)) out[n++] = row;
  return out.subarray(0, n);
}

/** One row for each entry of a list field; the entry stands beside it as `as`. */
export function eachOf(field: string, as: string): Rows {
  return (batch) => {
    const { dictionary, offsets, codes } = stringsColumn(batch, field);
    const rows = unsetUints(codes.length);
    for (let row = 0; row < batch.rows; row++) rows.fill(row, offsets[row], offsets[row + 1]);
    return { rows, columns: { [as]: { kind: 'string', dictionary, codes } } };
  };
}

/** One row for each two consecutive entries of a list field that differ; they stand beside it as `from` and `to`. */
export function eachStep(field: string, from: string, to: string): Rows {
  return (batch) => {
    const { dictionary, offsets, codes } = stringsColumn(batch, field);
    const rows = unsetUints(codes.length);
    const left = unsetUints(codes.length);
    const right = unsetUints(codes.length);
    let n = 0;
    for (let row = 0; row < batch.rows; row++) {
      for (let i = (offsets[row] as number) + 1, end = offsets[row + 1] as number; i < end; i++) {
        const a = codes[i - 1] as number;
        const b = codes[i] as number;
        if (a === b) continue;
        rows[n] = row;
        left[n] = a;
        right[n++] = b;
      }
    }
    return {
      rows: rows.subarray(0, n),
      columns: {
        [from]: { kind: 'string', dictionary, codes: left.subarray(0, n) },
        [to]: { kind: 'string', dictionary, codes: right.subarray(0, n) },
      },
    };
  };
}

/** A text field with each distinct value replaced by a pure function of it. */
export function text(field: string, replace: (value: string, context: Context) => string): (batch: Batch, context: Context) => Column {
  return (batch, context) => {
    const { dictionary, codes } = stringColumn(batch, field);
    const used = zeroBytes(dictionary.size);
    for (let i = 0; i < codes.length; i++) used[codes[i] as number] = 1;
    const interner = new Interner(dictionary.size, dictionary.bytes.length);
    const to = unsetUints(dictionary.size);
    for (let i = 0; i < dictionary.size; i++) {
      if (used[i] === 0) continue;
      const value = Buffer.from(
        dictionary.bytes.buffer,
        dictionary.bytes.byteOffset + (dictionary.offsets[i] as number),
        (dictionary.offsets[i + 1] as number) - (dictionary.offsets[i] as number),
      );
      to[i] = interner.internString(replace(value.toString('utf8'), context));
    }
    const out = unsetUints(codes.length);
    for (let i = 0; i < codes.length; i++) out[i] = to[codes[i] as number] as number;
    return { kind: 'string', dictionary: interner.dictionary(), codes: out };
  };
}

/** A number field with each value replaced by a pure function of it. */
export function number(compute: (batch: Batch, context: Context) => (row: number) => number): (batch: Batch, context: Context) => Column {
  return (batch, context) => {
    const of = compute(batch, context);
    const values = unsetFloats(batch.rows);
    for (let row = 0; row < batch.rows; row++) values[row] = of(row);
    return { kind: 'number', values };
  };
}
