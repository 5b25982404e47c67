import { inKernel, inScratch, local, unsetFloats, unsetUints, zeroFloats, zeroUints } from './region.js';
import { selectColumn, selectUints } from './rows.js';
import { compareEntries, groupRows, NO_GROUP, orderRows, rankEntries, type Groups, type KeyPart } from './groups.js';
import type { AggregateType, BeanType, Measure } from './bean.js';
import type { Batch, Column, NumberColumn, StringColumn } from './column.js';

/**
 * Merge the beans of a batch that have the same key, by the measures of their type.
 * Output: one bean a key, in the order of first sight.
 */
export function mergeByKey(type: AggregateType, batch: Batch): Batch {
  const groups = groupRows(
    type.key.map((field) => keyPart(batch.columns[field] as Column)),
    batch.rows,
  );
  return groups.count === batch.rows ? batch : mergeGroups(type, batch.columns, groups);
}

/**
 * One bean a group. `columns` are the fields by row, 1 for a measure that counts rows; `made` are those that have a value for
 * each group already.
 */
export function mergeGroups(
  type: AggregateType,
  columns: Readonly<Record<string, Column | 1>>,
  groups: Groups,
  made: Readonly<Record<string, Column>> = {},
): Batch {
  const merged: Record<string, Column> = { ...made };
  for (const field of type.key) merged[field] = selectColumn(columns[field] as Column, groups.firstRow);
  for (const [field, measure] of Object.entries(type.measures)) {
    merged[field] ??= measured(columns, field, measure, groups);
  }
  return { type: type.name, rows: groups.count, columns: inFieldOrder(type, merged) };
}

function measured(columns: Readonly<Record<string, Column | 1>>, field: string, measure: Measure, groups: Groups): Column {
  const column = columns[field] as Column | 1;
  if (column === 1) return { kind: 'number', values: measure.op === 'sum' ? countRows(groups) : unsetFloats(groups.count).fill(1) };
  if (measure.op === 'latest') return latest(column as StringColumn, (columns[measure.at] as NumberColumn).values, groups);
  return { kind: 'number', values: accumulate((column as NumberColumn).values, groups, measure.op) };
}

/** The beans of a batch in the order of their type's fields: text bytewise, numbers by value, the first field foremost. */
export function sortBy(fields: readonly string[], batch: Batch): Uint32Array {
  return orderRows(
    fields.map((field) => rankPart(batch.columns[field] as Column)),
    batch.rows,
  );
}

const inGroups = { sum: 'addToGroups', min: 'leastOfGroups', max: 'greatestOfGroups' } as const;

/** The sum, least or greatest value of each group. */
export function accumulate(values: Float64Array, { count, ofRow }: Groups, op: 'sum' | 'min' | 'max'): Float64Array {
  const out = unsetFloats(count).fill(op === 'sum' ? 0 : op === 'min' ? Infinity : -Infinity);
  const fast = inKernel(values, ofRow, out);
  if (fast !== undefined) {
    const [a, b, c] = fast.at;
    fast.kernel[inGroups[op]](a, b, ofRow.length, c);
    return out;
  }
  for (let row = 0; row < ofRow.length; row++) {
    const group = ofRow[row] as number;
    if (group === NO_GROUP) continue;
    const v = values[row] as number;
    const sofar = out[group] as number;
    if (op === 'sum') out[group] = sofar + v;
    else if (op === 'min' ? v < sofar : v > sofar) out[group] = v;
  }
  return out;
}

/** How many rows each group has. */
export function countRows({ count, ofRow }: Groups): Float64Array {
  const out = zeroFloats(count);
  const fast = inKernel(ofRow, out);
  if (fast !== undefined) {
    fast.kernel.countInGroups(fast.at[0], ofRow.length, fast.at[1]);
    return out;
  }
  for (let row = 0; row < ofRow.length; row++) {
    const group = ofRow[row] as number;
    if (group !== NO_GROUP) out[group] = (out[group] as number) + 1;
  }
  return out;
}

/** The value of each group that goes with the greatest time, then the greatest value. */
function latest({ dictionary, codes }: StringColumn, times: Float64Array, { count, ofRow }: Groups): Column {
  const chosen = zeroUints(count);
  inScratch(() => {
    const best = unsetFloats(count).fill(-Infinity);
    const fast = inKernel(local(dictionary.bytes), local(dictionary.offsets), codes, times, ofRow, best, chosen);
    if (fast !== undefined) {
      const [a, b, c, d, e, f, g] = fast.at;
      fast.kernel.latestOfGroups(a, b, c, d, e, ofRow.length, f, g);
      return;
    }
    for (let row = 0; row < ofRow.length; row++) {
      const group = ofRow[row] as number;
      if (group === NO_GROUP) continue;
      const time = times[row] as number;
      const code = codes[row] as number;
      if (time > (best[group] as number) || (time === best[group] && compareEntries(dictionary, code, chosen[group] as number) > 0)) {
        best[group] = time;
        chosen[group] = code;
      }
    }
  });
  return { kind: 'string', dictionary, codes: chosen };
}

/** A column as a part of a composite key. */
export function keyPart(c: Column): KeyPart {
  if (c.kind === 'string') return { codes: c.codes, size: c.dictionary.size };
  if (c.kind === 'number') return numberPart(c).part;
  throw new TypeError('a list cannot be part of a key');
}

/** A column as a part of a composite key whose codes are in the order of the values. */
export function rankPart(c: Column): KeyPart {
  if (c.kind === 'string') {
    const ranks = rankEntries(c.dictionary, c.codes);
    return { codes: selectUints(ranks, c.codes), size: c.dictionary.size };
  }
  if (c.kind !== 'number') throw new TypeError('a list cannot be part of a key');
  const { part, distinct } = numberPart(c);
  const order = distinct.map((_, i) => i).sort((a, b) => (distinct[a] as number) - (distinct[b] as number));
  const ranks = unsetUints(distinct.length);
  for (const [rank, code] of order.entries()) ranks[code] = rank;
  return { codes: selectUints(ranks, part.codes), size: part.size };
}

function numberPart({ values }: NumberColumn): { part: KeyPart; distinct: number[] } {
  const seen = new Map<number, number>();
  const codes = unsetUints(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    let code = seen.get(v);
    if (code === undefined) {
      code = seen.size;
      seen.set(v, code);
    }
    codes[i] = code;
  }
  return { part: { codes, size: seen.size }, distinct: [...seen.keys()] };
}

/** Columns in the order in which the type declares its fields. */
export function inFieldOrder(type: BeanType, columns: Readonly<Record<string, Column>>): Record<string, Column> {
  const out: Record<string, Column> = {};
  for (const field of Object.keys(type.fields)) {
    const column = columns[field];
    if (column === undefined) throw new TypeError(`${type.name} lacks the column ${field}`);
    out[field] = column;
  }
  return out;
}
