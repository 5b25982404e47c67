/**
 * One impression as it comes to the sensor, judged by the rules of spec §2 and written as a raw line. This runs once a request on
 * the thread that serves them all: plain loops, no schema library, one pass that judges and writes.
 */
import { canonicalAddress } from '../import/address.js';
import { MAX_LENGTH, MAX_LINE, type TextColumn } from '../import/columns.js';
import { isHarmless } from '../import/impression-line.js';
import { isList, isParams, isSite } from '../import/judge-impressions.js';
import type { Reason } from '../import/rejects.js';
import { isCleanWithin } from '../import/values.js';

/** What the sensor knows of a request. */
export interface Received {
  /** The sensor's clock, ms since the epoch. */
  readonly now: number;
  /** Address and agent of the request; '' where there is none. */
  readonly ip: string;
  readonly agent: string;
  /** The sender has shown the token: time, ip, agent and looked-up fields are its own; what it does not give is absent. */
  readonly trusted: boolean;
  /** What becomes of a trusted sender's ip, in canonical form, before it is written. */
  readonly address: (ip: string) => string;
}

export type Judged = { readonly line: string } | { readonly reason: Reason };

const YEAR_1990 = Date.UTC(1990, 0, 1);
const DAY_MS = 86_400_000;

interface TextField {
  readonly name: TextColumn;
  readonly max: number;
  readonly key: string;
}

const field = (name: TextColumn): TextField => ({ name, max: MAX_LENGTH[name], key: `,"${name}":` });
const [OBJECT, TYPE, IP, AGENT] = [field('object'), field('type'), field('ip'), field('agent')];
const BEFORE_ADDRESS = (['name', 'term', 'session', 'visitor'] as const).map(field);
const REFERRER = field('referrer');
const ID = field('id');
const LOOKED_UP = (['browser', 'os', 'device', 'country', 'region', 'city'] as const).map(field);
const LISTS = ['segments', 'recommendations'] as const;
const ACTIONS = new Set<unknown>(['view', 'download', 'search']);
const KNOWN = new Set(['time', 'params', ...LISTS, ...Object.keys(MAX_LENGTH)]);

/** Neither to be escaped in JSON, nor of more than one UTF-16 unit a character: most texts there are. */
const SIMPLE = /^[ !#-[\]-\u{d7ff}\u{e000}-\u{ffff}]*$/u;

/** A line that grows. */
class Line {
  text: string;

  constructor(begin: string) {
    this.text = begin;
  }

  /** Add a text field, if it is given. False where it is no text, has too many code points, a NUL or a lone surrogate. */
  add({ max, key }: TextField, value: unknown): boolean {
    if (value === undefined) return true;
    if (typeof value !== 'string') return false;
    if (value.length <= max && SIMPLE.test(value)) this.text += `${key}"${value}"`;
    else if (isCleanWithin(value, max)) this.text += key + JSON.stringify(value);
    else return false;
    return true;
  }
}

/** The line of an impression with its end, or the first rule that it breaks, in the order of the import. */
export function lineOf(impression: unknown, received: Received): Judged {
  if (!isObject(impression)) return { reason: 'json' };
  const strangers = namesOfStrangers(impression);
  if (strangers === undefined) return { reason: 'json' };
  const { trusted, now } = received;

  const time = trusted && impression['time'] !== undefined ? impression['time'] : now;
  if (!isTime(time, now)) return { reason: 'time' };
  const { site, action, object, type, visitor, params } = impression;
  if (typeof site !== 'string' || !isSite(site)) return { reason: 'site' };
  const line = new Line(`{"time":${time},"site":"${site}"`);
  if (action !== undefined) {
    if (!ACTIONS.has(action)) return { reason: 'action' };
    if (action !== 'view') line.text += `,"action":"${action as string}"`;
  }
  if (!line.add(OBJECT, object) || (action !== 'search' && (object === undefined || object === ''))) return { reason: 'object' };
  if (type === '' || !line.add(TYPE, type)) return { reason: 'type' };
  for (const f of BEFORE_ADDRESS) if (!line.add(f, impression[f.name])) return { reason: f.name };

  // A trusted sender gives the address and agent of its visitor; those of the request are the sender's.
  let { ip, agent }: { ip?: unknown; agent?: unknown } = trusted ? impression : received;
  if (trusted && typeof ip === 'string') {
    const told = isCleanWithin(ip, IP.max) ? canonicalAddress(ip) : undefined;
    if (told === undefined) return { reason: 'ip' };
    ip = received.address(told);
  }
  if (ip === '') ip = undefined;
  if (agent === '') agent = undefined;
  if (!line.add(IP, ip)) return { reason: 'ip' };
  if (!line.add(AGENT, agent)) return { reason: 'agent' };
  if (!line.add(REFERRER, impression['referrer'])) return { reason: 'referrer' };
  for (const name of LISTS) {
    const list = impression[name];
    if (list === undefined) continue;
    if (!isList(list)) return { reason: name };
    line.text += `,"${name}":${JSON.stringify(list)}`;
  }
  if (!line.add(ID, impression['id'])) return { reason: 'id' };
  if (trusted) for (const f of LOOKED_UP) if (!line.add(f, impression[f.name])) return { reason: f.name };
  if ((visitor === undefined || visitor === '') && ip === undefined && agent === undefined) return { reason: 'visitor' };
  if (params !== undefined) {
    if (!isObject(params) || !isParams(params)) return { reason: 'params' };
    line.text += `,"params":${JSON.stringify(params)}`;
  }

  const text = `${line.text}${strangers}}\n`;
  if (text.length * 3 > MAX_LINE && Buffer.byteLength(text) > MAX_LINE + 1) return { reason: 'length' };
  return { line: text };
}

/**
 * The fields that have no rule, as they go into the line: the import counts them, but what the web put into them is not kept.
 * undefined where one makes the impression none.
 */
function namesOfStrangers(impression: Readonly<Record<string, unknown>>): string | undefined {
  let names = '';
  for (const name of Object.keys(impression)) {
    if (KNOWN.has(name)) continue;
    if (!isHarmless(name, impression[name])) return undefined;
    names += `,${JSON.stringify(name)}:null`;
  }
  return names;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown, now: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= YEAR_1990 && (value as number) <= now + DAY_MS;
}
