/** The tag on pages of another origin, in Chromium: what it counts, and what it does not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser } from '../../support/browser.js';
import { capturing, spoolLines, type Capturing } from './capturing.js';
import { soon } from '../../support/soon.js';

let browser: Browser;
let site: Server;
/** The attributes of the tag on all pages. */
let attributes = '';
let origin = '';

const TITLE = 'Tea </title> “green”';

beforeAll(async () => {
  browser = await startBrowser();
  site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>${TITLE.replaceAll('<', '&lt;')}</title><script async ${attributes}></script>
      <a id="next" href="/next">next</a> <a id="file" href="/files/prices.pdf?v=2"><b>prices</b></a> ${request.url === '/' ? '' : 'x'}`);
  });
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  site.close();
});

interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[];
}

/** Open a page with the tag. */
async function visit(capture: Capturing, path: string, more = '', headers: Record<string, string> = {}): Promise<Visit> {
  attributes = `src="${capture.url}/tidemill.js" data-site="shop" ${more}`;
  const context = await browser.newContext({ extraHTTPHeaders: headers });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !message.text().includes('favicon') && errors.push(message.text()));
  await page.goto(`${origin}${path}`, { waitUntil: 'load' });
  return { page, context, errors };
}

const lines = async ({ folder }: Capturing, n: number): Promise<Record<string, unknown>[]> => {
  await soon(() => expect(spoolLines(folder, 'oirawdata')).toHaveLength(n));
  return spoolLines(folder, 'oirawdata');
};

test('views, referrers, downloads and searches', async () => {
  const capture = await capturing();
  const { page, context, errors } = await visit(capture, '/start?x=1', `data-type="Article" data-params='{"colour":"red","n":1}'`);
  expect(await lines(capture, 1)).toMatchObject([
    { site: 'shop', object: '/start', type: 'Article', name: TITLE, ip: '127.0.0.1', agent: expect.stringContaining('Chrome') },
  ]);
  expect((await lines(capture, 1))[0]).toMatchObject({ params: { colour: 'red', n: 1 } });
  expect((await lines(capture, 1))[0]).not.toHaveProperty('visitor');
  await page.click('#next');
  expect((await lines(capture, 2))[1]).toMatchObject({ object: '/next', referrer: `${origin}/start?x=1` });
  await page.click('#file b');
  expect((await lines(capture, 4)).slice(2)).toMatchObject([
    { action: 'download', object: '/files/prices.pdf', type: 'Download' },
    { object: '/files/prices.pdf' },
  ]);
  await page.goto(`${origin}/find?q=gr%C3%BCner+Tee`);
  expect((await lines(capture, 5))[4]).toMatchObject({ action: 'search', object: '/find', term: 'grüner Tee' });
  expect(await context.cookies()).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
});

test('what a page reports itself is cut to what the sensor takes', async () => {
  const capture = await capturing();
  const { page, context } = await visit(capture, '/', 'data-manual');
  await page.waitForFunction('window.tidemill && window.tidemill.view');
  await page.evaluate(`tidemill.view({ object: '/own', name: '😀'.repeat(2000) + '\\ud800', params: { a: true } });
    tidemill.search('a\\0b\\ud800'); tidemill.download('/x.zip'); tidemill.push(['send', { action: 'view', object: '/pushed' }])`);
  const taken = await lines(capture, 4);
  expect(taken).toMatchObject([
    { object: '/own', name: '😀'.repeat(1024), params: { a: true } },
    { action: 'search', term: 'a\ufffdb\ufffd' },
    { action: 'download', object: '/x.zip' },
    { object: '/pushed' },
  ]);
  expect(capture.status().rejected).toBe(0);
  await context.close();
});

test('a cookie only when it is asked for, and pages that a script shows', async () => {
  const capture = await capturing();
  const { page, context } = await visit(capture, '/', 'data-cookie="tide" data-history');
  await lines(capture, 1);
  await page.evaluate(`history.pushState({}, '', '/shown')`);
  await lines(capture, 2);
  await page.goBack();
  const taken = await lines(capture, 3);
  expect(taken.map((l) => [l['object'], l['referrer']])).toEqual([
    ['/', undefined],
    ['/shown', `${origin}/`],
    ['/', `${origin}/shown`],
  ]);
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: 'tide', value: expect.stringMatching(/^[0-9a-f]{32}$/), sameSite: 'Lax' });
  expect(new Set(taken.map((l) => l['visitor']))).toEqual(new Set([cookie?.value]));
  await context.close();
});

test('nothing from browsers that ask not to be tracked, where the dataset says so', async () => {
  const capture = await capturing({ settings: { sensor: { respectDoNotTrack: true } } });
  const asking = await browser.newContext();
  await asking.addInitScript(`Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })`);
  attributes = `src="${capture.url}/tidemill.js" data-site="shop"`;
  const silent = await asking.newPage();
  await silent.goto(`${origin}/silent`);
  await silent.waitForFunction('window.tidemill && window.tidemill.view');
  await asking.close();
  const { context } = await visit(capture, '/heard');
  expect(await lines(capture, 1)).toMatchObject([{ object: '/heard' }]);
  await context.close();
});
