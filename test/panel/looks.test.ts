/* On a laptop and a phone, light and dark: nothing serious for axe, nothing in the console, nothing beside the page. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { jobOf } from '../support/resting-service.js';
import { accessibilityTroubles, LAPTOP, openPanel, panelData, PHONE, servePanel, type Served } from './panel.js';

let browser: Browser;
let served: Served;
let addresses: string[];
beforeAll(async () => {
  [browser, served] = await Promise.all([startBrowser(), panelData().then((data) => servePanel(data))]);
  const { store } = served.service.dataset;
  const about = { processor: 'SessionMerger', createdAt: Date.now(), startedAt: Date.now(), finishedAt: Date.now() };
  const failed = jobOf(store, await store.next('job'), { ...about, state: 'failed', error: { code: 'TM_ERR_TASK_FAILED', message: 'no' } });
  const running = jobOf(store, await store.next('job'), {
    ...about,
    processor: 'OIProcessor',
    state: 'running',
    progress: { done: 1, total: 3 },
  });
  await served.service.put([failed, running]);
  served.service.told = {
    capture: {
      state: 'WARNING',
      since: 1,
      port: 1,
      queue: 11_000,
      warnSize: 10_000,
      maxSize: 50_000,
      accepted: 9,
      rejected: 1,
      refused: 0,
      perSecond: 3,
      open: null,
    },
  };
  const raw = (await served.ask('locations/oirawdata?limit=1')).items[0].path as string;
  const injection = (await served.ask('injections?limit=1')).items[0].path as string;
  addresses = [
    '/',
    '/jobs',
    '/packages',
    '/packages/analytics/oirawdata/2016/02/28',
    '/injections',
    '/rejects',
    '/sensor',
    '/agent',
    '/database',
    '/locations/oirawdata',
    '/locations/vismonthprocessed',
    '/processors/SessionMerger',
    `/jobs/${running.id}`,
    `/packages${raw}`,
    `/injections${injection}`,
  ];
});
afterAll(async () => {
  await browser.close();
  await served.end();
});

describe.each([
  ['a laptop', LAPTOP],
  ['a phone', PHONE],
] as const)('%s', (_, size) => {
  test.each(['light', 'dark'] as const)('%s', async (scheme) => {
    const { page, troubles, goto } = await openPanel(browser, served.url, { size, scheme });
    for (const address of addresses) {
      await goto(address);
      // Only colours differ in the dark.
      expect(await accessibilityTroubles(page, { contrastOnly: scheme === 'dark' }), address).toEqual([]);
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        `${address}: nothing is wider than the window`,
      ).toBeLessThanOrEqual(0);
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

test('the theme is chosen, and stays', async () => {
  const { page } = await openPanel(browser, served.url, { scheme: 'light' });
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const light = await ground();
  await page.getByRole('button', { name: /^Colours: as the system/ }).click();
  expect(await ground()).toBe(light);
  await page.getByRole('button', { name: /^Colours: light/ }).click();
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.locator('[data-node]').first().waitFor();
  expect(await ground()).toBe(dark);
  await page.context().close();
});

test('motion only for those who bear it', async () => {
  for (const [reducedMotion, animation] of [
    ['reduce', 'none'],
    ['no-preference', 'stream'],
  ] as const) {
    const { page } = await openPanel(browser, served.url, { reducedMotion });
    expect(await page.evaluate('getComputedStyle(document.querySelector(".pipe-run")).animationName')).toBe(animation);
    await page.context().close();
  }
});

test('what is built: less than 150 kB of script, none of it inline, nothing from elsewhere', () => {
  const folder = fileURLToPath(new URL('../../dist/server/panel', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(folder, name)).isFile());
  const scripts = files.filter((name) => name.endsWith('.js'));
  expect(scripts.reduce((bytes, name) => bytes + statSync(path.join(folder, name)).size, 0)).toBeLessThan(150_000);
  const page = readFileSync(path.join(folder, 'index.html'), 'utf8');
  expect(page).not.toMatch(/<style|style=|<script>|https?:|\son\w+=/);
  for (const name of files.filter((f) => f.endsWith('.css')))
    expect(readFileSync(path.join(folder, name), 'utf8')).not.toMatch(/url\(|@import/);
});
