/**
 * The rules of spec §7, applied to distinct texts of a log: what a request, a host, a referrer and an agent say, and what is
 * filtered. Each row has the first verdict that holds: the filters in their order, then the rules of spec §2. What is too long is
 * cut, for what servers log has no limits, but not an agent; what no site can be called belongs to the site of lines without a virtual host.
 */
import { Interner } from '../../engine/index.js';
import { canonicalAddress, isPlainAddress } from './address.js';
import type { Agents } from './agents.js';
import { IMPRESSION_COLUMNS, MAX_LENGTH } from './columns.js';
import { isSite } from './judge-impressions.js';
import { optionalField, readRequest, siteOf, unescapeField, type LoggedRequest } from './log-line.js';
import { ACCEPTED, filteredBy, rejectedFor, type Filter, type Verdict } from './rejects.js';
import { AGENT, HOST, REFERRER, REQUEST, STATUS, VIRTUAL_HOST, type LogMemory } from './log-memory.js';
import { PlainRequest } from './plain-request.js';
import { ABSENT, FIRST_CODE } from './scan-memory.js';
import {
  fewTexts,
  isClean,
  isWithin,
  rejectMarked,
  rejectStrangers,
  rejectTimes,
  within,
  type JudgedRows,
  type TextValues,
} from './values.js';

export interface LogRules {
  /** The site of lines whose virtual host is none, or no name of a site. */
  readonly site: string;
  /** Whether lines have referrer and agent: a last line that lacks its end and them is cut. */
  readonly isCombined: boolean;
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
  if (rules.isCombined) rejectCut(m, verdicts);

  const site = m.texts(VIRTUAL_HOST).size === FIRST_CODE ? constant(new Int32Array(m.rows), rules.site) : judgeSites(m, rules.site);
  const ip = judgeTexts(m, HOST, 'ip', verdicts, canonicalAddress);
  const agent = judgeTexts(m, AGENT, 'agent', verdicts, optionalField);
  const referrer = judgeTexts(m, REFERRER, 'referrer', verdicts, optionalField);
  const { object, term } = requests;
  rejectTimes(verdicts, times, rules.now);
  const judged = { site, object, term, ip, agent, referrer };
  for (const name of ['site', 'object', 'term', 'ip', 'agent', 'referrer'] as const) {
    rejectMarked(verdicts, judged[name].column.codes, judged[name].marks, name);
  }
  rejectStrangers(verdicts, [ip.column, agent.column]);

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
  const verdicts = new Uint8Array(size).fill(filteredBy('request'));
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
      if (isClean(request.object)) object.column.values[code] = interner.internString(within(request.object, MAX_LENGTH.object));
      else object.marks[code] = 1;
    } else if (isWithin(bytes, request.objectStart, request.objectEnd, MAX_LENGTH.object)) {
      object.column.values[code] = interner.intern(bytes, request.objectStart, request.objectEnd);
    } else {
      const text = m.textAt(request.objectStart, request.objectEnd - request.objectStart);
      object.column.values[code] = interner.internString(within(text, MAX_LENGTH.object));
    }
    if (isClean(request.term)) term.column.values[code] = fewTerms(within(request.term, MAX_LENGTH.term));
    else term.marks[code] = 1;
  }
  return { verdicts, object, term, type, action };
}

/** What a request brings by itself. */
function verdictOf({ method, type }: Pick<LoggedRequest, 'method' | 'type'>, keep: LogRules['keep']): Verdict {
  if (method !== 'GET' && method !== 'POST' && !keep.has('method')) return filteredBy('method');
  return type === 'Static' && !keep.has('static') ? filteredBy('static') : ACCEPTED;
}

/**
 * Reject a last line without its end that stops before referrer and agent: it may be in the middle of its size, and the rest of it
 * is written yet. As a line that is refused it is read again when it has grown.
 */
function rejectCut(m: LogMemory, verdicts: Uint8Array): void {
  const row = verdicts.length - 1;
  if (row >= 0 && m.ends[row] === m.end && m.codesOf(AGENT)[row] === ABSENT) verdicts[row] = rejectedFor('format');
}

/** The filters. `static` comes after `status`, though the request alone tells it. */
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

/** The site that each virtual host names. A list in its place is that of a proxy: whose address follows, nobody knows. */
function judgeSites(m: LogMemory, site: string): JudgedTexts {
  const texts = m.texts(VIRTUAL_HOST);
  const interner = new Interner(texts.size);
  const values = new Uint32Array(texts.size).fill(interner.internString(site));
  const marks = new Uint8Array(texts.size);
  for (let code = FIRST_CODE; code < texts.size; code++) {
    const virtualHost = m.textAt(texts.position(code), texts.length(code));
    const own = siteOf(virtualHost);
    if (isSite(own)) values[code] = interner.internString(own);
    else if (virtualHost.includes(',')) marks[code] = 1;
  }
  return { column: { codes: m.codesOf(VIRTUAL_HOST), values, interner }, marks };
}

/** `decode` gives undefined for a text that breaks its field's rule. */
function judgeTexts(
  m: LogMemory,
  index: number,
  name: 'ip' | 'agent' | 'referrer',
  verdicts: Uint8Array,
  decode: (text: string) => string | undefined,
): JudgedTexts {
  const texts = m.texts(index);
  const { size } = texts;
  const { bytes } = m;
  const codes = m.codesOf(index);
  const wanted = new Uint8Array(size);
  for (let row = 0; row < codes.length; row++) {
    if (verdicts[row] === ACCEPTED) wanted[codes[row] as number] = 1;
  }
  const max = MAX_LENGTH[name];
  const isPlain = name === 'ip' ? isPlainAddress : isPlainField;
  const interner = new Interner(size);
  const values = new Uint32Array(size).fill(interner.internString(''), 0, FIRST_CODE);
  const marks = new Uint8Array(size);
  for (let code = FIRST_CODE; code < size; code++) {
    if (wanted[code] === 0) continue;
    const start = texts.position(code);
    const length = texts.length(code);
    if (!texts.isEscaped(code) && isWithin(bytes, start, start + length, max) && isPlain(bytes, start, start + length)) {
      values[code] = interner.intern(bytes, start, start + length);
      continue;
    }
    const text = decode(m.textAt(start, length));
    const kept = text === undefined || !isClean(text) ? undefined : within(text, max);
    // An agent tells visitors apart: those that differ behind the cut would be one.
    if (kept === undefined || (name === 'agent' && kept !== text)) marks[code] = 1;
    else values[code] = interner.internString(kept);
  }
  return { column: { codes, values, interner }, marks };
}

/** Whether a text without escapes says what it is: not `-`, and without a NUL. */
function isPlainField(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0) return false;
  }
  return end - start > 1;
}
