/**
 * The slow path of `impressions`: any line, by JSON.parse and the full rules of spec §2. What it finds goes into the same
 * dictionaries, written as the scanner would have met it, so that a value is judged in one place.
 */
import { IMPRESSION_COLUMNS } from './columns.js';
import { isParams } from './judge-impressions.js';
import { WRONG_TYPE } from './scan-memory.js';
import type { ImpressionMemory } from './impression-memory.js';
import { isClean } from './values.js';

const COLUMN_OF: ReadonlyMap<string, number> = new Map(IMPRESSION_COLUMNS.map((name, index) => [name, index]));

/** What JSON.stringify does not leave as it is. */
const NEEDS_ESCAPE = /["\\]|[^\u{20}-\u{d7ff}\u{e000}-\u{10ffff}]/u;

/** Enter the line `bytes[start .. end)` as a row. False where it is not a JSON object that we take. */
export function readImpression(m: ImpressionMemory, start: number, end: number): boolean {
  let line: unknown;
  try {
    line = JSON.parse(m.textAt(start, end - start));
  } catch {
    return false;
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return false;
  const fields = Object.entries(line);
  if (!fields.every(([name, value]) => isKnown(name) || isHarmless(name, value))) return false;

  let time = NaN;
  let unknown = 0;
  const codes: number[] = [];
  for (const [name, value] of fields) {
    const column = COLUMN_OF.get(name);
    if (column !== undefined) codes[column] = codeOf(m, column, value);
    else if (name !== 'time') unknown++;
    else if (Number.isSafeInteger(value)) time = value as number;
  }
  m.addUnknown(unknown);
  m.enterRow(start, end, time, codes);
  return true;
}

function isKnown(name: string): boolean {
  return name === 'time' || COLUMN_OF.has(name);
}

function codeOf(m: ImpressionMemory, column: number, value: unknown): number {
  const name = IMPRESSION_COLUMNS[column];
  let text: string | undefined;
  if (name === 'segments' || name === 'recommendations') {
    if (Array.isArray(value) && value.every((v) => typeof v === 'string')) text = withoutDelimiters(value);
  } else if (name === 'params') {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && isParams(value as Record<string, unknown>)) {
      text = withoutDelimiters(value);
    }
  } else if (typeof value === 'string') {
    text = NEEDS_ESCAPE.test(value) ? withoutDelimiters(value) : value;
  }
  if (text === undefined) return WRONG_TYPE;
  return m.intern(column, text);
}

/** The JSON of a string, list or object, without the delimiters. */
function withoutDelimiters(value: unknown): string {
  return JSON.stringify(value).slice(1, -1);
}

/**
 * The fields that have no rule of their own are dropped, but a line is not taken that has in one of them a key `__proto__`, a
 * lone surrogate, a NUL or a number beyond the doubles. Nesting may be as deep as a line is long: no recursion.
 */
export function isHarmless(name: string, value: unknown): boolean {
  const rest: unknown[] = [{ [name]: value }];
  if (name === '__proto__') return false;
  while (rest.length > 0) {
    const v = rest.pop();
    if (typeof v === 'string') {
      if (!isClean(v)) return false;
    } else if (typeof v === 'number') {
      if (!Number.isFinite(v)) return false;
    } else if (Array.isArray(v)) {
      for (const entry of v) rest.push(entry);
    } else if (typeof v === 'object' && v !== null) {
      for (const [key, entry] of Object.entries(v)) {
        if (key === '__proto__' || !isClean(key)) return false;
        rest.push(entry);
      }
    }
  }
  return true;
}
