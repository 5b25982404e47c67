import { EARLIEST, someDay } from './awkward-instants.js';
import type { Context, Fields } from './awkward-context.js';
import { LIMITS, TRAPS } from './awkward-context.js';

/** Makes one line, without its end. */
export type Make = (c: Context) => string | Buffer;

/** A good line with some fields set; `undefined` leaves a field out. */
export function line(c: Context, set: Fields = {}): string {
  const fields = { ...c.fields(), ...set };
  for (const [k, v] of Object.entries(fields)) if (v === undefined) delete fields[k];
  return c.json(fields);
}

/** A good line whose JSON is changed by hand: `{` stays the first byte, and `"site":"shop"` follows it. */
export function edited(c: Context, edit: (json: string) => string, set: Fields = {}): string {
  const { site: _site, ...rest } = { ...c.fields(), ...set };
  for (const [k, v] of Object.entries(rest)) if (v === undefined) delete rest[k];
  return edit(c.safe(JSON.stringify({ site: 'shop', ...rest })));
}

/** `edited` that puts more fields, as they are, before all others. */
const more = (c: Context, raw: string, set: Fields = {}): string => edited(c, (json) => `{${raw},${json.slice(1)}`, set);

/** A line of exactly so many bytes, thanks to an unknown field. */
export function lineOfBytes(c: Context, bytes: number): string {
  const json = edited(c, (j) => `${j.slice(0, -1)},"padding":""}`);
  return json.replace(/""}$/, `"${'p'.repeat(bytes - Buffer.byteLength(json))}"}`);
}

/** An instant whose last five digits are noughts, so that it can be written in other ways. */
const round = (c: Context): number => Math.max(EARLIEST, Math.floor(someDay(c.random) / 1e5) * 1e5 + 1e5 * c.random.below(800));

/** Lines that are odd and right: each kind by name. */
export const validKinds: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    Object.entries(LIMITS).map(([field, max]): [string, Make] => [
      `${field} at its limit`,
      (c) =>
        line(c, {
          ...c.looked(),
          ...(field === 'object' ? { action: 'view' } : {}),
          [field]: field === 'id' ? c.unique('id-').padEnd(12, '-') + c.text(max - 12) : field === 'ip' ? 'h'.repeat(max) : c.text(max),
        }),
    ]),
  ),
  'site of every allowed character': (c) => line(c, { site: `AZaz09._-${'s'.repeat(55)}` }),
  'type of one code point': (c) => line(c, { type: c.text(1) }),
  'object of one code point': (c) => line(c, { object: c.text(1) }),
  'object that is a trap': (c) => line(c, { object: c.random.pick(TRAPS), action: c.random.pick(['view', 'download']) }),
  'every value a trap': (c) =>
    line(c, {
      object: c.random.pick(TRAPS),
      type: c.random.pick(TRAPS),
      name: c.random.pick(TRAPS),
      session: c.random.pick(TRAPS),
      visitor: c.random.pick(TRAPS),
      browser: c.random.pick(TRAPS),
      os: c.random.pick(TRAPS),
      device: c.random.pick(TRAPS),
      country: c.random.pick(TRAPS),
      region: c.random.pick(TRAPS),
      city: c.random.pick(TRAPS),
      segments: [c.random.pick(TRAPS), c.random.pick(TRAPS)],
      recommendations: [c.random.pick(TRAPS)],
    }),
  'action and type left out': (c) => line(c, { action: undefined, type: undefined, object: c.object() }),
  'search without object': (c) => line(c, { action: 'search', object: undefined, term: 'chair' }),
  'search without term': (c) => line(c, { action: 'search', term: undefined }),
  'term of a view': (c) => line(c, { action: 'view', object: c.object(), term: 'not counted' }),
  'only what is required': (c) => JSON.stringify({ time: c.fields()['time'], site: 'x', object: '/', visitor: 'v1' }),
  'nothing to look up': (c) =>
    line(c, {
      visitor: c.unique('v'),
      ip: undefined,
      agent: undefined,
      browser: undefined,
      os: undefined,
      device: undefined,
      country: undefined,
      region: undefined,
      city: undefined,
    }),
  'empty where it may be': (c) => {
    const empty = ['name', 'term', 'session', 'ip', 'agent', 'referrer', 'browser', 'os', 'device', 'country', 'region', 'city', 'id'];
    return line(c, { ...Object.fromEntries(empty.map((k) => [k, ''])), visitor: 'v7', segments: [], recommendations: [], params: {} });
  },
  'only an ip': (c) => line(c, { ...c.looked(), session: undefined, visitor: undefined, ip: '203.0.113.9', agent: undefined }),
  'only an agent': (c) => line(c, { ...c.looked(), session: undefined, visitor: '', ip: '', agent: 'Lynx/2.8.8' }),
  'ip that says there is none': (c) => line(c, { ...c.looked(), visitor: 'v8', ip: c.random.pick(['-', 'unix:']) }),
  'lists with repeats': (c) => line(c, { segments: ['a', 'b', 'a', 'a'], recommendations: ['x', 'x'] }),
  'params at their limits': (c) =>
    line(c, {
      params: Object.fromEntries(
        Array.from({ length: 32 }, (_, i) => [`p${i}`, ['v'.repeat(i * 7), i * 1.5e-3, i % 2 === 0, -i, ''][i % 5]]),
      ),
    }),
  'params that are traps': (c) => line(c, { params: { constructor: 'x', toString: 1, hasOwnProperty: true, '': '', 'ü 😀': 'é' } }),
  'time at the earliest': (c) => line(c, { time: EARLIEST }),
  'time with an exponent': (c) => {
    const time = round(c);
    const forms = [`${time / 1e5}e5`, `${time / 1e5}E+5`, `${time / 1e12}e12`, `${time}00e-2`, `${time}e0`];
    // 1.45e12 and its like are integers only where the product is exact.
    const exact = forms.filter((f) => Number(f) === time);
    return more(c, `"time":${c.random.pick(exact)}`, { time: undefined });
  },
  'time with a fraction of nought': (c) => more(c, `"time":${round(c)}.${c.random.pick(['0', '000'])}`, { time: undefined }),
  'unknown fields': (c) =>
    line(c, {
      unknown: c.random.pick([null, 1, 'x', true, [], {}]),
      Time: 'x',
      'obj ect': [[{ a: [1, { b: null }] }]],
      toString: 'x',
      constructor: { name: 'y' },
    }),
  'keys twice, good and good': (c) => edited(c, (json) => `{"site":"blog","site":"x",${json.slice(1)}`),
  'keys twice, bad and good': (c) =>
    edited(c, (json) => `{"site":5,"time":"soon","action":"gaze",${json.slice(1)}`, { action: 'view', object: '/twice' }),
  'keys twice, list and list': (c) => more(c, '"segments":["first","gone"]', { segments: ['second'] }),
  'keys with escapes': (c) => edited(c, (json) => json.replace('"site"', '"\\u0073\\u0069te"').replace('"time"', '"tim\\u0065"')),
  'values with escapes': (c) =>
    more(c, String.raw`"object":"\/caf\u00e9\/\uD83D\ude00\u0041\"\\\b\f\n\r\t\u2028"`, { object: undefined, action: 'view' }),
  'escaped and not are the same': (c) =>
    more(c, c.random.pick(['"object":"/é"', String.raw`"object":"\/\u00E9"`, String.raw`"object":"\u002f\u00e9"`]), {
      object: undefined,
      action: 'view',
    }),
  'escaped solidus before u': (c) => more(c, String.raw`"object":"/\\u0041\\ud800"`, { object: undefined, action: 'view' }),
  'white space between all tokens': (c) =>
    edited(c, (json) => json.replaceAll('","', '" \t,\t "').replace('{', '{ \t').replaceAll('":', '" : ')),
  'white space around': (c) => edited(c, (json) => `\t  ${json} \t `),
  'keys in reverse order': (c) =>
    JSON.stringify(
      Object.fromEntries(Object.entries({ site: 'shop', time: c.fields()['time'], object: '/', visitor: 'v2', action: 'view' }).reverse()),
    ),
  'id with other content': (c) => line(c, { id: `again${c.random.below(8)}` }),
};

/** Such lines that are long. Few, or they would be most of the file. */
export const longValidKinds: Readonly<Record<string, Make>> = {
  'lists at their limits': (c) =>
    edited(c, (json) => json, {
      segments: Array.from({ length: 64 }, () => c.text(128)),
      recommendations: Array.from({ length: 64 }, (_, i) => `r${i}`),
    }),
  'unknown field, deep': (c) =>
    edited(
      c,
      (json) => `{"deep":${'['.repeat(3000)}1${']'.repeat(3000)},"deeper":${'{"a":'.repeat(1500)}{}${'}'.repeat(1500)},${json.slice(1)}`,
    ),
  'unknown field, long': (c) => line(c, { [`k${'e'.repeat(5000)}y`]: 'é'.repeat(10_000) }),
  'unknown fields, many': (c) => line(c, Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`u${i}`, i]))),
  'as long as allowed': (c) => lineOfBytes(c, 65_536),
};
