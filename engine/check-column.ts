import { isUtf8 } from 'node:buffer';
import { inspect } from 'node:util';
import { usedEntries } from './groups.js';
import { Interner } from './interner.js';
import { inScratch, isLive, unsetUints } from './region.js';
import { columnKind, dictionaryEntry, type Column, type Dictionary } from './column.js';
import type { FieldType } from './bean.js';

/** Throws the error that names the column; `what` completes "the column …", `row` is where. */
export type Refuse = (what: string, row?: number) => never;

const ARRAYS = { Uint8Array, Uint32Array, Float64Array } as const;
type Arrays = { readonly [K in keyof typeof ARRAYS]: InstanceType<(typeof ARRAYS)[K]> };

const KINDS = [...new Set(Object.values(columnKind))];

/**
 * A column that code of the user's made, as plain objects around the same arrays: of a known kind, with `rows` rows, codes in the
 * dictionary, lists one behind the other, entries that are distinct, and where the type of its field is known values that it
 * may hold. Each property is read once, so that what was checked is what is used.
 */
export function checkedColumn(given: unknown, rows: number, refuse: Refuse, type?: FieldType): Column {
  if (typeof given !== 'object' || given === null) return refuse(`is ${shown(given)}, not a column`);
  const column = given as Partial<Record<string, unknown>>;
  const { kind } = column;
  if (!KINDS.includes(kind as Column['kind'])) return refuse(`is of kind ${shown(kind)}, which is none of ${KINDS.join(', ')}`);
  if (type !== undefined && kind !== columnKind[type])
    return refuse(`is of kind '${kind as string}', where a field of type ${type} is of kind '${columnKind[type]}'`);
  switch (kind as Column['kind']) {
    case 'number': {
      const values = arrayOf('Float64Array', column['values'], 'values', rows, refuse);
      checkNumbers(values, type, (i) => i, refuse);
      return { kind: 'number', values };
    }
    case 'numbers': {
      const offsets = checkedOffsets(column['offsets'], rows, refuse);
      const values = arrayOf('Float64Array', column['values'], 'values', offsets[rows] as number, refuse, 'in its lists');
      checkNumbers(values, type, (i) => rowOf(offsets, i), refuse);
      return { kind: 'numbers', offsets, values };
    }
    case 'string': {
      const codes = arrayOf('Uint32Array', column['codes'], 'codes', rows, refuse);
      return { kind: 'string', dictionary: checkedDictionary(column['dictionary'], codes, type, (i) => i, refuse), codes };
    }
    case 'strings': {
      const offsets = checkedOffsets(column['offsets'], rows, refuse);
      const codes = arrayOf('Uint32Array', column['codes'], 'codes', offsets[rows] as number, refuse, 'in its lists');
      const dictionary = checkedDictionary(column['dictionary'], codes, type, (i) => rowOf(offsets, i), refuse);
      return { kind: 'strings', dictionary, offsets, codes };
    }
  }
}

/** An array of that kind, in memory that stays as it is, and of that length where one is given. */
export function arrayOf<K extends keyof Arrays>(
  kind: K,
  given: unknown,
  name: string,
  length: number | undefined,
  refuse: Refuse,
  of = 'rows',
): Arrays[K] {
  if (!(given instanceof ARRAYS[kind])) return refuse(`has ${shown(given)} for its ${name}, not a ${kind}`);
  const array = given as Arrays[K];
  if (length !== undefined && array.length !== length) refuse(`has ${array.length} ${name} for ${length} ${of}`);
  if (!(array.buffer instanceof ArrayBuffer) || (array.buffer as { resizable?: boolean }).resizable === true)
    refuse(`has ${name} in memory that is shared or can be resized`);
  if (!isLive(array)) refuse(`has ${name} in memory that is free again: arrays of the toolkit end with the call or the task`);
  return array;
}

/** Where the lists begin: from 0 on, each where the one before ends. */
function checkedOffsets(given: unknown, rows: number, refuse: Refuse): Uint32Array {
  const offsets = arrayOf('Uint32Array', given, 'offsets', rows + 1, refuse, 'places, one more than rows');
  if (offsets[0] !== 0) refuse(`begins its lists at ${offsets[0]}, not at 0`);
  for (let row = 0; row < rows; row++) {
    if ((offsets[row + 1] as number) < (offsets[row] as number))
      refuse(`has a list that ends at ${offsets[row + 1]}, before its beginning at ${offsets[row]}`, row);
  }
  return offsets;
}

function checkNumbers(values: Float64Array, type: FieldType | undefined, rowAt: (i: number) => number, refuse: Refuse): void {
  if (type === undefined) return;
  const isWhole = type.startsWith('integer');
  const greatest = isWhole ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    // Written so that NaN fails.
    if (!(Math.abs(v) <= greatest && (!isWhole || Math.trunc(v) === v)))
      refuse(`holds ${v}, which is no ${isWhole ? 'safe integer' : 'finite number'}`, rowAt(i));
  }
}

function checkedDictionary(
  given: unknown,
  codes: Uint32Array,
  type: FieldType | undefined,
  rowAt: (i: number) => number,
  refuse: Refuse,
): Dictionary {
  if (typeof given !== 'object' || given === null) return refuse(`has a dictionary that is ${shown(given)}`);
  const dictionary = given as Partial<Record<string, unknown>>;
  const size = dictionary['size'] as number;
  if (!(Number.isInteger(size) && size >= 0)) refuse(`has a dictionary whose size is ${shown(size)}`);
  const offsets = arrayOf('Uint32Array', dictionary['offsets'], 'offsets of its dictionary', undefined, refuse);
  if (offsets.length <= size) refuse(`has a dictionary of ${size} entries with ${offsets.length} offsets, which are to be one more`);
  const bytes = arrayOf('Uint8Array', dictionary['bytes'], 'bytes of its dictionary', undefined, refuse);
  for (let i = 0; i < size; i++)
    if ((offsets[i + 1] as number) < (offsets[i] as number)) refuse(`has a dictionary whose entry ${i} ends before it begins`);
  if ((offsets[size] as number) > bytes.length)
    refuse(`has a dictionary whose entries end at ${offsets[size]}, behind its ${bytes.length} bytes`);
  for (let i = 0; i < codes.length; i++)
    if ((codes[i] as number) >= size) refuse(`has the code ${codes[i]}, where its dictionary has ${size} entries`, rowAt(i));
  const checked = { size, offsets, bytes };
  inScratch(() => checkEntries(checked, codes, type, (entry) => rowAt(codes.indexOf(entry)), refuse));
  return checked;
}

/** The entries that rows use are distinct, and what a field of that type holds. */
function checkEntries(
  d: Dictionary,
  codes: Uint32Array,
  type: FieldType | undefined,
  rowAt: (entry: number) => number,
  refuse: Refuse,
): void {
  const used = usedEntries(d.size, codes);
  const interner = new Interner(used.length);
  interner.internCodes(d, used, unsetUints(used.length));
  if (interner.size < used.length) {
    const twice = repeated(d, used);
    refuse(`has ${shown(textOf(d, twice))} twice in its dictionary`, rowAt(twice));
  }
  if ((type === 'string' || type === 'strings') && !isText(d)) {
    for (const entry of used) if (!isUtf8(dictionaryEntry(d, entry))) refuse('holds bytes that are no text in UTF-8', rowAt(entry));
  }
  if (type === 'json') for (const entry of used) if (!isJson(textOf(d, entry))) refuse('holds text that is no JSON', rowAt(entry));
}

/** Whether all of the dictionary is text, and no entry begins in the middle of a character. */
function isText({ size, offsets, bytes }: Dictionary): boolean {
  const end = offsets[size] as number;
  if (!isUtf8(bytes.subarray(offsets[0], end))) return false;
  for (let i = 0; i < size; i++) {
    const at = offsets[i] as number;
    if (at < end && ((bytes[at] as number) & 0xc0) === 0x80) return false;
  }
  return true;
}

/** The first entry that is the same as one before it. */
function repeated(d: Dictionary, used: Uint32Array): number {
  const seen = new Set<string>();
  return used.find((entry) => seen.size === seen.add(Buffer.from(dictionaryEntry(d, entry)).toString('latin1')).size) as number;
}

function textOf(d: Dictionary, entry: number): string {
  return Buffer.from(dictionaryEntry(d, entry)).toString();
}

/** Null is stored as nothing. */
function isJson(text: string): boolean {
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The row whose list holds the place `i`. */
function rowOf(offsets: Uint32Array, i: number): number {
  let row = 0;
  while ((offsets[row + 1] as number) <= i) row++;
  return row;
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  if (ArrayBuffer.isView(value) || Array.isArray(value))
    return /^[AEIO]/.test(value.constructor.name) ? `an ${value.constructor.name}` : `a ${value.constructor.name}`;
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 }).slice(0, 100);
}
