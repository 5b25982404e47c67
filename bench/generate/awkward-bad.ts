import type { Context } from './awkward-context.js';
import { LIMITS } from './awkward-context.js';
import { EARLIEST } from './awkward-instants.js';
import type { Make } from './awkward-valid.js';
import { edited, line, lineOfBytes } from './awkward-valid.js';

const FIELDS = ['time', 'site', 'action', ...Object.keys(LIMITS)];

/** Bytes that are not UTF-8: a stray one, a lone continuation, cut sequences, overlong forms, a surrogate, beyond U+10FFFF. */
const NOT_UTF8 = [
  'ff',
  'fe',
  '80',
  'c3',
  'e282',
  'f09f98',
  'c0af',
  'c1bf',
  'e080af',
  'f08080af',
  'eda080',
  'edbfbf',
  'f4908080',
  'f8888080',
  'c328',
  'e228a1',
];

/** JSON with the mark `@@` in it, with bytes in the mark's place. */
function withBytes(json: string, bytes: Buffer): Buffer {
  const [before = '', after = ''] = json.split('@@');
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
}

const notUtf8 = (c: Context): Buffer => Buffer.from(c.random.pick(NOT_UTF8), 'hex');
const surrogate = (c: Context): string =>
  c.random.pick(['\\ud800', '\\uDBFF', '\\udc00', '\\uDFFF', '\\ud800\\ud800', '\\udc00\\ud800', '\\ud83dx\\ude00', '\\ud83d\\u0041']);

/** A good line with a field whose text, as JSON, holds something raw. */
const raw = (c: Context, field: string, text: string): string =>
  edited(c, (json) => `${json.slice(0, -1)},"${field}":"a${text}b"}`, {
    [field]: undefined,
    ...(field === 'object' ? { action: 'view' } : {}),
  });

const inList = (c: Context, field: string, value: unknown): string => line(c, { [field]: c.random.shuffle(['a', 'b', value]) });
const json =
  (edit: (text: string, c: Context) => string): Make =>
  (c) =>
    edited(c, (text) => edit(text, c));
const append =
  (field: string) =>
  (c: Context): string =>
    edited(c, (text) => `${text.slice(0, -1)},${field}}`, { params: undefined });

/** Lines to be rejected: each rule of spec §2 broken at its edge, each kind by name. */
export const badKinds: Readonly<Record<string, Make>> = {
  // ---- text
  ...Object.fromEntries(
    Object.entries(LIMITS).flatMap(([field, max]): [string, Make][] => {
      const view = field === 'object' ? { action: 'view' } : {};
      return [
        [`${field} one too long`, (c) => line(c, { ...view, [field]: c.text(max + 1) })],
        [`${field} with a lone surrogate`, (c) => raw(c, field, surrogate(c))],
        [`${field} with NUL`, (c) => raw(c, field, '\\u0000')],
      ];
    }),
  ),
  ...Object.fromEntries(
    FIELDS.map((field): [string, Make] => [
      `${field} of a wrong type`,
      (c) => line(c, { [field]: c.random.pick([null, true, false, [], ['x'], {}, { x: 1 }, ...(field === 'time' ? [] : [0, 1, -1.5])]) }),
    ]),
  ),
  'site missing': (c) => line(c, { site: undefined }),
  'site empty': (c) => line(c, { site: '' }),
  'site one too long': (c) => line(c, { site: 's'.repeat(65) }),
  'site of a wrong character': (c) =>
    line(c, { site: c.random.pick(['a b', 'a/b', 'ä', 'shop\n', '\nshop', 'shop ', 'a:b', '😀', 'shop\u0000', 'a,b', 'a*']) }),
  'action unknown': (c) => line(c, { action: c.random.pick(['', 'View', 'VIEW', 'click', 'view ', 'views', '__proto__', 'constructor']) }),
  'object missing': (c) => line(c, { object: undefined, action: c.random.pick(['view', 'download', undefined]) }),
  'object empty': (c) => line(c, { object: '', action: c.random.pick(['view', 'download', undefined]) }),
  'type empty': (c) => line(c, { type: '' }),
  nobody: (c) =>
    line(c, {
      visitor: c.random.pick(['', undefined]),
      ip: c.random.pick(['', undefined, '-', 'unix:']),
      agent: c.random.pick(['', undefined]),
    }),
  'ip that is none': (c) =>
    line(c, {
      ip: c.random.pick([
        '192.0.2.1,',
        '192.0.2.1, 198.51.100.7',
        '2001:db8::1,',
        '192.0.2.1:',
        'host.example:80',
        '[192.0.2.1',
        '2001:db8',
        'höst',
        'a b',
      ]),
    }),
  // ---- time
  'time missing': (c) => line(c, { time: undefined }),
  'time before 1990': (c) => line(c, { time: EARLIEST - 1 }),
  'time negative': (c) => line(c, { time: -1_456_272_000_000 }),
  'time nought': (c) => line(c, { time: 0 }),
  'time in seconds': (c) => line(c, { time: 1_456_272_000 }),
  'time in the future': (c) => line(c, { time: c.random.pick([4_102_444_800_000, 253_402_300_800_000, 8_640_000_000_000_001]) }),
  'time with a fraction': (c) => line(c, { time: 1_456_272_000_000.5 }),
  'time as text': (c) => line(c, { time: c.random.pick(['1456272000000', '2016-02-24T00:00:00Z', '']) }),
  'time beyond numbers': (c) =>
    edited(c, (text) => `{"time":${c.random.pick(['1e999', '-1e999', '1e400', '9007199254740993'])},${text.slice(1)}`, { time: undefined }),
  // ---- lists
  ...Object.fromEntries(
    ['segments', 'recommendations'].flatMap((field): [string, Make][] => [
      [`${field} of a wrong type`, (c) => line(c, { [field]: c.random.pick([null, 'a', '', 1, true, {}, { 0: 'a', length: 1 }]) })],
      [`${field} one too many`, (c) => line(c, { [field]: Array.from({ length: 65 }, () => 'a') })],
      [`${field} with an empty entry`, (c) => inList(c, field, '')],
      [`${field} with an entry one too long`, (c) => inList(c, field, c.text(129))],
      [`${field} with an entry of a wrong type`, (c) => inList(c, field, c.random.pick([null, 1, true, ['a'], {}]))],
      [
        `${field} with a lone surrogate`,
        (c) => edited(c, (text) => `${text.slice(0, -1)},"${field}":["a","${surrogate(c)}"]}`, { [field]: undefined }),
      ],
      [`${field} with NUL`, (c) => edited(c, (text) => `${text.slice(0, -1)},"${field}":["\\u0000","a"]}`, { [field]: undefined })],
    ]),
  ),
  // ---- JSON
  torn: (c) => edited(c, (text) => c.safe([...text].slice(0, c.random.between(1, [...text].length - 1)).join(''))),
  'torn at its start': json((text) => text.slice(1)),
  'two in a line': json((text, c) => `${text}${c.random.pick(['', ' ', ','])}${text}`),
  'something behind': json((text, c) => `${text}${c.random.pick(['x', ',', '}', ']', ';', 'null', '\u00a0', '\ufeff'])}`),
  'something before': json((text, c) => `${c.random.pick(['x', ',', '[', '\u00a0', '\ufeff', '//', '\v', '\u3000'])}${text}`),
  'trailing comma': json((text) => `${text.slice(0, -1)},}`),
  'no comma': json((text) => text.replace('","', '" "')),
  apostrophes: json((text) => text.replaceAll('"', "'")),
  'keys without quotes': json((text) => text.replace('"site"', 'site')),
  comment: json((text) => text.replace('{', '{/* x */')),
  'white space that is none': json((text, c) => text.replace('{', `{${c.random.pick(['\u00a0', '\ufeff', '\v', '\f', '\u3000'])}`)),
  'raw control character': json((text, c) => text.replace('"shop"', `"sh${c.random.pick(['\t', '\u0000', '\u0001', '\u001f', '\b'])}op"`)),
  'wrong escape': json((text, c) =>
    text.replace('"shop"', `"shop${c.random.pick(['\\x41', '\\u12', '\\u12G4', '\\', "\\'", '\\U0041', '\\0', '\\u{41}'])}"`),
  ),
  'wrong number': json((text, c) =>
    text.replace(
      '{',
      `{"n":${c.random.pick(['01', '+1', '.5', '1.', '0x10', 'NaN', 'Infinity', '-', '1e', '1_000', '- 1', '1e+', '--1', '1.e3'])},`,
    ),
  ),
  'wrong literal': json((text, c) =>
    text.replace('{', `{"n":${c.random.pick(['True', 'nul', 'undefined', 'None', 'TRUE', 'truefalse', ''])},`),
  ),
  'deep and torn': (c) => `{"a":${c.random.pick(['[', '{"a":', '[{"a":'])}`.padEnd(10, '[').repeat(500),
  'not an object': (c) => c.random.pick(['[]', '[{"time":1}]', '"text"', '5', 'null', 'true', '0', '-0', '""', `[${line(c)}]`]),
  'no JSON': (c) =>
    c.random.pick([
      'hello',
      'time=1456272000000 site=shop',
      '192.0.2.1 - - [24/Feb/2016:00:00:00 +0000] "GET / HTTP/1.1" 200 1',
      '<?xml version="1.0"?>',
      'null null',
      '\u0000',
      '{',
      '}',
      '"',
      '\\',
    ]),
  'empty object': () => '{}',
  'only white space': (c) => c.random.pick([' ', '\t', '  \t  ']),
  'not UTF-8 outside of text': (c) =>
    withBytes(
      edited(c, (text) => text.replace('{', '{@@')),
      notUtf8(c),
    ),
  'not UTF-8 in the site': (c) =>
    withBytes(
      edited(c, (text) => text.replace('"shop"', '"shop@@"')),
      notUtf8(c),
    ),
  'UTF-16': (c) =>
    Buffer.from(
      `\ufeff${JSON.stringify({ time: 1_456_272_000_000, site: 'shop', object: c.random.pick(['/', '/ä']), visitor: 'v' })}`,
      'utf16le',
    ),
};

/** Over 64 KiB. Few, or they would be most of the file. */
export const longKinds: Readonly<Record<string, Make>> = {
  'one byte longer than allowed': (c) => lineOfBytes(c, 65_537),
  'much longer than allowed': (c) => lineOfBytes(c, 200_000),
  'longer than allowed, torn': (c) => lineOfBytes(c, 70_000).slice(0, -10),
};

/**
 * Lines to be rejected too, which a reader lets through that decodes with replacement characters, leaves JSON to JSON.parse
 * and looks neither at `params` nor at what has no rule of its own.
 */
export const subtleKinds: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    Object.keys(LIMITS).map((field): [string, Make] => [`${field} not UTF-8`, (c) => withBytes(raw(c, field, '@@'), notUtf8(c))]),
  ),
  'segments not UTF-8': (c) =>
    withBytes(
      edited(c, (text) => `${text.slice(0, -1)},"segments":["a@@"]}`, { segments: undefined }),
      notUtf8(c),
    ),
  'unknown field not UTF-8': (c) => withBytes(append('"unknown":"@@"')(c), notUtf8(c)),
  'unknown key not UTF-8': (c) => withBytes(append('"@@":1')(c), notUtf8(c)),
  '__proto__ key': append('"__proto__":{"time":1}'),
  '__proto__ key with escapes': append(String.raw`"\u005f_proto\u005F_":null`),
  '__proto__ key within an unknown field': append('"unknown":[{"a":{"__proto__":{}}}]'),
  'unknown field with a lone surrogate': (c) => append(`"unknown":{"a":["${surrogate(c)}"]}`)(c),
  'unknown key with a lone surrogate': (c) => append(`"un${surrogate(c)}known":1`)(c),
  'unknown field with NUL': append('"unknown":"\\u0000"'),
  'unknown key with NUL': append('"\\u0000":1'),
  'unknown field with a number beyond numbers': append('"unknown":[[-1e999]]'),
  'params of a wrong type': (c) => line(c, { params: c.random.pick([null, 'a', 1, true, [], ['a']]) }),
  'params one too many': (c) => line(c, { params: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`p${i}`, i])) }),
  'params with a value of a wrong type': (c) => line(c, { params: { a: 1, b: c.random.pick([null, [], {}, { x: 1 }, [1]]) } }),
  'params with a number beyond numbers': append('"params":{"a":1e999}'),
  'params with a lone surrogate': (c) => append(`"params":{"a":"${surrogate(c)}"}`)(c),
  'params with NUL': append('"params":{"a":"\\u0000"}'),
  'params with a __proto__ key': append('"params":{"__proto__":"x"}'),
};
