/**
 * Between scanning and batches: each distinct text is judged and decoded once, then each row is judged by its codes.
 */
import type { Dictionary, Interner } from '../../engine/index.js';
import type { ImpressionColumn } from './columns.js';
import { ACCEPTED, rejectedFor, type Reason, type Verdict } from './rejects.js';
import { FIRST_CODE } from './scan-memory.js';

/** Distinct texts by their codes, to which others can be added. Interner is one. */
export interface Texts {
  readonly size: number;
  dictionary(): Dictionary;
  intern(bytes: Uint8Array, start: number, end: number): number;
  internString(text: string): number;
}

/** A column of strings: row i has the value `interner[values[codes[i]]]`. */
export interface TextValues {
  readonly codes: Int32Array;
  /** undefined: those of PlainTexts, see ScanMemory.plainTexts. */
  readonly values: Uint32Array | undefined;
  readonly interner: Texts;
}

/** Whether all rows have the same value, that of the code 0. */
export function isConstant({ values }: TextValues): boolean {
  return values?.length === 1;
}

/** A column of lists: row i has the entries `entries[offsets[codes[i]] .. offsets[codes[i] + 1])` of the interner. */
export interface ListValues {
  readonly codes: Int32Array;
  readonly offsets: Uint32Array;
  readonly entries: Uint32Array;
  readonly interner: Interner;
}

/** The rows of a shard, judged. Code 0 of a column that has `lookedUp` means that the field is absent. */
export interface JudgedRows {
  readonly times: Float64Array;
  readonly verdicts: Uint8Array;
  readonly columns: Readonly<Record<Exclude<ImpressionColumn, 'segments' | 'recommendations'>, TextValues>>;
  readonly lists: Readonly<Record<'segments' | 'recommendations', ListValues>>;
}

const YEAR_1990 = Date.UTC(1990, 0, 1);
const DAY_MS = 86_400_000;

/** Reject the rows whose code is marked, unless they have a verdict already. */
export function rejectMarked(verdicts: Uint8Array, codes: Int32Array, marked: Uint8Array, reason: Reason): void {
  const verdict = rejectedFor(reason);
  for (let row = 0; row < codes.length; row++) {
    if (marked[codes[row] as number] !== 0 && verdicts[row] === ACCEPTED) verdicts[row] = verdict;
  }
}

/** Reject the rows whose time is missing or out of bounds, unless they have a verdict already. */
export function rejectTimes(verdicts: Uint8Array, times: Float64Array, now: number): void {
  const verdict: Verdict = rejectedFor('time');
  const last = now + DAY_MS;
  for (let row = 0; row < verdicts.length; row++) {
    const time = times[row] as number;
    if (!(time >= YEAR_1990 && time <= last) && verdicts[row] === ACCEPTED) verdicts[row] = verdict;
  }
}

/** Reject the rows that have an empty value in each of some columns, by which visitors are told apart, unless they have a verdict already. */
export function rejectStrangers(verdicts: Uint8Array, [first, ...others]: readonly TextValues[]): void {
  if (first === undefined) return;
  const verdict = rejectedFor('visitor');
  const isEmpty = emptyTexts(first);
  const rest = others.map((column) => ({ codes: column.codes, isEmpty: emptyTexts(column) }));
  const { codes } = first;
  for (let row = 0; row < codes.length; row++) {
    if (isEmpty[codes[row] as number] === 0 || verdicts[row] !== ACCEPTED) continue;
    if (rest.every((column) => column.isEmpty[column.codes[row] as number] !== 0)) verdicts[row] = verdict;
  }
}

/** Of each code of a column 1 where its value is empty. */
function emptyTexts({ values, interner }: TextValues): Uint8Array {
  if (values === undefined) return new Uint8Array(interner.size + FIRST_CODE).fill(1, 0, FIRST_CODE);
  const empty = interner.internString('');
  return Uint8Array.from(values, (value) => (value === empty ? 1 : 0));
}

/** Whether `bytes[start .. end)`, which is UTF-8, has at most `max` code points. */
export function isWithin(bytes: Uint8Array, start: number, end: number, max: number): boolean {
  if (end - start <= max) return true;
  if (end - start > max * 4) return false;
  let points = 0;
  for (let i = start; i < end; i++) {
    if (((bytes[i] as number) & 0xc0) !== 0x80) points++;
  }
  return points <= max;
}

/** Whether a string has no lone surrogate and no NUL. */
export function isClean(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Number of code points of a string. */
export function codePoints(text: string): number {
  let n = text.length;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) n--;
  }
  return n;
}

export function isCleanWithin(text: string, max: number): boolean {
  return isClean(text) && (text.length <= max || codePoints(text) <= max);
}

/** The first code points of a text. */
export function within(text: string, max: number): string {
  return text.length <= max || codePoints(text) <= max
    ? text
    : Array.from(text.slice(0, max * 2))
        .slice(0, max)
        .join('');
}

/** Interns strings of which there are few, each of them many times. */
export function fewTexts(interner: Texts): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    let code = known.get(text);
    if (code === undefined) known.set(text, (code = interner.internString(text)));
    return code;
  };
}
