/**
 * The rules of spec §7, applied to distinct texts of a log: what a request, a host, a referrer and an agent say, and what is
 * filtered. Each row has the first verdict that holds: no such format, the filters in their order, then the limits of spec §2.
 */
import { Interner } from '../../engine/index.js';
import type { Agents } from './agents.js';
import { IMPRESSION_COLUMNS, MAX_LENGTH, type TextColumn } from './columns.js';
import { isSite } from './judge-impressions.js';
import { optionalField, readRequest, siteOf, unescapeField, type LoggedRequest } from './log-line.js';
import { ACCEPTED, filteredBy, rejectedFor, type Filter, type Verdict } from './rejects.js';
import { AGENT, HOST, REFERRER, REQUEST, STATUS, VIRTUAL_HOST, type LogMemory } from './log-memory.js';
import { PlainRequest } from './plain-request.js';
import { FIRST_CODE } from './scan-memory.js';
import { fewTexts, isCleanWithin, isWithin, rejectMarked, rejectTimes, type JudgedRows, type TextValues } from './values.js';

export interface LogRules {
  /** The site of all lines; null where each line's virtual host is its site. */
  readonly site: string | null;
  /** Filters that are not asked. */
  readonly keep: ReadonlySet<Filter>;
  /** The receiving clock in ms. */
  readonly now: number;
  readonly agents: Agents;
}

/** A column of which each text is judged once; only those of accepted rows are. */
interface JudgedTexts {
  readonly column: TextValues;
  /** 1 where the text breaks its field's rule. */
  readonly marks: Uint8Array;
}

/** Judge all rows of a memory. */
export function judgeLog(m: LogMemory, rules: LogRules): JudgedRows {
  const verdicts = new Uint8Array(m.rows);
  const times = m.times.subarray(0, m.rows);
  const requests = judgeRequests(m, rules);
  judgeRows(m, verdicts, requests.verdicts, rules);

  const site = rules.site === null ? judgeTexts(m, VIRTUAL_HOST, 'site', verdicts, siteOf) : constant(new Int32Array(m.rows), rules.site);
  const ip = judgeTexts(m, HOST, 'ip', verdicts, (text) => text);
  const agent = judgeTexts(m, AGENT, 'agent', verdicts, optionalField);
  const referrer = judgeTexts(m, REFERRER, 'referrer', verdicts, optionalField);
  const { object, term } = requests;
  rejectTimes(verdicts, times, rules.now);
  const judged = { site, object, term, ip, agent, referrer };
  for (const name of ['site', 'object', 'term', 'ip', 'agent', 'referrer'] as const) {
    rejectMarked(verdicts, judged[name].column.codes, judged[name].marks, name);
  }

  const none = new Int32Array(m.rows);
  const columns = Object.fromEntries(IMPRESSION_COLUMNS.map((name) => [name, constant(none, '').column])) as Record<
    (typeof IMPRESSION_COLUMNS)[number],
    TextValues
  >;
  for (const [name, { column }] of Object.entries(judged)) columns[name as keyof typeof judged] = column;
  columns.type = requests.type;
  columns.action = requests.action;
  const list = { codes: none, offsets: new Uint32Array(2), entries: new Uint32Array(0), interner: new Interner(1) };
  return { times, verdicts, columns, lists: { segments: list, recommendations: list } };
}

/** All rows with the same value; `none` is 0 for each. */
function constant(none: Int32Array, value: string): JudgedTexts {
  const interner = new Interner(1);
  const code = interner.internString(value);
  return { column: { codes: none, values: Uint32Array.of(code), interner }, marks: new Uint8Array(1) };
}

interface JudgedRequests {
  /** Of each request the verdict that it brings by itself. */
  readonly verdicts: Uint8Array;
  readonly object: JudgedTexts;
  readonly term: JudgedTexts;
  readonly type: TextValues;
  readonly action: TextValues;
}

function judgeRequests(m: LogMemory, { keep }: LogRules): JudgedRequests {
  const texts = m.texts(REQUEST);
  const { size } = texts;
  const { bytes } = m;
  const codes = m.codesOf(REQUEST);
  const column = (): TextValues & { readonly values: Uint32Array; readonly interner: Interner } => ({
    codes,
    values: new Uint32Array(size),
    interner: new Interner(size, size * 32),
  });
  const verdicts = new Uint8Array(size).fill(rejectedFor('format'));
  const object = { column: column(), marks: new Uint8Array(size) };
  const term = { column: column(), marks: new Uint8Array(size) };
  const type = column();
  const action = column();
  const fewTypes = fewTexts(type.interner);
  const fewActions = fewTexts(action.interner);
  const fewTerms = fewTexts(term.column.interner);
  const plain = new PlainRequest();
  for (let code = FIRST_CODE; code < size; code++) {
    const start = texts.position(code);
    const length = texts.length(code);
    const isPlain = !texts.isEscaped(code) && plain.read(bytes, start, start + length);
    const request = isPlain ? plain : readRequest(unescapeField(m.textAt(start, length)));
    if (request === undefined) continue;
    const verdict = verdictOf(request, keep);
    verdicts[code] = verdict;
    if (verdict !== ACCEPTED) continue;
    type.values[code] = fewTypes(request.type);
    action.values[code] = fewActions(request.action);
    const { interner } = object.column;
    if ('object' in request) {
      if (isCleanWithin(request.object, MAX_LENGTH.object)) object.column.values[code] = interner.internString(request.object);
      else object.marks[code] = 1;
    } else if (isWithin(bytes, request.objectStart, request.objectEnd, MAX_LENGTH.object)) {
      object.column.values[code] = interner.intern(bytes, request.objectStart, request.objectEnd);
    } else object.marks[code] = 1;
    if (isCleanWithin(request.term, MAX_LENGTH.term)) term.column.values[code] = fewTerms(request.term);
    else term.marks[code] = 1;
  }
  return { verdicts, object, term, type, action };
}

/** What a request brings by itself. */
function verdictOf({ method, type }: Pick<LoggedRequest, 'method' | 'type'>, keep: LogRules['keep']): Verdict {
  if (method !== 'GET' && method !== 'POST' && !keep.has('method')) return filteredBy('method');
  return type === 'Static' && !keep.has('static') ? filteredBy('static') : ACCEPTED;
}

/** The format and the filters. `static` comes after `status`, though the request alone tells it. */
function judgeRows(m: LogMemory, verdicts: Uint8Array, requestVerdicts: Uint8Array, { keep, agents }: LogRules): void {
  const requests = m.codesOf(REQUEST);
  const statuses = m.codesOf(STATUS);
  const agentCodes = m.codesOf(AGENT);
  const texts = m.texts(AGENT);
  const robots = new Int8Array(texts.size).fill(-1);
  const asksRobots = !keep.has('bot');
  const asksStatus = !keep.has('status');
  const isStatic: Verdict = filteredBy('static');
  const byStatus: Verdict = filteredBy('status');
  const byRobot: Verdict = filteredBy('bot');
  for (let row = 0; row < verdicts.length; row++) {
    let verdict = requestVerdicts[requests[row] as number] as Verdict;
    const status = statuses[row] as number;
    if (asksStatus && (verdict === ACCEPTED || verdict === isStatic) && (status < 200 || status > 299) && status !== 304)
      verdict = byStatus;
    if (asksRobots && verdict === ACCEPTED) {
      const agent = agentCodes[row] as number;
      if (robots[agent] === -1) {
        const text = agent < FIRST_CODE ? '' : optionalField(m.textAt(texts.position(agent), texts.length(agent)));
        robots[agent] = agents.isRobot(text) ? 1 : 0;
      }
      if (robots[agent] === 1) verdict = byRobot;
    }
    verdicts[row] = verdict;
  }
}

function judgeTexts(m: LogMemory, index: number, name: TextColumn, verdicts: Uint8Array, decode: (text: string) => string): JudgedTexts {
  const texts = m.texts(index);
  const { size } = texts;
  const { bytes } = m;
  const codes = m.codesOf(index);
  const wanted = new Uint8Array(size);
  for (let row = 0; row < codes.length; row++) {
    if (verdicts[row] === ACCEPTED) wanted[codes[row] as number] = 1;
  }
  const max = MAX_LENGTH[name];
  const interner = new Interner(size);
  const values = new Uint32Array(size).fill(interner.internString(''), 0, FIRST_CODE);
  const marks = new Uint8Array(size);
  if (name === 'site') marks.fill(1, 0, FIRST_CODE);
  for (let code = FIRST_CODE; code < size; code++) {
    if (wanted[code] === 0) continue;
    const start = texts.position(code);
    const length = texts.length(code);
    if (
      name !== 'site' &&
      !texts.isEscaped(code) &&
      length > 1 &&
      isWithin(bytes, start, start + length, max) &&
      !hasNul(bytes, start, length)
    ) {
      values[code] = interner.intern(bytes, start, start + length);
      continue;
    }
    const text = decode(m.textAt(start, length));
    if (isCleanWithin(text, max) && (name !== 'site' || isSite(text))) values[code] = interner.internString(text);
    else marks[code] = 1;
  }
  return { column: { codes, values, interner }, marks };
}

function hasNul(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) {
    if (bytes[i] === 0) return true;
  }
  return false;
}
