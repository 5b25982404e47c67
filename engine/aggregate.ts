import { unsetFloats, unsetUints, zeroFloats, zeroUints } from './region.js';
import { selectColumn } from './rows.js';
import { compareEntries, groupRows, NO_GROUP, orderRows, rankEntries, type Groups, type KeyPart } from './groups.js';
import { numberColumn, stringColumn, type Batch, type Column, type NumberColumn } from './column.js';
import type { AggregateType, BeanType } from './bean.js';

/**
 * Merge the beans of a batch that have the same key, by the measures of their type.
 * Output: one bean a key, in the order of first sight.
 */
export function mergeByKey(type: AggregateType, batch: Batch): Batch {
  const groups = groupRows(
    type.key.map((field) => keyPart(batch.columns[field] as Column)),
    batch.rows,
  );
  if (groups.count === batch.rows) return batch;
  const columns: Record<string, Column> = {};
  for (const field of type.key) columns[field] = selectColumn(batch.columns[field] as Column, groups.firstRow);
  for (const [field, measure] of Object.entries(type.measures)) {
    columns[field] =
      measure.op === 'latest'
        ? latest(batch, field, measure.at, groups)
        : { kind: 'number', values: accumulate(numberColumn(batch, field).values, groups, measure.op) };
  }
  return { type: type.name, rows: groups.count, columns: inFieldOrder(type, columns) };
}

/** The beans of a batch in the order of their type's fields: text bytewise, numbers by value, the first field foremost. */
export function sortBy(fields: readonly string[], batch: Batch): Uint32Array {
  return orderRows(
    fields.map((field) => rankPart(batch.columns[field] as Column)),
    batch.rows,
  );
}

/** The sum, least or greatest value of each group. */
export function accumulate(values: Float64Array, { count, ofRow }: Groups, op: 'sum' | 'min' | 'max'): Float64Array {
  const out = unsetFloats(count).fill(op === 'sum' ? 0 : op === 'min' ? Infinity : -Infinity);
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
  for (let row = 0; row < ofRow.length; row++) {
    const group = ofRow[row] as number;
    if (group !== NO_GROUP) out[group] = (out[group] as number) + 1;
  }
  return out;
}

function latest(batch: Batch, field: string, at: string, { count, ofRow }: Groups): Column {
  const { dictionary, codes } = stringColumn(batch, field);
  const times = numberColumn(batch, at).values;
  const best = unsetFloats(count).fill(-Infinity);
  const chosen = zeroUints(count);
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
    return { codes: recode(c.codes, ranks), size: c.dictionary.size };
  }
  if (c.kind !== 'number') throw new TypeError('a list cannot be part of a key');
  const { part, distinct } = numberPart(c);
  const order = distinct.map((_, i) => i).sort((a, b) => (distinct[a] as number) - (distinct[b] as number));
  const ranks = unsetUints(distinct.length);
  for (const [rank, code] of order.entries()) ranks[code] = rank;
  return { codes: recode(part.codes, ranks), size: part.size };
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

function recode(codes: Uint32Array, to: Uint32Array): Uint32Array {
  const out = unsetUints(codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = to[codes[i] as number] as number;
  return out;
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
