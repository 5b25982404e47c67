/**
 * The rules of spec §2, applied to distinct texts: what a string field, a list or `params` may be, and what it says.
 */
import { Interner } from '../../engine/index.js';
import { canonicalAddress, isPlainAddress } from './address.js';
import {
  IMPRESSION_COLUMNS,
  MAX_ENTRIES,
  MAX_ENTRY_LENGTH,
  MAX_LENGTH,
  MAX_PARAMS,
  type ImpressionColumn,
  type ListColumn,
  type TextColumn,
} from './columns.js';
import { PlainTexts } from './plain-texts.js';
import { ACCEPTED, rejectedFor } from './rejects.js';
import { ABSENT, EMPTY, FIRST_CODE, WRONG_TYPE, type ScanMemory } from './scan-memory.js';
import {
  fewTexts,
  isClean,
  isCleanWithin,
  isWithin,
  rejectMarked,
  rejectStrangers,
  rejectTimes,
  type JudgedRows,
  type ListValues,
  type TextValues,
} from './values.js';

const SITE = /^[A-Za-z0-9._-]{1,64}$/;
const ACTIONS = new Set(['view', 'download', 'search']);
export const isSite = (text: string): boolean => SITE.test(text);

/** Marks of a text: 0 good, it breaks its field's rule, or its line is no JSON. */
const BAD_FIELD = 1;
const BAD_JSON = 2;

/** The marks of a column's texts, and whether there are any that matter. */
class Marked {
  readonly marks: Uint8Array;
  badField: boolean;
  badJson = false;

  /** `rowsHaveWrongType`: whether any row has the code WRONG_TYPE. */
  constructor(size: number, rowsHaveWrongType: boolean) {
    this.marks = new Uint8Array(size);
    this.marks[WRONG_TYPE] = BAD_FIELD;
    this.badField = rowsHaveWrongType;
  }

  mark(code: number, kind: typeof BAD_FIELD | typeof BAD_JSON): void {
    this.marks[code] = kind;
    if (kind === BAD_JSON) this.badJson = true;
    else this.badField = true;
  }
}

interface Judged<V> {
  readonly column: V;
  readonly judgement: Marked;
}

/** What a field is when it is absent. */
const DEFAULTS: Partial<Record<TextColumn, string>> = { action: 'view', type: 'Page' };
/** Fields that must not be given and empty. */
const NOT_EMPTY: ReadonlySet<string> = new Set(['site', 'action', 'type']);
/** The text of `params` when there are none given: read as null, unlike `{}`. */
const NO_PARAMS = '';

/** Judge all rows of a memory. `now`: the receiving clock in ms. */
export function judgeImpressions(m: ScanMemory, now: number): JudgedRows {
  // They may move the memory: before anything else looks at it.
  const plain = IMPRESSION_COLUMNS.map((name, index) => plainTexts(m, index, name));
  const verdicts = new Uint8Array(m.rows);
  const times = m.times.subarray(0, m.rows);
  const judged = IMPRESSION_COLUMNS.map((name, index) => {
    if (name === 'segments' || name === 'recommendations') return { name, result: judgeLists(m, index) };
    return { name, result: name === 'params' ? judgeParams(m, index) : judgeTexts(m, index, name, plain[index]) };
  });
  const column = (name: TextColumn | 'params'): TextValues => judged[IMPRESSION_COLUMNS.indexOf(name)]?.result.column as TextValues;
  const list = (name: ListColumn): ListValues => judged[IMPRESSION_COLUMNS.indexOf(name)]?.result.column as ListValues;

  for (const { result } of judged) {
    if (!result.judgement.badJson) continue;
    const marks = result.judgement.marks.map((mark) => (mark === BAD_JSON ? 1 : 0));
    rejectMarked(verdicts, result.column.codes, marks, 'json');
  }
  rejectTimes(verdicts, times, now);
  for (const { name, result } of judged) {
    if (name === 'params') rejectStrangers(verdicts, [column('visitor'), column('ip'), column('agent')]);
    if (result.judgement.badField) rejectMarked(verdicts, result.column.codes, result.judgement.marks, name);
    if (name === 'object') rejectWithoutObject(verdicts, column('object').codes, column('action'));
  }
  const columns = Object.fromEntries(
    judged.flatMap(({ name, result }) => (name === 'segments' || name === 'recommendations' ? [] : [[name, result.column]])),
  ) as JudgedRows['columns'];
  return { times, verdicts, columns, lists: { segments: list('segments'), recommendations: list('recommendations') } };
}

function judgementOf(m: ScanMemory, index: number, size: number): Marked {
  return new Marked(size, (m.wrongTypes & (1 << index)) !== 0);
}

/** Texts of no more bytes than a field may have code points break no rule, where there is no other and none is escaped. */
function plainTexts(m: ScanMemory, index: number, name: ImpressionColumn): PlainTexts | undefined {
  if (name === 'segments' || name === 'recommendations' || name === 'params' || NOT_EMPTY.has(name)) return undefined;
  if (name === 'ip' && !areCanonical(m, index)) return undefined;
  const plain = m.plainTexts(index, MAX_LENGTH[name]);
  return plain === undefined ? undefined : new PlainTexts(plain);
}

/** Whether all addresses of a column are written as they are kept. */
function areCanonical(m: ScanMemory, index: number): boolean {
  const texts = m.texts(index);
  const { bytes } = m;
  for (let code = FIRST_CODE; code < texts.size; code++) {
    const start = texts.position(code);
    const length = texts.length(code);
    if (isPlainAddress(bytes, start, start + length)) continue;
    const text = m.textAt(start, length);
    if (canonicalAddress(text) !== text) return false;
  }
  return true;
}

function judgeTexts(m: ScanMemory, index: number, name: TextColumn, plain: PlainTexts | undefined): Judged<TextValues> {
  const texts = m.texts(index);
  const { size } = texts;
  if (plain !== undefined)
    return { column: { codes: m.codesOf(index), values: undefined, interner: plain }, judgement: judgementOf(m, index, size) };
  const max = MAX_LENGTH[name];
  const { bytes } = m;
  const allowed = name === 'site' ? isSite : name === 'action' ? (text: string): boolean => ACTIONS.has(text) : undefined;
  const interner = new Interner(size, size * 16);
  const values = new Uint32Array(size);
  const judgement = judgementOf(m, index, size);
  const empty = interner.internString('');
  values.fill(empty, ABSENT, EMPTY + 1);
  const absent = DEFAULTS[name];
  if (absent !== undefined) values[ABSENT] = interner.internString(absent);
  if (name === 'site') judgement.mark(ABSENT, BAD_FIELD);
  if (NOT_EMPTY.has(name)) judgement.mark(EMPTY, BAD_FIELD);
  for (let code = FIRST_CODE; code < size; code++) {
    const start = texts.position(code);
    const end = start + texts.length(code);
    if (!texts.isEscaped(code) && allowed === undefined && (name !== 'ip' || isPlainAddress(bytes, start, end))) {
      if (isWithin(bytes, start, end, max)) values[code] = interner.intern(bytes, start, end);
      else judgement.mark(code, BAD_FIELD);
      continue;
    }
    const text = parse(`"${m.textAt(start, end - start)}"`) as string | undefined;
    if (text === undefined) judgement.mark(code, BAD_JSON);
    else if (!isCleanWithin(text, max) || allowed?.(text) === false) judgement.mark(code, BAD_FIELD);
    else {
      const value = name === 'ip' ? canonicalAddress(text) : text;
      if (value === undefined) judgement.mark(code, BAD_FIELD);
      else values[code] = interner.internString(value);
    }
  }
  return { column: { codes: m.codesOf(index), values, interner }, judgement };
}

function judgeLists(m: ScanMemory, index: number): Judged<ListValues> {
  const texts = m.texts(index);
  const { size } = texts;
  const interner = new Interner();
  const codeOf = fewTexts(interner);
  const judgement = judgementOf(m, index, size);
  const offsets = new Uint32Array(size + 1);
  const entries: number[] = [];
  for (let code = FIRST_CODE; code < size; code++) {
    offsets[code] = entries.length;
    const list = parse(`[${m.textAt(texts.position(code), texts.length(code))}]`);
    if (list === undefined) {
      judgement.mark(code, BAD_JSON);
    } else if (isList(list)) {
      for (const entry of list) entries.push(codeOf(entry));
    } else {
      judgement.mark(code, BAD_FIELD);
    }
  }
  offsets[size] = entries.length;
  return { column: { codes: m.codesOf(index), offsets, entries: Uint32Array.from(entries), interner }, judgement };
}

export function isList(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_ENTRIES &&
    value.every((entry) => typeof entry === 'string' && entry !== '' && isCleanWithin(entry, MAX_ENTRY_LENGTH))
  );
}

function judgeParams(m: ScanMemory, index: number): Judged<TextValues> {
  const texts = m.texts(index);
  const { size } = texts;
  const interner = new Interner();
  const values = new Uint32Array(size);
  const judgement = judgementOf(m, index, size);
  values[ABSENT] = interner.internString(NO_PARAMS);
  values[EMPTY] = interner.internString('{}');
  for (let code = FIRST_CODE; code < size; code++) {
    const params = parse(`{${m.textAt(texts.position(code), texts.length(code))}}`) as Record<string, unknown> | undefined;
    if (params === undefined) {
      judgement.mark(code, BAD_JSON);
    } else if (isParams(params)) {
      values[code] = interner.internString(JSON.stringify(params));
    } else {
      judgement.mark(code, BAD_FIELD);
    }
  }
  return { column: { codes: m.codesOf(index), values, interner }, judgement };
}

export function isParams(params: Readonly<Record<string, unknown>>): boolean {
  const entries = Object.entries(params);
  return (
    entries.length <= MAX_PARAMS &&
    entries.every(
      ([name, value]) =>
        name !== '__proto__' &&
        isClean(name) &&
        (typeof value === 'string' ? isClean(value) : typeof value === 'boolean' || Number.isFinite(value)),
    )
  );
}

/** An impression has an object unless it is a search. */
function rejectWithoutObject(verdicts: Uint8Array, objects: Int32Array, action: TextValues): void {
  const verdict = rejectedFor('object');
  const search = action.interner.internString('search');
  for (let row = 0; row < objects.length; row++) {
    const object = objects[row];
    if (object !== ABSENT && object !== EMPTY) continue;
    if (verdicts[row] === ACCEPTED && action.values?.[action.codes[row] as number] !== search) verdicts[row] = verdict;
  }
}

/** The value of a JSON text, undefined where it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
