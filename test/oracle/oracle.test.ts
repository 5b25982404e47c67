import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awkwardLines } from '#bench/generate/awkward.js';
import { traffic } from '#bench/generate/traffic.js';
import type { Oracle, OracleOptions, Row } from './oracle.js';
import { differences, oracle } from './oracle.js';

/** The day 2016-02-29 in UTC, at some hour, minute, second and ms. */
const at = (h: number, m = 0, s = 0, ms = 0): number => Date.UTC(2016, 1, 29, h, m, s, ms);
const source = (...lines: (object | string)[]): Buffer =>
  Buffer.from(lines.map((l) => `${typeof l === 'string' ? l : JSON.stringify(l)}\n`).join(''));

async function using<T>(lines: Buffer, options: OracleOptions, use: (o: Oracle) => Promise<T>): Promise<T> {
  const o = await oracle([lines], options);
  try {
    return await use(o);
  } finally {
    o.close();
  }
}

/** The rows of a table without granularity, period and site, their values joined. */
async function rows(o: Oracle, table: string, granularity = 'day'): Promise<string[]> {
  const all = (await o.rows(table)).filter((r) => (r['granularity'] ?? granularity) === granularity);
  return all.map(({ granularity: _g, period: _p, site: _s, ...rest }: Row) => Object.values(rest).join(' '));
}

describe('sums worked out by hand', () => {
  const base = {
    site: 'shop',
    visitor: 'ann',
    ip: '192.0.2.1',
    browser: 'Firefox',
    os: 'Linux',
    device: 'Desktop',
    country: 'DE',
    region: '',
    city: 'Köln',
  };
  const lines = source(
    // One session of four views and a search, out of order; its first impression is the third line.
    { ...base, session: 's1', time: at(10, 0, 30), object: '/b', type: 'Product', name: 'B' },
    { ...base, session: 's1', time: at(10, 0, 40), object: '/b', type: 'Product', name: 'B', segments: ['x', 'x'] },
    { ...base, session: 's1', time: at(10), object: '/', name: 'Home', referrer: 'https://WWW.Example.COM:8443/?q', segments: ['y'] },
    { ...base, session: 's1', time: at(10, 1), object: '/', browser: 'Chrome', city: 'Bonn', recommendations: ['r'] },
    { ...base, session: 's1', time: at(10, 2), action: 'search', object: '/search', term: '\u00a0Oak \t CHAIR ' },
    // By visitor: a gap of the timeout does not cut, one ms more does.
    { ...base, visitor: 'bob', time: at(11), object: '/a', id: 'once' },
    { ...base, visitor: 'bob', time: at(11, 30), object: '/b', referrer: 'https://shop.example/a' },
    {
      ...base,
      visitor: 'bob',
      time: at(12, 0, 0, 1),
      object: '/a.pdf',
      action: 'download',
      type: 'Download',
      referrer: 'http://user@Shop.Example:80/',
    },
    { ...base, visitor: 'bob', time: at(12, 0, 0, 2), object: '/x', id: 'once' },
    // Somebody without a name; the last instant of the day.
    { ...base, visitor: '', time: at(23, 59, 59, 999), object: '/a', referrer: 'garbage' },
    { ...base, site: 'no/site' },
    '',
    'nonsense',
  );
  const options = { hosts: { shop: ['www.shop.example'] } };
  let o: Oracle;
  beforeAll(async () => {
    o = await oracle([lines], options);
  });
  afterAll(() => o.close());

  test('lines', () => {
    expect(o.tally).toEqual({ read: 12, accepted: 9, duplicate: 1, rejected: { time: 1, json: 1 }, filtered: {} });
  });

  test.for<[table: string, rows: string[]]>([
    ['l3_objecttype', ['Page 5', 'Product 2']],
    ['l3_object', ['Page / 2', 'Page /a 2', 'Page /b 1', 'Product /b 2']],
    ['l3_download', ['Download /a.pdf 1']],
    ['l3_internalsearch', ['oak chair 1']],
    ['l3_session', [`4 9 2 ${120_000 + 1_800_000}`]],
    ['l3_browser', ['Firefox 4 9']],
    ['l3_sessionentry', ['/ 1 0', '/a 2 1']],
    ['l3_sessionexit', ['/ 1', '/a 1', '/b 1']],
    ['l3_clickstream', ['/ /b 1', '/a /b 1', '/b / 1']],
    ['l3_referrer', ['(direct) 1 2', '(internal) 1 1', '(other) 1 1', 'example.com 1 5']],
    ['l3_ip', ['192.0.2.1 4 9']],
    ['l3_sessionhour', ['10 1 5', '11 1 2', '12 1 1', '23 1 1']],
    ['l3_sessionduration', ['0 2', '60 1', '1800 1']],
    ['l3_visitor', ['3 4 9']],
    ['l3_city', ['DE  Köln 3 4 9']],
    ['l3_segment', ['x 1 1 5', 'y 1 1 5']],
    ['l3_recommendation', ['r 1 1 5']],
    [
      'l2_object',
      [
        `/ Page Home ${at(10)} ${at(10, 1)}`,
        `/a Page  ${at(11)} ${at(23, 59, 59, 999)}`,
        `/a.pdf Download  ${at(12, 0, 0, 1)} ${at(12, 0, 0, 1)}`,
        `/b Page B ${at(10, 0, 30)} ${at(11, 30)}`,
        `/search Page  ${at(10, 2)} ${at(10, 2)}`,
      ],
    ],
  ])('%s', async ([table, expected]) => {
    expect(await rows(o, table)).toEqual(expected);
  });

  test('periods begin on Mondays and on the first', async () => {
    const periods = (await o.rows('l3_visitor')).map((r) => `${String(r['granularity'])} ${String(r['period'])}`);
    expect(periods).toEqual(['day 2016-02-29', 'month 2016-02-01', 'week 2016-02-29']);
  });

  test('elsewhere the day ends earlier and hours are others', async () => {
    await using(lines, { ...options, zone: 'America/New_York' }, async (ny) => {
      expect(await rows(ny, 'l3_sessionhour')).toEqual(['5 1 5', '6 1 2', '7 1 1', '18 1 1']);
    });
    await using(lines, { ...options, zone: 'Asia/Tokyo' }, async (tokyo) => {
      expect((await tokyo.rows('l3_session')).map((r) => r['period'])).toEqual(['2016-02-29', '2016-03-01']);
    });
  });

  test('visitors of a week are counted once', async () => {
    const daily = source(...[0, 1, 2].map((d) => ({ ...base, time: at(12) + d * 86_400_000, object: '/' })));
    await using(daily, {}, async (week) => {
      expect(await rows(week, 'l3_visitor', 'week')).toEqual(['1 3 3']);
      expect(await rows(week, 'l3_visitor', 'month')).toEqual(['1 1 1', '1 2 2']);
    });
  });
});

describe('logs', () => {
  const log = Buffer.from(
    [
      String.raw`192.0.2.1 - - [29/Feb/2016:23:59:59 -0100] "GET http://x.example/a%20b?x=1&q=Oak+%C3%A9#z HTTP/1.1" 200 5 "-" "A \"b\" \\"`,
      '192.0.2.1 - jo doe [29/Feb/2016:12:00:00 +0000] "POST /file.PDF HTTP/1.0" 304 -',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "GET /a.css HTTP/1.1" 200 5 "-" "-"',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "HEAD /a.css HTTP/1.1" 404 5 "-" "-"',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "GET /a.css HTTP/1.1" 404 5 "-" "-" more',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "-" 408 5 "-" "-"',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "cut off',
      '192.0.2.1 - - [30/Feb/2016:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +1500] "GET / HTTP/1.1" 200 5 "-" "-"',
      '192.0.2.1, 198.51.100.7 - - [29/Feb/2016:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
      '192.0.2.1 - - [29/Feb/2016:12:00:00 +0000] "GET /a b c HTTP/1.1" 200 5 "-" "-"',
    ].join('\n'),
  );

  test('lines', async () => {
    await using(log, { format: 'log', keep: ['bot'], site: 'x' }, async (o) => {
      expect(o.tally).toEqual({
        read: 11,
        accepted: 3,
        duplicate: 0,
        rejected: { format: 1, time: 2, ip: 1 },
        filtered: { static: 1, method: 1, status: 1, request: 1 },
      });
      expect(o.tables).not.toContain('l3_browser');
      expect((await o.rows('l2_object')).map((r) => `${String(r['object'])} ${String(r['type'])}`)).toEqual([
        '/a b c Page',
        '/a%20b Page',
        '/file.PDF Download',
      ]);
      expect(await rows(o, 'l3_internalsearch')).toEqual(['oak é 1']);
      expect((await o.rows('l3_internalsearch'))[0]?.['period']).toBe('2016-03-01');
      expect(await rows(o, 'l3_download')).toEqual(['Download /file.PDF 1']);
    });
  });

  test('of virtual hosts', async () => {
    await using(Buffer.from(`shop.example:443 ${log.toString().split('\n')[0]}\n`), { format: 'vhost', keep: ['bot'] }, async (o) => {
      expect((await o.rows('l2_object'))[0]?.['site']).toBe('shop.example');
    });
  });

  test('robots have to be kept', async () => {
    await expect(oracle([log], { format: 'log' })).rejects.toThrow(/bot/);
  });
});

describe('comparison', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  const file = join(folder, 'lines.ndjson.gz');
  let made = 0;
  beforeAll(() => {
    writeFileSync(file, gzipSync(Buffer.concat([...traffic({ impressions: 2000, days: 2 })].map((c) => c.bytes))));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A database as expected, then changed. */
  async function changed(...statements: string[]): Promise<string> {
    const database = join(folder, `${++made}.duckdb`);
    const o = await oracle([file]);
    await o.write(database);
    o.close();
    const instance = await DuckDBInstance.create(database);
    const sql = await instance.connect();
    for (const s of statements) await sql.run(s);
    sql.closeSync();
    instance.closeSync();
    return database;
  }

  test('equal tables, in whatever order, and a column more of l2_object', async () => {
    const database = await changed(
      'create or replace table l3_object as from l3_object order by random()',
      'alter table l2_object add column more bigint',
    );
    expect(await differences(database, [file])).toEqual([]);
  });

  test('rows that are missing, changed or double', async () => {
    const database = await changed(
      "delete from l3_ip where ip like '1%'",
      'update l3_session set bounces = bounces + 1',
      'insert into l3_segment from l3_segment limit 1',
    );
    const found = (await differences(database, [file])).sort((a, b) => a.table.localeCompare(b.table));
    expect(found).toMatchObject([
      { table: 'l3_ip', unexpected: 0, missingRows: [{ granularity: 'day' }, {}, {}] },
      { table: 'l3_segment', missing: 0, unexpected: 1, missingRows: [], unexpectedRows: [{ segment: expect.any(String) }] },
      { table: 'l3_session', missing: 6, unexpected: 6, missingRows: [{}, {}, {}] },
    ]);
  });

  test('tables and columns that are missing or wrong', async () => {
    const database = await changed(
      'drop table l3_os',
      'alter table l3_sessionhour alter hour type integer',
      'alter table l3_download add column more bigint',
      'alter table l3_city drop column region',
    );
    const found = Object.fromEntries((await differences(database, [file])).map((d) => [d.table, d.problem]));
    expect(Object.keys(found).sort()).toEqual(['l3_city', 'l3_download', 'l3_os', 'l3_sessionhour']);
    expect(found['l3_os']).toMatch(/l3_os/);
    expect(found['l3_sessionhour']).toMatch(/hour INTEGER.*expected.*hour SMALLINT/);
  });
});

test('awkward lines: read = accepted + rejected + duplicate, and sums agree with each other', async () => {
  const all = [...awkwardLines({ lines: 6000 })];
  const made = (verdict: string): number => all.filter((l) => l.verdict === verdict).length;
  await using(Buffer.concat(all.map((l) => l.bytes)), { zone: 'Australia/Lord_Howe' }, async (o) => {
    const rejected = Object.values(o.tally.rejected).reduce((a, b) => a + b, 0);
    expect(o.tally.read).toBe(all.length - made('ignored'));
    expect(rejected).toBe(made('rejected'));
    expect(o.tally.accepted + o.tally.duplicate).toBe(made('accepted'));
    expect(o.tally.duplicate).toBeGreaterThan(10);
    const sum = async (table: string, column: string): Promise<number> =>
      (await o.rows(table)).filter((r) => r['granularity'] === 'day').reduce((total, r) => total + Number(r[column]), 0);
    const sessions = await sum('l3_session', 'sessions');
    for (const t of ['browser', 'os', 'device', 'referrer', 'ip', 'sessionhour', 'sessionduration', 'visitor', 'city'])
      expect(await sum(`l3_${t}`, 'sessions')).toBe(sessions);
    expect(await sum('l3_session', 'impressions')).toBe(o.tally.accepted);
    expect((await sum('l3_object', 'views')) + (await sum('l3_download', 'downloads')) + (await sum('l3_internalsearch', 'searches'))).toBe(
      o.tally.accepted,
    );
  });
});
