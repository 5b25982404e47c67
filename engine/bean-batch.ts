import { inspect } from 'node:util';
import {
  columnKind,
  dictionaryEntry,
  dictionaryStrings,
  type Batch,
  type Column,
  type StringColumn,
  type StringsColumn,
} from './column.js';
import { fail } from './errors.js';
import { Interner } from './interner.js';
import { checkBeanType } from './bean.js';
import { functionOf, listOf } from './declared.js';
import { didYouMean } from './nearest.js';
import { refusePromise } from './synchronous.js';
import type { BeanType, FieldType } from './bean.js';
import type { Context, MapFunction } from './processor.js';

/** A bean as an object: one value a field. `bytes` fields are Uint8Array, `json` fields any JSON value. */
export type Bean = Record<string, unknown>;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The beans of a batch, one at a time. Values are decoded once a distinct one: beans may share those of `json` fields.
 * Errors: TM_ERR_DECLARATION where the batch has other fields than the type.
 */
export function* beansOf(type: BeanType, batch: Batch): Generator<Bean> {
  const readers = Object.entries(type.fields).map(([field, t]) => [field, reader(t, columnAs(t, batch, field))] as const);
  for (let row = 0; row < batch.rows; row++) {
    const bean: Bean = {};
    for (const [field, read] of readers) bean[field] = read(row);
    yield bean;
  }
}

function columnAs(type: FieldType, batch: Batch, field: string): Column {
  const column = batch.columns[field];
  if (column === undefined)
    throw fail('TM_ERR_DECLARATION', `a batch of ${batch.type} has no field '${field}', but ${Object.keys(batch.columns).join(', ')}`);
  if (column.kind !== columnKind[type])
    throw fail(
      'TM_ERR_DECLARATION',
      `the field '${field}' of a batch of ${batch.type} is a column of kind '${column.kind}', not of ${type}`,
    );
  return column;
}

function reader(type: FieldType, c: Column): (row: number) => unknown {
  switch (c.kind) {
    case 'number':
      return (row) => c.values[row];
    case 'numbers':
      return (row) => Array.from(c.values.subarray(c.offsets[row], c.offsets[row + 1]));
    case 'strings': {
      const entries = dictionaryStrings(c.dictionary);
      return (row) => Array.from(c.codes.subarray(c.offsets[row], c.offsets[row + 1]), (code) => entries[code]);
    }
    case 'string': {
      const { dictionary, codes } = c;
      if (type === 'bytes')
        return (row) => dictionary.bytes.slice(dictionary.offsets[codes[row] as number], dictionary.offsets[(codes[row] as number) + 1]);
      const entries: unknown[] = dictionaryStrings(dictionary);
      if (type === 'json') for (const [i, text] of entries.entries()) entries[i] = text === '' ? null : JSON.parse(text as string);
      return (row) => entries[codes[row] as number];
    }
  }
}

/** One bean of a batch: of a few rows among many, only what they hold is decoded. */
export function beanAt(type: BeanType, batch: Batch, row: number): Bean {
  const bean: Bean = {};
  for (const [field, t] of Object.entries(type.fields)) bean[field] = valueAt(t, batch.columns[field] as Column, row);
  return bean;
}

function valueAt(type: FieldType, c: Column, row: number): unknown {
  const text = (code: number): string => utf8.decode(dictionaryEntry((c as StringColumn | StringsColumn).dictionary, code));
  switch (c.kind) {
    case 'number':
      return c.values[row];
    case 'numbers':
      return Array.from(c.values.subarray(c.offsets[row], c.offsets[row + 1]));
    case 'strings':
      return Array.from(c.codes.subarray(c.offsets[row], c.offsets[row + 1]), text);
    case 'string': {
      const code = c.codes[row] as number;
      if (type === 'bytes') return dictionaryEntry(c.dictionary, code).slice();
      const value = text(code);
      if (type !== 'json') return value;
      return value === '' ? null : JSON.parse(value);
    }
  }
}

/** Beans to a batch. Errors: TM_ERR_BEAN_INVALID for a missing field, an unknown one or a wrong value. */
export function batchOf(type: BeanType, beans: readonly Bean[]): Batch {
  for (const bean of beans) {
    for (const field of Object.keys(bean))
      if (!Object.hasOwn(type.fields, field))
        throw fail('TM_ERR_BEAN_INVALID', `${type.name} has no field '${field}'${didYouMean(field, Object.keys(type.fields))}`);
  }
  const columns: Record<string, Column> = {};
  for (const [field, t] of Object.entries(type.fields)) columns[field] = columnOf(t, beans, field, type.name);
  return { type: type.name, rows: beans.length, columns };
}

function columnOf(type: FieldType, beans: readonly Bean[], field: string, typeName: string): Column {
  const wrong = (value: unknown, cause?: unknown): Error =>
    fail('TM_ERR_BEAN_INVALID', `${typeName}.${field} cannot be ${inspect(value, { depth: 1 }).slice(0, 200)}: it is of type ${type}`, {
      cause,
    });
  const text = (value: unknown): string => {
    if (typeof value !== 'string' || !value.isWellFormed()) throw wrong(value);
    return value;
  };
  const numeric = (value: unknown): number => {
    if (!(type.startsWith('integer') ? Number.isSafeInteger(value) : Number.isFinite(value))) throw wrong(value);
    return value as number;
  };
  const list = (value: unknown): readonly unknown[] => {
    if (!Array.isArray(value)) throw wrong(value);
    return Array.from(value); // without holes
  };
  const json = (value: unknown): string => {
    let written: string | undefined;
    try {
      written = JSON.stringify(value);
    } catch (cause) {
      throw wrong(value, cause);
    }
    if (written === undefined) throw wrong(value);
    return written;
  };
  const interner = new Interner(64);
  switch (type) {
    case 'integer':
    case 'number':
      return { kind: 'number', values: Float64Array.from(beans, (b) => numeric(b[field])) };
    case 'integers': {
      const lists = beans.map((b) => list(b[field]));
      return { kind: 'numbers', offsets: offsetsOf(lists), values: Float64Array.from(lists.flat(), numeric) };
    }
    case 'strings': {
      const lists = beans.map((b) => list(b[field]));
      const codes = Uint32Array.from(lists.flat(), (v) => interner.internString(text(v)));
      return { kind: 'strings', dictionary: interner.dictionary(), offsets: offsetsOf(lists), codes };
    }
    case 'string':
    case 'json':
    case 'bytes': {
      const codes = Uint32Array.from(beans, (b) => {
        const value = b[field];
        if (type === 'string') return interner.internString(text(value));
        if (type === 'json') return interner.internString(value === null ? '' : json(value));
        if (!(value instanceof Uint8Array)) throw wrong(value);
        return interner.intern(value, 0, value.length);
      });
      return { kind: 'string', dictionary: interner.dictionary(), codes };
    }
  }
}

function offsetsOf(lists: readonly (readonly unknown[])[]): Uint32Array {
  const offsets = new Uint32Array(lists.length + 1);
  for (const [i, l] of lists.entries()) offsets[i + 1] = (offsets[i] as number) + l.length;
  return offsets;
}

/**
 * A map function from one that sees a bean at a time, for processors where speed is not all: `map` is called for each bean
 * of type `from` and hands its results to `emit`. Errors: TM_ERR_BEAN_INVALID where it hands on what is not of its type,
 * TM_ERR_DECLARATION where it is asynchronous.
 */
export function beanMapper(
  from: BeanType,
  to: readonly BeanType[],
  map: (bean: Bean, emit: (type: BeanType, bean: Bean) => void, context: Context) => void,
): MapFunction {
  checkBeanType('the first argument of beanMapper', from);
  for (const [i, type] of listOf('the second argument of beanMapper', to).entries()) checkBeanType(`type ${i} of beanMapper`, type);
  functionOf('the third argument of beanMapper', map);
  const mapBatch = (batch: Batch, context: Context): Batch[] => {
    if (batch.type !== from.name) return [];
    const made = new Map(to.map((type) => [type, [] as Bean[]]));
    const emit = (type: BeanType, bean: Bean): void => {
      const list = made.get(type);
      if (list === undefined) throw fail('TM_ERR_BEAN_INVALID', `${type.name} is not among the types that this mapper makes`);
      list.push(bean);
    };
    for (const bean of beansOf(from, batch)) refusePromise(map(bean, emit, context), 'the map of a beanMapper');
    return [...made].map(([type, beans]) => batchOf(type, beans));
  };
  return Object.assign(mapBatch, { reads: [from], makes: to });
}
