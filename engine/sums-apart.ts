import { mergeByKey, sortBy } from './aggregate.js';
import { unsetUints } from './region.js';
import { concatBatches, selectRows } from './rows.js';
import { Tabulation } from './tabulation.js';
import type { AggregateType } from './bean.js';
import { stringColumn, type Batch, type Column, type Dictionary } from './column.js';
import type { Batches, Context } from './processor.js';
import type { Sum } from './sum.js';

/** The field that tells which input a row is of. No field of a bean type may be called so: it is no name of one. */
const INPUT = ' input';

/**
 * The sums of each of some inputs, made at once: the number of an input is one more field of every key. For small inputs most of
 * the time goes to beginning a sum, not to its rows.
 * Output: for each input its beans, of each type a batch, ordered by key (text bytewise, numbers by value).
 */
export function sumApart(sums: readonly Sum[], inputs: readonly Batches[], context: Context): Batch[][] {
  const apart = sums.map((sum) => ({ ...sum, type: withInput(sum.type) }));
  const made = new Map<string, Batch[]>();
  for (const name of new Set(sums.map((s) => s.from.name))) {
    const rows = numbered(inputs.map((input) => input.get(name)));
    if (rows === undefined) continue;
    const own = apart.filter((s) => s.from.name === name);
    for (const batch of new Tabulation(rows, context).all(own)) made.set(batch.type, [...(made.get(batch.type) ?? []), batch]);
  }
  const results: Batch[][] = inputs.map(() => []);
  for (const type of new Map(apart.map((s) => [s.type.name, s.type])).values()) {
    const batches = (made.get(type.name) ?? []).filter((b) => b.rows > 0);
    if (batches.length === 0) continue;
    const merged = mergeByKey(type, concatBatches(batches));
    for (const [input, batch] of slices(selectRows(merged, sortBy(type.key, merged)))) results[input]?.push(batch);
  }
  return results;
}

function withInput(type: AggregateType): AggregateType {
  return { ...type, key: [INPUT, ...type.key], fields: { [INPUT]: 'string', ...type.fields } };
}

/** All rows of some batches, each with the number of its batch. */
function numbered(batches: readonly (Batch | undefined)[]): Batch | undefined {
  const there = batches.filter((b) => b !== undefined);
  if (there.length === 0) return undefined;
  const all = concatBatches(there);
  const codes = unsetUints(all.rows);
  let at = 0;
  for (const [input, batch] of batches.entries()) {
    if (batch !== undefined) codes.fill(input, at, (at += batch.rows));
  }
  return { ...all, columns: withColumn(all, { kind: 'string', dictionary: numbersUpTo(batches.length), codes }) };
}

/** The other columns are not looked at: they may be made only when they are. */
function withColumn(batch: Batch, column: Column): Record<string, Column> {
  const columns: Record<string, Column> = {};
  return Object.defineProperties(columns, {
    [INPUT]: { enumerable: true, value: column },
    ...Object.getOwnPropertyDescriptors(batch.columns),
  });
}

/** The numbers below `n`, as texts that are in their order bytewise. */
function numbersUpTo(n: number): Dictionary {
  const width = String(n).length;
  const bytes = Buffer.from(Array.from({ length: n }, (_, i) => String(i).padStart(width, '0')).join(''));
  return { size: n, offsets: Uint32Array.from({ length: n + 1 }, (_, i) => i * width), bytes };
}

/** The rows of each input, which lie together, without its number. */
function* slices(batch: Batch): Generator<[input: number, batch: Batch]> {
  const { codes } = stringColumn(batch, INPUT);
  const { [INPUT]: _input, ...columns } = batch.columns;
  for (let from = 0, to = 0; from < batch.rows; from = to) {
    const input = codes[from] as number;
    while (to < batch.rows && codes[to] === input) to++;
    const rows = unsetUints(to - from);
    for (let i = 0; i < rows.length; i++) rows[i] = from + i;
    yield [input, selectRows({ type: batch.type, rows: batch.rows, columns }, rows)];
  }
}
