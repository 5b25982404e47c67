import { inKernel, unsetBytes, unsetFloats, unsetUints } from './region.js';
import { fail } from './errors.js';
import { Interner } from './interner.js';
import {
  lazyColumns,
  type Batch,
  type Column,
  type Dictionary,
  type NumberColumn,
  type NumbersColumn,
  type StringColumn,
  type StringsColumn,
} from './column.js';

/** The rows of a batch at `rows`, in that order. Dictionaries are shared, not copied. */
export function selectRows(batch: Batch, rows: Uint32Array): Batch {
  const columns: Record<string, Column> = {};
  for (const [name, c] of Object.entries(batch.columns)) columns[name] = selectColumn(c, rows);
  return { type: batch.type, rows: rows.length, columns };
}

/** The values of a column at `rows`, in that order. */
export function selectColumn<C extends Column>(column: C, rows: Uint32Array): C;
export function selectColumn(c: Column, rows: Uint32Array): Column {
  const n = rows.length;
  switch (c.kind) {
    case 'string':
      return { kind: 'string', dictionary: c.dictionary, codes: selectUints(c.codes, rows) };
    case 'number':
      return { kind: 'number', values: selectFloats(c.values, rows) };
    case 'strings': {
      const offsets = selectOffsets(c.offsets, rows);
      const codes = unsetUints(offsets[n] as number);
      gatherLists(c.offsets, c.codes, rows, codes);
      return { kind: 'strings', dictionary: c.dictionary, offsets, codes };
    }
    case 'numbers': {
      const offsets = selectOffsets(c.offsets, rows);
      const values = unsetFloats(offsets[n] as number);
      gatherLists(c.offsets, c.values, rows, values);
      return { kind: 'numbers', offsets, values };
    }
  }
}

// One function for each kind of array: V8 makes a loop over all of them a third slower.

export function selectUints(from: Uint32Array, rows: Uint32Array): Uint32Array {
  const n = rows.length;
  const to = unsetUints(n);
  const fast = inKernel(from, rows, to);
  if (fast !== undefined) fast.kernel.gatherWords(fast.at[0], fast.at[1], n, fast.at[2]);
  else for (let i = 0; i < n; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

export function selectBytes(from: Uint8Array, rows: Uint32Array): Uint8Array {
  const n = rows.length;
  const to = unsetBytes(n);
  const fast = inKernel(from, rows, to);
  if (fast !== undefined) fast.kernel.gatherBytes(fast.at[0], fast.at[1], n, fast.at[2]);
  else for (let i = 0; i < n; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

export function selectFloats(from: Float64Array, rows: Uint32Array): Float64Array {
  const n = rows.length;
  const to = unsetFloats(n);
  const fast = inKernel(from, rows, to);
  if (fast !== undefined) fast.kernel.gatherFloats(fast.at[0], fast.at[1], n, fast.at[2]);
  else for (let i = 0; i < n; i++) to[i] = from[rows[i] as number] as number;
  return to;
}

/** Make each number less by `by`, and 0 where it would be below. */
export function lowerUints(numbers: Uint32Array, by: number): void {
  const fast = inKernel(numbers);
  if (fast !== undefined) fast.kernel.lowerWords(fast.at[0], numbers.length, by);
  else for (let i = 0; i < numbers.length; i++) numbers[i] = Math.max((numbers[i] as number) - by, 0);
}

function selectOffsets(from: Uint32Array, rows: Uint32Array): Uint32Array {
  const offsets = unsetUints(rows.length + 1);
  const fast = inKernel(from, rows, offsets);
  if (fast !== undefined) {
    fast.kernel.gatherOffsets(fast.at[0], fast.at[1], rows.length, fast.at[2]);
    return offsets;
  }
  offsets[0] = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    offsets[i + 1] = (offsets[i] as number) + (from[row + 1] as number) - (from[row] as number);
  }
  return offsets;
}

function gatherLists(offsets: Uint32Array, from: Uint32Array | Float64Array, rows: Uint32Array, to: Uint32Array | Float64Array): void {
  const fast = inKernel(offsets, from, rows, to);
  if (fast !== undefined) {
    fast.kernel.gatherLists(fast.at[0], fast.at[1], fast.at[2], rows.length, from.BYTES_PER_ELEMENT === 4 ? 2 : 3, fast.at[3]);
    return;
  }
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    for (let j = offsets[row] as number, end = offsets[row + 1] as number; j < end; j++) to[at++] = from[j] as number;
  }
}

/** All rows of several batches of one type, in order. The dictionaries of a column are merged when it is first looked at. */
export function concatBatches(batches: readonly Batch[]): Batch {
  const first = batches[0];
  if (first === undefined) throw new TypeError('no batch to concatenate');
  if (batches.length === 1) return first;
  const names = Object.keys(first.columns);
  for (const { type, columns } of batches) {
    const missing = names.find((name) => type !== first.type || !Object.hasOwn(columns, name));
    if (missing !== undefined) throw fail('TM_ERR_BEAN_INVALID', `cannot concatenate ${type} with ${first.type}.${missing}`);
  }
  const columns = names.map((name): [string, () => Column] => [name, () => concatColumns(batches.map((b) => b.columns[name] as Column))]);
  return { type: first.type, rows: batches.reduce((n, b) => n + b.rows, 0), columns: lazyColumns(columns) };
}

function concatColumns(parts: readonly Column[]): Column {
  switch (parts[0]?.kind) {
    case 'string': {
      const own = parts.filter((c): c is StringColumn => c.kind === 'string');
      const interner = new Interner(own[0]?.dictionary.size);
      const codes = concatCodes(own, interner);
      return { kind: 'string', dictionary: interner.dictionary(), codes };
    }
    case 'number': {
      const own = parts.filter((c): c is NumberColumn => c.kind === 'number');
      return { kind: 'number', values: concatFloats(own) };
    }
    case 'strings': {
      const own = parts.filter((c): c is StringsColumn => c.kind === 'strings');
      const interner = new Interner(own[0]?.dictionary.size);
      const codes = concatCodes(own, interner);
      return { kind: 'strings', dictionary: interner.dictionary(), offsets: concatOffsets(own), codes };
    }
    default: {
      const own = parts.filter((c): c is NumbersColumn => c.kind === 'numbers');
      return { kind: 'numbers', offsets: concatOffsets(own), values: concatFloats(own) };
    }
  }
}

function concatCodes(parts: readonly { dictionary: Dictionary; codes: Uint32Array }[], interner: Interner): Uint32Array {
  const codes = unsetUints(parts.reduce((n, c) => n + c.codes.length, 0));
  let at = 0;
  for (const { dictionary, codes: own } of parts) {
    interner.internCodes(dictionary, own, codes.subarray(at, at + own.length));
    at += own.length;
  }
  return codes;
}

function concatFloats(parts: readonly { values: Float64Array }[]): Float64Array {
  const values = unsetFloats(parts.reduce((n, c) => n + c.values.length, 0));
  let at = 0;
  for (const c of parts) {
    values.set(c.values, at);
    at += c.values.length;
  }
  return values;
}

function addToUints(from: Uint32Array, n: number, by: number, to: Uint32Array): void {
  const fast = inKernel(from, to);
  if (fast !== undefined) fast.kernel.addToWords(fast.at[0], n, by, fast.at[1]);
  else for (let i = 0; i < n; i++) to[i] = by + (from[i] as number);
}

function concatOffsets(parts: readonly { offsets: Uint32Array }[]): Uint32Array {
  const offsets = unsetUints(parts.reduce((n, c) => n + c.offsets.length - 1, 1));
  let at = 0;
  let base = 0;
  for (const { offsets: own } of parts) {
    const lists = own.length - 1;
    addToUints(own, lists, base, offsets.subarray(at));
    at += lists;
    base += own[lists] as number;
  }
  offsets[at] = base;
  return offsets;
}
