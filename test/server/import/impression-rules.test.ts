/** Spec §2, line by line: each rule at the edge where it holds and where it is broken. */
import { describe, expect, test } from 'vitest';
import { line, NOW, parseShard, verdictOn } from './shards.js';

const DAY = 86_400_000;
/** A character of four bytes in UTF-8, two units in UTF-16, and one code point. */
const WIDE = '😀';

test('a line with its required fields', () => {
  expect(verdictOn(`{"time":${NOW},"site":"shop","object":"/a","ip":"192.0.2.1"}`)).toEqual({
    time: NOW,
    site: 'shop',
    action: 'view',
    object: '/a',
    type: 'Page',
    name: '',
    term: '',
    session: '',
    visitor: expect.stringMatching(/^h:[0-9a-f]{32}$/),
    ip: '192.0.2.1',
    agent: '',
    referrer: '',
    browser: '',
    os: '',
    device: '',
    country: '',
    region: '',
    city: '',
    segments: [],
    recommendations: [],
    params: null,
    id: '',
  });
});

test('a line with all fields', () => {
  const all = {
    time: NOW,
    site: 'shop.example',
    action: 'search',
    object: '/find',
    type: 'Results',
    name: 'Ergebnisse für „Tee“',
    term: 'grüner Tee',
    session: 's1',
    visitor: 'v1',
    ip: '2001:db8::1',
    agent: 'Mozilla/5.0',
    referrer: 'https://example.org/?a=b',
    browser: 'Firefox',
    os: 'Linux',
    device: 'desktop',
    country: 'DE',
    region: 'Hessen',
    city: 'Gießen',
    segments: ['new', 'tea "lovers"'],
    recommendations: ['r\\1'],
    params: { price: 12.5, currency: 'EUR', member: true, note: 'a\nb' },
    id: 'i1',
  };
  expect(verdictOn(JSON.stringify(all))).toEqual(all);
});

describe('time', () => {
  test.each([
    ['the first of 1990', Date.UTC(1990, 0, 1)],
    ['24 hours ahead', NOW + DAY],
    ['with an exponent', `${NOW / 1000}e3`],
    ['with a fraction of nothing', `${NOW}.0`],
  ])('%s', (_, time) => {
    expect(verdictOn(`{"time":${time},"site":"s","object":"/","visitor":"v"}`)).toMatchObject({ time: Number(time) });
  });

  test.each([
    ['the last ms of 1989', Date.UTC(1990, 0, 1) - 1],
    ['more than 24 hours ahead', NOW + DAY + 1],
    ['a fraction', `${NOW}.5`],
    ['negative', -NOW],
    ['zero', 0],
    ['beyond the safe integers', '9007199254740993'],
    ['sixteen digits', '1000000000000000'],
    ['beyond the doubles', '1e999'],
    ['a string', `"${NOW}"`],
    ['null', 'null'],
    ['a list', `[${NOW}]`],
  ])('%s', (_, time) => {
    expect(verdictOn(`{"time":${time},"site":"s","object":"/","visitor":"v"}`)).toBe('time');
  });

  test('absent', () => {
    expect(verdictOn(line({ time: undefined }))).toBe('time');
  });
});

describe('site', () => {
  test.each(['a', 'Shop-1_x.example', 'x'.repeat(64)])('%s', (site) => {
    expect(verdictOn(line({ site }))).toMatchObject({ site });
  });

  test.each([undefined, '', 'a b', 'é', 'a/b', 'x'.repeat(65), 1, null, ['a'], 'a\n'])('not %j', (site) => {
    expect(verdictOn(line({ site }))).toBe('site');
  });
});

test.each(['view', 'download', 'search'])('action %s', (action) => {
  expect(verdictOn(line({ action }))).toMatchObject({ action });
});
test.each(['', 'View', 'buy', null, 1, true])('not the action %j', (action) => {
  expect(verdictOn(line({ action }))).toBe('action');
});

describe('object', () => {
  test('none is needed for a search', () => {
    expect(verdictOn(line({ action: 'search', object: undefined }))).toMatchObject({ object: '' });
    expect(verdictOn(line({ action: 'search', object: '' }))).toMatchObject({ object: '' });
  });

  test.each([
    ['view', undefined],
    ['view', ''],
    ['download', ''],
  ])('%s needs one', (action, object) => {
    expect(verdictOn(line({ action, object }))).toBe('object');
  });
});

test.each(['', 'x'.repeat(65), null])('not the type %j', (type) => {
  expect(verdictOn(line({ type }))).toBe('type');
});

describe.each([
  ['object', 1024],
  ['type', 64],
  ['name', 1024],
  ['term', 256],
  ['session', 128],
  ['visitor', 128],
  ['ip', 64],
  ['agent', 2048],
  ['referrer', 2048],
  ['browser', 128],
  ['os', 128],
  ['device', 128],
  ['country', 128],
  ['region', 128],
  ['city', 128],
  ['id', 64],
])('%s: up to %d code points', (field, max) => {
  test('as many', () => {
    // An address is a host name at the longest.
    const wide = ['é'.repeat(max), WIDE.repeat(max), `\\${'"'.repeat(max - 1)}`, '\u2028'.repeat(max)];
    for (const text of ['x'.repeat(max), ...(field === 'ip' ? [] : wide)]) {
      expect(verdictOn(line({ [field]: text }))).toMatchObject({ [field]: text });
    }
  });

  test('one more', () => {
    for (const text of ['x'.repeat(max + 1), 'é'.repeat(max + 1), WIDE.repeat(max + 1), '"'.repeat(max + 1)]) {
      expect(verdictOn(line({ [field]: text }))).toBe(field);
    }
  });

  test('must be a clean string', () => {
    for (const value of [null, 1, true, {}, [], ['x'], { x: 'y' }]) expect(verdictOn(line({ [field]: value }))).toBe(field);
    expect(verdictOn(line({ [field]: 'a\0b' }))).toBe(field);
    expect(verdictOn(line({ [field]: 'a\ud83d' }))).toBe(field);
    const odd = verdictOn(line({ [field]: 'a\tb\u007f\u0001' }));
    if (field === 'ip') expect(odd).toBe('ip');
    else expect(odd).toMatchObject({ [field]: 'a\tb\u007f\u0001' });
  });
});

describe.each(['segments', 'recommendations'])('%s', (field) => {
  test.each([
    ['none', []],
    ['64', Array.from({ length: 64 }, (_, i) => `s${i}`)],
    ['long ones', ['x'.repeat(128), WIDE.repeat(128)]],
    ['brackets and quotes', ['[', ']', '"', '],"x":["', '\\', '{}']],
    ['the same twice', ['a', 'a']],
  ])('%s', (_, list) => {
    expect(verdictOn(line({ [field]: list }))).toMatchObject({ [field]: list });
  });

  test.each([
    ['65', Array.from({ length: 65 }, (_, i) => `s${i}`)],
    ['an empty one', ['a', '']],
    ['a long one', ['x'.repeat(129)]],
    ['a number', ['a', 1]],
    ['null in it', [null]],
    ['a list in it', [['a']]],
    ['an object in it', [{ a: 'b' }]],
    ['a string', 'a'],
    ['null', null],
    ['an object', { 0: 'a' }],
    ['a NUL', ['a\0']],
  ])('not %s', (_, list) => {
    expect(verdictOn(line({ [field]: list }))).toBe(field);
  });
});

describe('params', () => {
  test.each([
    ['none', {}],
    ['32', Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`p${i}`, i]))],
    ['of each type', { a: 'x', b: -1.5e-7, c: true, d: false, e: '' }],
    ['braces', { '{': '}', '"': '],"' }],
    ['long text', { a: 'x'.repeat(5000) }],
  ])('%s', (_, params) => {
    expect(verdictOn(line({ params }))).toMatchObject({ params });
  });

  test('are kept as the text that JSON.stringify gives', () => {
    expect(verdictOn(line().replace('}', ', "params": { "b" : 1.0 , "a":"\\u0041", "b": 2e0 } }'))).toMatchObject({
      params: { b: 2, a: 'A' },
    });
  });

  test.each([
    ['33', JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`p${i}`, i])))],
    ['null in it', '{"a":null}'],
    ['nested', '{"a":{}}'],
    ['a list in it', '{"a":[1]}'],
    ['a list', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['beyond the doubles', '{"a":1e999}'],
    ['a NUL', '{"a":"\\u0000"}'],
    ['a lone surrogate', '{"a":"\\udc00"}'],
    ['a lone surrogate as a name', '{"\\udc00":1}'],
    ['__proto__', '{"__proto__":1}'],
    ['__proto__ in disguise', '{"\\u005f_proto__":{"x":1}}'],
  ])('not %s', (_, params) => {
    expect(verdictOn(line().replace('{', `{"params":${params},`))).toBe('params');
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

describe('visitor', () => {
  test('is used as it is, else made of address and agent', () => {
    const key = (fields: object): unknown => (verdictOn(line({ visitor: undefined, ...fields })) as Record<string, unknown>)['visitor'];
    expect(key({ visitor: 'me', ip: '192.0.2.1' })).toBe('me');
    const both = key({ ip: '192.0.2.1', agent: 'A' });
    expect(both).toMatch(/^h:[0-9a-f]{32}$/);
    expect(key({ visitor: '', ip: '192.0.2.1', agent: 'A' })).toBe(both);
    expect(
      new Set([both, key({ ip: '192.0.2.1' }), key({ agent: 'A' }), key({ ip: '192.0.2.1A' }), key({ ip: '192.0.2.2', agent: 'A' })]).size,
    ).toBe(5);
  });

  test('there is something to tell him by', () => {
    for (const visitor of [undefined, '']) expect(verdictOn(line({ visitor, ip: '', agent: '' }))).toBe('visitor');
    expect(verdictOn(line({ visitor: '', session: 's' }))).toBe('visitor');
  });
});

describe('what is no line of ours', () => {
  test.each([
    '[]',
    '1',
    'null',
    '"{}"',
    'true',
    '{',
    '{}x',
    '{"a":1,}',
    "{'a':1}",
    '{"time":01}',
    'hello',
    ' ',
    '\ufeff{}',
    '{"site":"a"',
    `${line()}${line()}`,
    `{"a":"\t"}`,
  ])('%s', (text) => {
    expect(verdictOn(text)).toBe('json');
  });

  test.each([
    ['a key __proto__', '"__proto__":{"site":"x"}'],
    ['a key __proto__ in disguise', '"__pr\\u006fto__":1'],
    ['a key __proto__ further down', '"x":[{"y":{"__proto__":1}}]'],
    ['a NUL', '"x":"\\u0000"'],
    ['a lone surrogate', '"x":["\\ud800"]'],
    ['a lone surrogate as a key', '"\\ud800":1'],
    ['a number beyond the doubles', '"x":1e999'],
    ['the same in a list', '"x":{"y":[-1e999]}'],
    ['nesting without end', `"x":${'['.repeat(30_000)}`],
  ])('%s in a field that is unknown', (_, field) => {
    expect(verdictOn(line().replace('{', `{${field},`))).toBe('json');
  });

  test('deep nesting is harmless', () => {
    expect(verdictOn(line().replace('{', `{"x":${'['.repeat(30_000)}${']'.repeat(30_000)},`))).toMatchObject({ site: 'shop' });
    expect(verdictOn(line().replace('{', `{"segments":${'['.repeat(30_000)}${']'.repeat(30_000)},`))).toBe('segments');
    expect(verdictOn(line().replace('{', `{"params":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)},`))).toBe('params');
  });

  test.each([
    ['in a value', Buffer.from([0xff])],
    ['a surrogate in three bytes', Buffer.from([0xed, 0xa0, 0x80])],
    ['too long a form', Buffer.from([0xc0, 0xaf])],
    ['a cut character', Buffer.from([0xe2, 0x82])],
  ])('not UTF-8: %s', (_, bytes) => {
    const [head, tail] = line({ name: '@' }).split('@') as [string, string];
    const bad = Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
    expect(verdictOn(bad)).toBe('utf8');
    const { counts, rejects } = parseShard(Buffer.concat([Buffer.from(`${line()}\n\n`), bad, Buffer.from(`\n${line()}\n`)]));
    expect(counts).toMatchObject({ lines: 4, read: 3, accepted: 2, rejected: { utf8: 1 } });
    expect(rejects).toMatchObject([{ line: 3, reason: 'utf8' }]);
  });

  test('longer than 64 KiB', () => {
    const padded = (bytes: number): string => {
      const text = line({ x: '' });
      return text.replace('"x":""', `"x":"${'x'.repeat(bytes - text.length)}"`);
    };
    for (const end of ['', '\n', '\r\n']) {
      expect(verdictOn(padded(65_536) + end)).toMatchObject({ site: 'shop' });
      expect(verdictOn(padded(65_537) + end)).toBe('length');
      expect(parseShard(padded(65_537) + end).rejects[0]?.text).toBe(padded(65_537).slice(0, 512));
    }
    expect(verdictOn('x'.repeat(70_000))).toBe('length');
    expect(verdictOn(Buffer.alloc(70_000, 0xff))).toBe('length');
  });
});

test('the first reason in the order of the rules', () => {
  const wrong = {
    time: 0,
    site: '',
    action: '',
    object: '',
    type: '',
    name: 1,
    term: 1,
    session: 1,
    visitor: 1,
    ip: 1,
    agent: 1,
    referrer: 1,
  };
  const more = { segments: 1, recommendations: 1, id: 1, browser: 1, os: 1, device: 1, country: 1, region: 1, city: 1 };
  const fields: Record<string, unknown> = { ...wrong, ...more };
  for (const field of Object.keys({ ...wrong, ...more })) {
    expect(verdictOn(JSON.stringify(fields))).toBe(field);
    fields[field] = { time: NOW, site: 's', action: 'view', object: '/', type: 'T', segments: [], recommendations: [] }[field] ?? '';
  }
  expect(verdictOn(JSON.stringify({ ...fields, params: 1 }))).toBe('visitor');
  expect(verdictOn(JSON.stringify({ ...fields, visitor: 'v', params: 1 }))).toBe('params');
});

test('what is given stands, what is absent is looked up', () => {
  const ip = '8.8.8.8';
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0';
  expect(verdictOn(line({ ip, agent }))).toMatchObject({
    browser: 'Firefox',
    os: 'Windows',
    device: 'desktop',
    country: 'US',
    region: '',
    city: '',
  });
  expect(verdictOn(line({ ip, agent, os: 'Plan 9', device: '', country: 'XX' }))).toMatchObject({
    browser: 'Firefox',
    os: 'Plan 9',
    device: '',
    country: 'XX',
  });
});
