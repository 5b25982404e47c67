/* Random impressions that meet each other: few sites, sessions, visitors and objects, and times that tie and touch the timeout. */
import fc from 'fast-check';
import type { Bean } from '#engine/bean-batch.js';

export const MINUTE = 60_000;
export const TIMEOUT = 30 * MINUTE;
const START = Date.UTC(2020, 2, 28, 22);

const some = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
/** Names that objects have by themselves too. */
const site = some('shop', 'shop', 'shop', 'blog', 'constructor', '__proto__');
const list = fc.array(some('a', 'b', 'ä', '\u{ffff}', '😀'), { maxLength: 3 });

const time = fc.tuple(fc.nat(12), fc.constantFrom(0, 0, 0, 1, -1)).map(([tens, ms]) => START + tens * 10 * MINUTE + ms);

export const impression: fc.Arbitrary<Bean> = fc
  .record({
    time,
    site,
    action: some('view', 'view', 'view', 'download', 'search'),
    object: some('/', '/a', '/b', '/c', '/d', '/ü'),
    type: some('Page', 'Article', ''),
    name: some('', 'A', 'B', 'ä'),
    term: some('', ' ', 'Big  Shoes', 'big shoes', 'É'),
    session: some('', '', 's'),
    visitor: some('u', 'u', 'v'),
    ip: some('', '1.2.3.4', '::1'),
    agent: some('', 'Agent'),
    referrer: some('', 'http://www.shop.example/x', 'https://search.example/?q=1', 'nonsense', 'http://blog.example'),
    browser: some('', 'Firefox', 'Chrome'),
    os: some('', 'Linux'),
    device: some('', 'desktop'),
    country: some('', 'DE', 'FR'),
    region: some('', 'BY'),
    city: some('', 'Ulm', 'Aix'),
    segments: list,
    recommendations: list,
    params: fc.constantFrom<unknown>(null, { a: 1 }),
    id: fc.constant(''),
  })
  // Only a search may be without an object.
  .chain((i) => (i['action'] === 'search' ? fc.boolean().map((without) => (without ? { ...i, object: '' } : i)) : fc.constant(i)));

/** As they come in: nearly in the order of time, or not at all. */
export const impressions: fc.Arbitrary<Bean[]> = fc
  .tuple(fc.array(impression, { maxLength: 40 }), fc.boolean())
  .map(([all, inOrder]) => (inOrder ? all.toSorted((a, b) => (a['time'] as number) - (b['time'] as number)) : all));

export const params = {
  timeZone: 'Europe/Berlin',
  sessionTimeoutMs: TIMEOUT,
  hosts: { shop: ['shop.example'], blog: ['blog.example', 'shop.example'] },
};
