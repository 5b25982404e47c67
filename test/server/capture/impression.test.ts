/** What the sensor takes is what the import takes: the same rules, and a line that gives the same impression. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineOf, type Received } from '#server/capture/impression.js';
import { NOW, verdictOn } from '../import/shards.js';

const browser: Received = { now: NOW, ip: '192.0.2.7', agent: 'Agent/1', trusted: false, address: (ip) => ip };
const server: Received = { ...browser, ip: '', agent: '', trusted: true };

/** The impression that the import makes of the sensor's line, or why the sensor refuses it. */
function taken(impression: unknown, received: Received = browser): Record<string, unknown> | string {
  const judged = lineOf(impression, received);
  if ('reason' in judged) return judged.reason;
  expect(judged.line).toMatch(/^[^\n]+\n$/);
  return verdictOn(judged.line);
}

const least = { site: 'shop', object: '/a' };

test('time, address and agent are those of the request', () => {
  const own = { time: 1, ip: '198.51.100.1', agent: 'mine', country: 'XX', city: 'Nowhere', browser: 'Own', device: 7 };
  expect(taken({ ...least, ...own })).toMatchObject({ time: NOW, ip: '192.0.2.7', agent: 'Agent/1', city: '', site: 'shop', object: '/a' });
  expect(taken({ ...least, ...own })).not.toMatchObject({ country: 'XX' });
});

test('a trusted sender gives them itself, and what it does not give is absent', () => {
  const own = {
    time: NOW - 5,
    ip: '198.51.100.1',
    agent: 'mine',
    country: 'XX',
    region: 'R',
    city: 'C',
    browser: 'B',
    os: 'O',
    device: 'D',
  };
  expect(taken({ ...least, ...own }, server)).toMatchObject(own);
  expect(taken({ ...least, visitor: 'v' }, server)).toMatchObject({ time: NOW, ip: '', agent: '', visitor: 'v' });
  expect(taken(least, server)).toBe('visitor');
  expect(taken({ ...least, visitor: 'v', time: '1' }, server)).toBe('time');
  expect(taken({ ...least, visitor: 'v', ip: null }, server)).toBe('ip');
  expect(taken({ ...least, ip: '198.51.100.77' }, { ...server, address: () => '198.51.100.0' })).toMatchObject({ ip: '198.51.100.0' });
  expect(taken({ ...least, ip: 'somewhere' }, { ...server, address: () => '' })).toBe('visitor');
  expect(taken({ ...least, ip: '[2001:DB8:0::1]:443' }, server)).toMatchObject({ ip: '2001:db8::1' });
  expect(taken({ ...least, ip: '::ffff:192.0.2.9' }, server)).toMatchObject({ ip: '192.0.2.9' });
  expect(taken({ ...least, visitor: 'v', ip: '-' }, server)).toMatchObject({ ip: '' });
  for (const ip of ['192.0.2.9, 198.51.100.7', '192.0.2.9,', 'höst', 'a b'])
    expect(taken({ ...least, visitor: 'v', ip }, server)).toBe('ip');
});

test('other fields are counted, and what is in them is not kept', () => {
  const judged = lineOf({ ...least, 'a"b': 'secret', x: { y: ['secret'] } }, browser) as { line: string };
  expect(judged.line).toContain('"a\\"b":null,"x":null');
  expect(judged.line).not.toContain('secret');
  expect(taken({ ...least, x: 1 })).toMatchObject({ object: '/a' });
});

describe('is refused', () => {
  test.each([
    [null, 'json'],
    [[least], 'json'],
    ['x', 'json'],
    [JSON.parse('{"site":"shop","object":"/a","__proto__":{"x":1}}'), 'json'],
    [JSON.parse('{"site":"shop","object":"/a","x":1e999}'), 'json'],
    [{ ...least, x: 'a\0' }, 'json'],
    [{ object: '/a' }, 'site'],
    [{ ...least, site: 'a b' }, 'site'],
    [{ ...least, action: 'buy' }, 'action'],
    [{ site: 'shop' }, 'object'],
    [{ ...least, object: '\ud800' }, 'object'],
    [{ ...least, type: '' }, 'type'],
    [{ ...least, name: 'x'.repeat(1025) }, 'name'],
    [{ ...least, segments: 'a' }, 'segments'],
    [{ ...least, recommendations: [''] }, 'recommendations'],
    [{ ...least, params: { a: { b: 1 } } }, 'params'],
    [JSON.parse('{"site":"shop","object":"/a","params":{"__proto__":1}}'), 'params'],
    [{ ...least, params: { a: 'x'.repeat(70_000) } }, 'length'],
  ])('%#: %j', (impression, reason) => {
    expect(taken(impression)).toBe(reason);
  });

  test('where nothing tells visitors apart', () => {
    expect(taken(least, { ...browser, ip: '', agent: '' })).toBe('visitor');
  });
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'x'.repeat(64), 'x'.repeat(65), '😀'.repeat(64), 'é'.repeat(129), '"\\\n\u2028', 'a\0', '\ud800', 'x'.repeat(1025)),
);
const odd = fc.constantFrom<unknown>(null, 1, true, [], {}, ['a'], { a: 1 }, [''], [1], { a: null }, { a: 'b\0' });
const field = fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: odd });
const names = ['object', 'type', 'name', 'term', 'session', 'visitor', 'ip', 'agent', 'referrer', 'id', 'browser', 'os', 'city', 'strange'];
const impression = fc
  .tuple(
    fc.record({
      site: fc.constantFrom<unknown>('shop', 'shop', 'shop', 'a b', 7),
      object: fc.constantFrom<unknown>('/a', '/a', '', undefined),
      action: fc.constantFrom<unknown>('view', 'download', 'search', 'search', undefined, 'x'),
      time: fc.constantFrom<unknown>(NOW, NOW - 1, NOW + 86_400_000, NOW + 86_400_001, 0, 1.5, '1', undefined),
    }),
    fc.dictionary(fc.constantFrom(...names), field, { maxKeys: 6 }),
    fc.dictionary(
      fc.constantFrom('segments', 'recommendations', 'params'),
      fc.oneof(fc.array(text, { maxLength: 3 }), fc.dictionary(text, fc.oneof(text, fc.double())), odd),
    ),
  )
  .map(([must, some, lists]) => JSON.parse(JSON.stringify({ visitor: 'v', ...must, ...some, ...lists })) as Record<string, unknown>);

test('property: a trusted impression has the import’s verdict, and becomes the same', () => {
  fc.assert(
    fc.property(impression, (i) => {
      expect(taken(i, server)).toEqual(verdictOn(JSON.stringify({ time: NOW, ...i })));
    }),
    { numRuns: 400 },
  );
});
