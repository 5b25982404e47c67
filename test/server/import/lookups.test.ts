/** What is looked up: agents, addresses, keys of visitors; and that nothing is loaded that nobody asks for. */
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentLookup } from '#server/import/agents.js';
import { placeLookup } from '#server/import/places.js';
import { RecentCache } from '#server/import/recent-cache.js';
import { visitorKeys } from '#server/import/visitor-key.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { mmdb } from './mmdb.js';
import { line, parseShard } from './shards.js';

test('impressions that have all fields load no library', () => {
  // What is loaded already, and by which test, is nobody's business in a process of its own.
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(new URL('fixtures/loaded.mjs', import.meta.url))], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({
    accepted: [2, 1],
    before: [],
    error: { code: 'TM_ERR_GEO_DATABASE', data: { path: '/nowhere.mmdb' } },
    after: ['maxmind'],
  });
});

describe('agents', () => {
  const { namesOf, isRobot } = agentLookup();
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0';
  test.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`, 'Chrome', 'Windows', 'desktop'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
      'Safari',
      'Mac OS',
      'desktop',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox', 'Linux', 'desktop'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`, 'Chrome', 'Chromium OS', 'desktop'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Mobile Safari',
      'iOS',
      'mobile',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1',
      'Mobile Safari',
      'iOS',
      'tablet',
    ],
    [`Mozilla/5.0 (Linux; Android 14) ${chrome} Mobile Safari/537.36`, 'Chrome', 'Android', 'mobile'],
    [`Mozilla/5.0 (Linux; Android 13; SM-T530) ${chrome} Safari/537.36`, 'Chrome', 'Android', 'tablet'],
    [
      'Mozilla/5.0 (PlayStation 5 3.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      expect.any(String),
      'PlayStation',
      'console',
    ],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', expect.any(String), '', 'robot'],
    ['', '', '', ''],
  ])('%s', (agent, browser, os, device) => {
    for (let i = 0; i < 2; i++) expect(namesOf(agent)).toEqual({ browser, os, device });
    expect(isRobot(agent)).toBe(device === 'robot');
  });

  test('anything is an agent', () => {
    for (const agent of ['x', 'constructor', '__proto__', '(((((', '/'.repeat(2048), 'Mozilla/5.0 '.repeat(170), '\u0001', 'ü😀']) {
      for (const name of Object.values(namesOf(agent))) expect(typeof name).toBe('string');
    }
  });
});

describe('places', () => {
  const folder = temporaryFolder();
  const database = (name: string, bytes: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  test.each([
    ['8.8.8.8', 'US'],
    ['2a00:1450:4001:80b::200e', 'IE'],
    ['10.0.0.1', ''],
    ['127.0.0.1', ''],
    ['::1', ''],
  ])('the country of %s', (ip, country) => {
    expect(placeLookup()(ip)).toEqual({ country, region: '', city: '' });
  });

  test.each(['', '-', 'host.example', '8.8.8', '8.8.8.8.8', '8.8.8.8:80', '999.8.8.8', '8.8.8.8 ', ':::', '2a00:1450', '__proto__'])(
    '%j is nowhere',
    (ip) => {
      expect(placeLookup()(ip)).toEqual({ country: '', region: '', city: '' });
    },
  );

  test('a city database of the user, and the country where it knows nothing', () => {
    const placeOf = placeLookup(
      database(
        'city.mmdb',
        mmdb({
          '81.2': {
            country: { iso_code: 'GB' },
            subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }, { iso_code: 'X' }],
            city: { names: { de: 'L', en: 'London' } },
          },
          '81.3': { registered_country: { iso_code: 'DE' }, subdivisions: [{ iso_code: 'HE' }], city: { names: { de: 'Gießen' } } },
          '8.8': { location: { accuracy_radius: 1 } },
        }),
      ),
    );
    expect(placeOf('81.2.69.142')).toEqual({ country: 'GB', region: 'England', city: 'London' });
    expect(placeOf('81.3.0.1')).toEqual({ country: 'DE', region: 'HE', city: '' });
    expect(placeOf('8.8.8.8')).toEqual({ country: 'US', region: '', city: '' });
    expect(placeOf('8.8.4.4')).toEqual({ country: 'US', region: '', city: '' });
    // It has no addresses of six.
    expect(placeOf('5102:4500::')).toEqual({ country: '', region: '', city: '' });
  });

  test('fields are looked up one by one', () => {
    const cityDatabase = database(
      'six.mmdb',
      mmdb({ '81.2': { country: { iso_code: 'GB' }, subdivisions: [{ names: { en: 'England' } }], city: { names: { en: 'London' } } } }, 6),
    );
    const { impressions } = parseShard(
      [line({ ip: '81.2.0.1' }), line({ ip: '81.2.0.1', region: 'Wales' }), line({ ip: '81.2.0.1', country: '', city: 'X' })].join('\n'),
      { cityDatabase },
    );
    expect(impressions.map(({ country, region, city }) => [country, region, city])).toEqual([
      ['GB', 'England', 'London'],
      ['GB', 'Wales', 'London'],
      ['', 'England', 'X'],
    ]);
  });

  test('a database that is none', () => {
    for (const bytes of [Buffer.of(), Buffer.from('not a database'), mmdb({ '1.2': {} }).subarray(0, -90)]) {
      expect(() => placeLookup(database('bad.mmdb', bytes))('8.8.8.8')).toThrow(expect.objectContaining({ code: 'TM_ERR_GEO_DATABASE' }));
    }
  });
});

/** The key of two strings. */
function keysOf(secret: string): (ip: string, agent: string) => string {
  const keyOf = visitorKeys(secret);
  // Among other bytes, as in a dictionary.
  const text = (s: string): { bytes: Uint8Array; start: number; end: number } => {
    const bytes = Buffer.from(`<${s}>`);
    return { bytes, start: 1, end: bytes.length - 1 };
  };
  return (ip, agent) => Buffer.from(keyOf(text(ip), text(agent))).toString();
}

test('keys of visitors', () => {
  const keyOf = keysOf('secret');
  const known = keyOf('192.0.2.1', 'Agent');
  expect(known).toBe('h:5cc5d3a38fc1224571c78516efecaac8');
  expect(keyOf('192.0.2.1', 'Agent')).toBe(known);
  expect(keysOf('secret')('192.0.2.1', 'Agent')).toBe(known);
  const others = [
    keyOf('192.0.2.1', ''),
    keyOf('', 'Agent'),
    keyOf('192.0.2.1A', 'gent'),
    keyOf('192.0.2.2', 'Agent'),
    keysOf('Secret')('192.0.2.1', 'Agent'),
    keysOf('')('192.0.2.1', 'Agent'),
  ];
  expect(new Set([known, ...others]).size).toBe(7);
});

test('a key is an HMAC, whatever the secret and however long the texts are', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3000 }).map((t) => t.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(fc.tuple(text, text), { maxLength: 5 }), (secret, pairs) => {
      const keyOf = keysOf(secret);
      for (const [ip, agent] of pairs) {
        const hmac = createHmac('sha256', secret).update(`${ip}\0${agent}`).digest('hex');
        expect(keyOf(ip, agent)).toBe(`h:${hmac.slice(0, 32)}`);
      }
    }),
    { numRuns: 30 },
  );
});

test('a recent cache forgets what was not asked for during a generation', () => {
  const cache = new RecentCache<string>(3);
  const made: string[] = [];
  const get = (key: string): string => cache.get(key, (k) => (made.push(k), k.toUpperCase()));
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a']) expect(get(key)).toBe(key.toUpperCase());
  expect(made).toEqual(['a', 'b', 'c', 'd']);
  for (const key of ['e', 'f', 'a', 'd']) get(key);
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  get('b');
  expect(made.at(-1)).toBe('b');
});
