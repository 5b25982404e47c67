/**
 * The scanner and its slow path give, for any bytes, what a plain reading of spec §2 gives: line by line, JSON.parse, no
 * dictionaries. The order of reasons is that of the rules.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createParser, type ShardParser } from '#server/import/parse-shard.js';
import { addressOf } from '../../oracle/address.js';
import { kernelNames, kernels, NOW, options, outcomeOf, type Outcome } from './shards.js';

const LENGTHS = { object: 1024, type: 64, name: 1024, term: 256, session: 128, visitor: 128, ip: 64, agent: 2048, referrer: 2048 };
const LOOKED_UP = ['browser', 'os', 'device', 'country', 'region', 'city'];

const isClean = (s: string): boolean => !/[\ud800-\udfff\0]/u.test(s);

/** The fields of an impression, or the reason why it is none. */
function read(bytes: Buffer): Record<string, unknown> | string {
  if (bytes.length > 65_536) return 'length';
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return 'utf8';
  let o: Record<string, unknown>;
  try {
    o = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 'json';
  }
  if (typeof o !== 'object' || o === null || Array.isArray(o)) return 'json';
  const known = new Set(['time', 'site', 'action', ...Object.keys(LENGTHS), 'segments', 'recommendations', 'id', ...LOOKED_UP, 'params']);
  const unknown = Object.keys(o).filter((k) => !known.has(k));
  if (unknown.some((k) => k === '__proto__' || !isClean(k) || isBad(o[k]))) return 'json';
  const { time, site, action = 'view', type = 'Page', params = null } = o;
  if (!Number.isSafeInteger(time) || (time as number) < Date.UTC(1990, 0, 1) || (time as number) > NOW + 86_400_000) return 'time';
  if (typeof site !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(site)) return 'site';
  if (!['view', 'download', 'search'].includes(action as string)) return 'action';
  const out: Record<string, unknown> = { time, site, action, type, params, unknown: unknown.length };
  const string = (field: string, max: number): boolean => {
    const value = o[field] ?? (field in o ? null : field === 'type' ? 'Page' : '');
    out[field] = value;
    return typeof value === 'string' && [...value].length <= max && isClean(value);
  };
  for (const [field, max] of Object.entries(LENGTHS)) {
    if (!string(field, max)) return field;
    if (field === 'object' && out['object'] === '' && action !== 'search') return 'object';
    if (field === 'type' && out['type'] === '') return 'type';
    if (field === 'ip') {
      const address = addressOf(out['ip'] as string);
      if (address === undefined) return 'ip';
      out['ip'] = address;
    }
  }
  for (const field of ['segments', 'recommendations']) {
    const list = field in o ? o[field] : [];
    if (!Array.isArray(list) || list.length > 64) return field;
    if (!list.every((s) => typeof s === 'string' && s !== '' && [...s].length <= 128 && isClean(s))) return field;
    out[field] = list;
  }
  if (!string('id', 64)) return 'id';
  for (const field of LOOKED_UP) {
    if (!string(field, 128)) return field;
    if (!(field in o)) out[field] = expect.any(String);
  }
  if (out['visitor'] === '') {
    if (out['ip'] === '' && out['agent'] === '') return 'visitor';
    out['visitor'] = `key of ${out['ip'] as string} ${out['agent'] as string}`;
  }
  if ('params' in o) {
    if (typeof params !== 'object' || params === null || Array.isArray(params) || Object.keys(params).length > 32) return 'params';
    for (const [k, v] of Object.entries(params)) {
      const good = typeof v === 'string' ? isClean(v) : typeof v === 'boolean' || Number.isFinite(v);
      if (!good || !isClean(k) || k === '__proto__') return 'params';
    }
    out['params'] = JSON.parse(JSON.stringify(params));
  }
  return out;
}

function isBad(value: unknown): boolean {
  if (typeof value === 'string') return !isClean(value);
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([k, v]) => (!Array.isArray(value) && (k === '__proto__' || !isClean(k))) || isBad(v));
}

/** What a shard should give; looked-up columns are left out of the comparison where they are absent. */
function expected(shard: Buffer): Pick<Outcome, 'impressions' | 'rejects'> & { unknown: number } {
  const impressions: Record<string, unknown>[] = [];
  const rejects: { line: number; reason: string; text: string }[] = [];
  let unknown = 0;
  let from = 0;
  let number = 0;
  while (from < shard.length) {
    let to = shard.indexOf(10, from);
    if (to < 0) to = shard.length;
    let line = shard.subarray(from, to);
    if (line.at(-1) === 13) line = line.subarray(0, -1);
    from = to + 1;
    number++;
    if (line.length === 0) continue;
    const verdict = read(line);
    if (typeof verdict === 'string') {
      rejects.push({ line: number, reason: verdict, text: (verdict === 'length' ? line.subarray(0, 512) : line).toString() });
    } else {
      unknown += verdict['unknown'] as number;
      delete verdict['unknown'];
      impressions.push(verdict);
    }
  }
  return { impressions, rejects, unknown };
}

/** Rows of a shard come by local day, in line order within one. */
function compare(shard: Buffer, parse: ShardParser): void {
  const got = outcomeOf(parse(shard));
  const want = expected(shard);
  expect(got.rejects).toEqual(want.rejects);
  expect(got.counts.accepted).toBe(want.impressions.length);
  const keys = new Map<string, string>();
  const byTime = (a: Record<string, unknown>, b: Record<string, unknown>): number => dayOf(a) - dayOf(b);
  // The keyed hash is judged by what it tells apart.
  const impressions = got.impressions.map((i) => {
    if (!(i['visitor'] as string).startsWith('h:')) return i;
    const visitor = `key of ${i['ip'] as string} ${i['agent'] as string}`;
    expect(keys.get(visitor) ?? i['visitor']).toBe(i['visitor']);
    keys.set(visitor, i['visitor'] as string);
    return { ...i, visitor };
  });
  expect(new Set(keys.values()).size).toBe(keys.size);
  expect(impressions).toEqual([...want.impressions].sort(byTime));
  if (want.rejects.length === 0) expect(got.counts.unknownFields).toBe(want.unknown);
}
const dayOf = (i: Record<string, unknown>): number => Math.floor(((i['time'] as number) + 5.75 * 3_600_000) / 86_400_000);

// Addresses of documentation and agents that tell nothing: the look-ups have tests of their own.
const text = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom('', 'a', '/', '/a/b', 'ü', 'a"b', 'a\\b', '😀', '\u2028', 'tab\t', '{"x":1}', '],[', '__proto__', '\ufeffb'),
  },
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\ud800', 'x\udfff', 'y'.repeat(64), 'y'.repeat(65), 'ü'.repeat(128), '😀'.repeat(129)) },
);
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, 0, -1, 1e21, 1.5, true, [], {}, ['a'], [''], [['a']], { a: { b: 1 } }),
);
const often = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 120, arbitrary: good }, { weight: 1, arbitrary: strange });
const list = fc.array(text, { maxLength: 5 });
const scalar = fc.oneof(text, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());

const fields = fc.record(
  {
    time: often(fc.oneof(fc.integer({ min: NOW - 3 * 86_400_000, max: NOW }), fc.constantFrom(Date.UTC(1990, 0, 1), NOW + 86_400_000))),
    site: often(fc.constantFrom('shop', 'a.b-c_D', 'x'.repeat(64))),
    action: often(fc.constantFrom('view', 'download', 'search')),
    object: often(text.map((s) => `/${s}`)),
    type: often(fc.constantFrom('Page', 'Product', 'P')),
    name: often(text),
    term: often(text),
    session: often(text),
    visitor: often(fc.constantFrom('', 'v1', 'v"2', 'ü')),
    ip: often(
      fc.constantFrom('', '-', 'x', 'no.Where', '192.0.2.1', '192.0.2.1:80', '[2001:DB8:0::1]:1', '::ffff:192.0.2.1', '192.0.2.1,', 'ü'),
    ),
    agent: often(fc.constantFrom('', '-', 'ü', '\ufeffü')),
    referrer: often(text),
    segments: often(list.map((l) => l.filter((s) => s !== ''))),
    recommendations: often(list),
    id: often(fc.constantFrom('', 'i1', 'i"2')),
    browser: often(text),
    os: often(text),
    device: often(text),
    country: often(text),
    region: often(text),
    city: often(text),
    params: often(fc.dictionary(text, scalar, { maxKeys: 4 })),
    unknown: often(fc.jsonValue()),
    'strange "name"': often(scalar),
    x: often(fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('', 'text', 1.5, 1e-7))),
    ['__proto__']: fc.constant(1),
  },
  { requiredKeys: ['time', 'site', 'object', 'visitor', 'ip', 'browser', 'os', 'device', 'country', 'region', 'city', '__proto__'] },
);
const impression = fc
  .tuple(fields, fc.nat(40))
  .map(([o, n]) => (n === 0 ? o : Object.fromEntries(Object.entries(o).filter(([name]) => name !== '__proto__'))));

/** Which of the spellings that JSON leaves free a line uses: the more of them, the less of the line is simple. */
interface Spelling {
  readonly spaces: readonly string[];
  readonly escapedNames: boolean;
  readonly escapedValues: boolean;
  readonly oddNumbers: boolean;
  readonly anyOrder: boolean;
  readonly twice: boolean;
}

/** Serialise with a spelling, by a stream of small numbers. */
function serialise(value: unknown, spelling: Spelling, next: () => number): string {
  const space = (): string => spelling.spaces[next() % spelling.spaces.length] ?? '';
  const string = (s: string, escapes: boolean): string =>
    JSON.stringify(s).replace(/[^"\\]|\\./gsu, (c) => {
      if (!escapes) return c;
      if (c === '/' && next() % 4 === 0) return '\\/';
      return c.length === 1 && next() % 24 === 0 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c;
    });
  if (typeof value === 'string') return string(value, spelling.escapedValues);
  if (spelling.oddNumbers && typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15) {
    return [String(value), `${value}.0`, `${value}e0`, `${value / 10}E+1`, `-${value}`, `0${value}`][next() % 6] as string;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const between = (parts: string[]): string => parts.join(`${space()},${space()}`);
  if (Array.isArray(value)) return `[${space()}${between(value.map((v) => serialise(v, spelling, next)))}${space()}]`;
  const entries = Object.entries(value);
  if (spelling.anyOrder) entries.sort(() => (next() % 2) - 0.5);
  if (spelling.twice && entries[0] !== undefined) entries.push(entries[0]);
  const field = ([k, v]: [string, unknown]): string =>
    `${string(k, spelling.escapedNames)}${space()}:${space()}${serialise(v, spelling, next)}`;
  return `{${space()}${between(entries.map(field))}${space()}}`;
}
const rarely = fc.nat(9).map((n) => n === 0);
const spelling: fc.Arbitrary<Spelling> = fc.record({
  spaces: fc.constantFrom([''], [' '], ['', ' '], ['', '', '', '', ' '], ['', ' ', '\t', '\r', '  ']),
  escapedNames: rarely,
  escapedValues: fc.boolean(),
  oddNumbers: rarely,
  anyOrder: fc.boolean(),
  twice: rarely,
});

const plainLine = impression.map((o) => Buffer.from(JSON.stringify(o)));
const spelledLine = fc.tuple(impression, spelling, fc.array(fc.nat(1000), { minLength: 8, maxLength: 64 })).map(([o, s, choices]) => {
  let i = 0;
  return Buffer.from(serialise(o, s, () => choices[i++ % choices.length] as number));
});
const mutatedLine = fc
  .tuple(
    fc.oneof(plainLine, spelledLine),
    fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:\n\r 01eu')), fc.nat(127), fc.nat(255)), fc.nat(2)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([bytes, edits]) => {
    let out = bytes;
    for (const [at, byte, kind] of edits) {
      const i = at % (out.length + 1);
      if (kind === 0) out = Buffer.concat([out.subarray(0, i), Buffer.of(byte), out.subarray(i)]);
      else out = Buffer.concat([out.subarray(0, i), Buffer.from(kind === 1 ? [byte] : []), out.subarray(i + 1)]);
    }
    return out;
  });
const anyLine = fc.oneof(
  { weight: 4, arbitrary: plainLine },
  { weight: 4, arbitrary: spelledLine },
  { weight: 3, arbitrary: mutatedLine },
  { weight: 1, arbitrary: fc.constantFrom(Buffer.of(), Buffer.from('x'), Buffer.of(0xff), Buffer.from('{}')) },
);
const shard = fc
  .tuple(fc.array(anyLine, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, closed]) => Buffer.concat(lines.flatMap((l, i) => [l, Buffer.from(i < lines.length - 1 || closed ? end : '')])));

describe.each(kernelNames)('%s', (kernel) => {
  test('any shard, as a plain reading of the rules gives it', () => {
    const parse = createParser({ ...options, zone: 'Asia/Kathmandu' }, kernels[kernel]);
    fc.assert(
      fc.property(shard, (bytes) => compare(bytes, parse)),
      { numRuns: 1000 },
    );
  });

  test('any bytes', () => {
    const parse = createParser({ ...options, zone: 'Asia/Kathmandu' }, kernels[kernel]);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', '{', '{"time":', '{"site":"', '{"segments":["', '{"params":{"a', '{"a":'),
        (bytes, head) => compare(Buffer.concat([Buffer.from(head), bytes]), parse),
      ),
      { numRuns: 500 },
    );
  });

  test('a line cut off anywhere', () => {
    const whole = Buffer.from(
      `{"time":${NOW},"site":"s","object":"/\\"\\\\","visitor":"v","segments":["a]","\\"b"],"params":{"}":"{","n":-1.5e3},"x":false,"y":null,"z":-0.25,"name":"ü"}`,
    );
    const parse = createParser(options, kernels[kernel]);
    for (let cut = 0; cut <= whole.length; cut++) {
      const part = whole.subarray(0, cut);
      const complete = cut === whole.length ? 1 : 0;
      const { counts } = parse(Buffer.concat([part, Buffer.from('\n'), whole, Buffer.from('\n'), part]));
      expect(counts.accepted).toBe(1 + 2 * complete);
      expect(counts.read).toBe(cut === 0 ? 1 : 3);
    }
  });

  test('a line with any one byte changed, after one that is as expected', () => {
    const whole = Buffer.from(
      `{"time":${NOW},"site":"s","object":"/\\"\\\\","ip":"x","visitor":"v","os":"","segments":["a]","\\"b"],"params":{"}":"{","n":-1},"device":"ü","x":-0.2,"y":null}`,
    );
    const lines: Buffer[] = [];
    for (let at = 0; at <= whole.length; at++) {
      const [head, tail] = [whole.subarray(0, at), whole.subarray(at)];
      lines.push(whole, Buffer.concat([head, tail.subarray(1)]));
      for (const byte of Buffer.from('"\\{}[],: \t\r\0-.0e1uz\x7f\x80')) {
        lines.push(whole, Buffer.concat([head, Buffer.of(byte), tail]), whole, Buffer.concat([head, Buffer.of(byte), tail.subarray(1)]));
      }
    }
    compare(
      Buffer.concat(lines.flatMap((l) => [l, Buffer.from('\n')])),
      createParser({ ...options, zone: 'Asia/Kathmandu' }, kernels[kernel]),
    );
  });
});
