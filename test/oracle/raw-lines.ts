import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { addressOf } from './address.js';

/** A line of spec §2 that broke no rule; what was left out is '' or []. */
export interface Impression {
  time: number;
  site: string;
  action: string;
  object: string;
  type: string;
  name: string;
  term: string;
  session: string;
  visitor: string;
  ip: string;
  agent: string;
  referrer: string;
  browser: string;
  os: string;
  device: string;
  country: string;
  region: string;
  city: string;
  segments: string[];
  recommendations: string[];
  id: string;
}

/** Why a line is not counted. */
export class Refused extends Error {
  readonly as: 'rejected' | 'filtered';
  readonly reason: string;
  constructor(as: 'rejected' | 'filtered', reason: string) {
    super(reason);
    this.as = as;
    this.reason = reason;
  }
}
const reject = (reason: string): never => {
  throw new Refused('rejected', reason);
};

/** The lines of a file (unzipped where it ends in .gz) or of bytes, without their ends; empty ones are left out. */
export async function* rawLines(source: string | Uint8Array): AsyncGenerator<Buffer> {
  let input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  if (typeof source === 'string') {
    const file: Readable = createReadStream(source, { highWaterMark: 1 << 20 });
    input = source.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  } else input = [source];
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of input) {
    const block = Buffer.concat([rest, bytes]);
    let from = 0;
    for (let to = block.indexOf(10); to >= 0; to = block.indexOf(10, from)) {
      const line = withoutCr(block.subarray(from, to));
      if (line.length > 0) yield line;
      from = to + 1;
    }
    rest = block.subarray(from);
  }
  rest = withoutCr(rest);
  if (rest.length > 0) yield rest;
}

const withoutCr = (line: Buffer): Buffer => (line.at(-1) === 13 ? line.subarray(0, -1) : line);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a line. Throws Refused. */
export function decoded(line: Buffer): string {
  if (line.length > 64 * 1024) reject('length');
  try {
    return utf8.decode(line);
  } catch {
    return reject('utf8');
  }
}

/** Least and most code points; whether a field may be left out is another matter. */
const TEXTS = {
  object: [1, 1024],
  type: [1, 64],
  name: [0, 1024],
  term: [0, 256],
  session: [0, 128],
  visitor: [0, 128],
  ip: [0, 64],
  agent: [0, 2048],
  referrer: [0, 2048],
  browser: [0, 128],
  os: [0, 128],
  device: [0, 128],
  country: [0, 128],
  region: [0, 128],
  city: [0, 128],
  id: [0, 64],
} as const satisfies Record<string, readonly [number, number]>;

const KNOWN: ReadonlySet<string> = new Set(['time', 'site', 'action', ...Object.keys(TEXTS), 'segments', 'recommendations', 'params']);

const isText = (v: unknown, least: number, most: number): v is string =>
  typeof v === 'string' &&
  v.length >= least &&
  // As many code points as units at the most.
  (v.length <= most || Array.from(v).length <= most) &&
  !/[\0\p{Surrogate}]/u.test(v);

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

function isParams(v: unknown): boolean {
  if (!isObject(v)) return false;
  const entries = Object.entries(v);
  return (
    entries.length <= 32 &&
    entries.every(
      ([k, p]) => k !== '__proto__' && isText(k, 0, Infinity) && (isText(p, 0, Infinity) || typeof p === 'boolean' || Number.isFinite(p)),
    )
  );
}

/** The object of a line of spec §2, fields that are not of the spec among them. Throws Refused. */
export function parsed(text: string): Record<string, unknown> {
  let o: unknown;
  try {
    o = JSON.parse(text);
  } catch {
    return reject('json');
  }
  if (!isObject(o)) return reject('json');
  for (const [field, v] of Object.entries(o)) if (!KNOWN.has(field) && !isSound({ [field]: v }, field)) reject('json');
  return o;
}

/** Whether a value of any shape has no key `__proto__`, lone surrogate, NUL or number beyond the doubles. */
function isSound(value: unknown, field: string): boolean {
  const left = [value];
  if (field === '__proto__') return false;
  for (let v = left.pop(); v !== undefined; v = left.pop()) {
    if (typeof v === 'string' && !isText(v, 0, Infinity)) return false;
    if (typeof v === 'number' && !Number.isFinite(v)) return false;
    if (Array.isArray(v)) for (const entry of v) left.push(entry);
    else if (isObject(v)) for (const [k, entry] of Object.entries(v)) left.push(k === '__proto__' ? NaN : k, entry);
  }
  return true;
}

/** Check the fields of a line against the rules of spec §2. `now`: the receiving clock, ms. Throws Refused. */
export function checked(o: Readonly<Record<string, unknown>>, now: number): Impression {
  const { time, site, action = 'view' } = o;
  if (typeof time !== 'number' || !Number.isSafeInteger(time)) return reject('time');
  if (time < Date.UTC(1990, 0, 1) || time > now + 24 * 3_600_000) return reject('time');
  if (typeof site !== 'string' || site.length > 64 || site === '' || /[^A-Za-z0-9._-]/.test(site)) return reject('site');
  if (action !== 'view' && action !== 'download' && action !== 'search') return reject('action');
  const texts: Record<string, string> = {};
  for (const [field, [least, most]] of Object.entries(TEXTS)) {
    const v = o[field];
    const free = v === undefined || (field === 'object' && v === '');
    if (!free && !isText(v, least, most)) reject(field);
    texts[field] = (v as string | undefined) ?? (field === 'type' ? 'Page' : '');
  }
  if (texts['object'] === '' && action !== 'search') reject('object');
  texts['ip'] = addressOf(texts['ip'] as string) ?? reject('ip');
  const lists: Record<string, string[]> = {};
  for (const field of ['segments', 'recommendations']) {
    const list = o[field] ?? (field in o ? reject(field) : []);
    if (!Array.isArray(list) || list.length > 64 || !list.every((s) => isText(s, 1, 128))) reject(field);
    lists[field] = list as string[];
  }
  if (o['params'] !== undefined && !isParams(o['params'])) reject('params');
  if (texts['visitor'] === '' && texts['ip'] === '' && texts['agent'] === '') reject('visitor');
  return { time, site, action, ...texts, ...lists } as unknown as Impression;
}

/**
 * The term that a search is counted under (spec §5). In this language, since SQL's idea of white space and of lower case is
 * another: here İ becomes two characters, and the last Σ of a word becomes ς.
 */
export function settledTerm(term: string): string {
  return term.trim().split(/\s+/u).join(' ').toLowerCase() || '(empty)';
}
