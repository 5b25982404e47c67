import { currentLifetime, unsetUints, type Lifetime } from './region.js';
import type { BeanType, FieldType } from './bean.js';

/** Distinct byte strings. Entry i is `bytes[offsets[i] .. offsets[i + 1])`; `offsets` has `size + 1` entries. */
export interface Dictionary {
  readonly size: number;
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

/** One code into the dictionary for each row. Fields of type string, bytes and json. */
export interface StringColumn {
  readonly kind: 'string';
  readonly dictionary: Dictionary;
  readonly codes: Uint32Array;
}

/** One value for each row. Fields of type integer and number. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** Row i holds the entries `codes[offsets[i] .. offsets[i + 1])`. Fields of type strings. */
export interface StringsColumn {
  readonly kind: 'strings';
  readonly dictionary: Dictionary;
  readonly offsets: Uint32Array;
  readonly codes: Uint32Array;
}

/** Row i holds `values[offsets[i] .. offsets[i + 1])`. Fields of type integers. */
export interface NumbersColumn {
  readonly kind: 'numbers';
  readonly offsets: Uint32Array;
  readonly values: Float64Array;
}

export type Column = StringColumn | NumberColumn | StringsColumn | NumbersColumn;

/**
 * Beans of one type, by column. A dictionary may hold entries that no row uses, and the columns of a batch may share one;
 * entries of one dictionary are distinct. Nobody writes to a batch that he did not make.
 */
export interface Batch {
  readonly type: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

export const columnKind: Readonly<Record<FieldType, Column['kind']>> = {
  string: 'string',
  bytes: 'string',
  json: 'string',
  integer: 'number',
  number: 'number',
  strings: 'strings',
  integers: 'numbers',
};

/** Keeps a leading U+FEFF: it is part of the text. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function dictionaryEntry(d: Dictionary, code: number): Uint8Array {
  return d.bytes.subarray(d.offsets[code], d.offsets[code + 1]);
}

/** The same entries and an empty one at the end, code `size`. No entry may be empty already. */
export function withEmptyEntry({ size, offsets, bytes }: Dictionary): Dictionary {
  const longer = unsetUints(size + 2);
  longer.set(offsets.subarray(0, size + 1));
  longer[size + 1] = longer[size] as number;
  return { size: size + 1, offsets: longer, bytes };
}

/** Columns that are made when they are first looked at. */
export function lazyColumns(columns: Iterable<readonly [name: string, make: () => Column]>): Record<string, Column> {
  const lazy: Record<string, Column> = {};
  for (const [name, make] of columns) Object.defineProperty(lazy, name, { enumerable: true, get: kept(make) });
  return lazy;
}

/** What is made when it is first asked for, and again where it was made in scratch memory that is gone. */
function kept<T>(make: () => T): () => T {
  let made: { readonly value: T; readonly lifetime: Lifetime } | undefined;
  return () => {
    if (made === undefined || made.lifetime.isOver) made = { value: make(), lifetime: currentLifetime() };
    return made.value;
  };
}

/** All entries as strings, in the order of their codes. */
export function dictionaryStrings(d: Dictionary): string[] {
  const { offsets, size } = d;
  const all = Buffer.from(d.bytes.buffer, d.bytes.byteOffset, offsets[size]);
  const out: string[] = Array.from({ length: size });
  let ascii = true;
  for (let i = 0; i < all.length; i++) {
    if ((all[i] as number) > 127) {
      ascii = false;
      break;
    }
  }
  if (ascii) {
    const text = all.toString('latin1');
    for (let i = 0; i < size; i++) out[i] = text.slice(offsets[i], offsets[i + 1]);
  } else {
    for (let i = 0; i < size; i++) out[i] = utf8.decode(all.subarray(offsets[i], offsets[i + 1]));
  }
  return out;
}

/** The column of a field that the caller knows to hold text. */
export function stringColumn(batch: Batch, field: string): StringColumn {
  const c = batch.columns[field];
  if (c?.kind !== 'string') throw new TypeError(`${batch.type}.${field} is not a string column`);
  return c;
}

export function numberColumn(batch: Batch, field: string): NumberColumn {
  const c = batch.columns[field];
  if (c?.kind !== 'number') throw new TypeError(`${batch.type}.${field} is not a number column`);
  return c;
}

export function stringsColumn(batch: Batch, field: string): StringsColumn {
  const c = batch.columns[field];
  if (c?.kind !== 'strings') throw new TypeError(`${batch.type}.${field} is not a strings column`);
  return c;
}

export function numbersColumn(batch: Batch, field: string): NumbersColumn {
  const c = batch.columns[field];
  if (c?.kind !== 'numbers') throw new TypeError(`${batch.type}.${field} is not an integers column`);
  return c;
}

/** Whether the batch has exactly the columns of the type, each of the right kind. */
export function isOfType(batch: Batch, type: BeanType): boolean {
  const names = Object.keys(type.fields);
  return (
    batch.type === type.name &&
    Object.keys(batch.columns).length === names.length &&
    names.every((f) => batch.columns[f]?.kind === columnKind[type.fields[f] as FieldType])
  );
}
