/* Tokens, and a service that goes away and comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { jobOf } from '../support/resting-service.js';
import { panelData, servePanel } from './panel.js';

let browser: Browser;
let data: string;
beforeAll(async () => {
  [browser, data] = await Promise.all([startBrowser(), panelData()]);
});
afterAll(() => browser.close());

test('a token is asked for, kept for the tab, and followed by live events; one that may only look says so', async () => {
  const served = await servePanel(data, {
    TIDEMILL_API_ADMIN_TOKEN: 'admin-token-0123456789',
    TIDEMILL_API_READ_TOKEN: 'reader-token-0123456789',
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    await page.goto(served.url);
    const prompt = page.getByRole('dialog', { name: 'Token needed' });
    await prompt.waitFor();
    await page.keyboard.press('Escape');
    await prompt.getByLabel('Token').fill('not-the-token-0123456789');
    await prompt.getByRole('button').click();
    await expect.poll(() => prompt.textContent()).toContain('not known');
    await prompt.getByLabel('Token').fill('reader-token-0123456789');
    await prompt.getByRole('button').click();
    await page.locator('[data-node=sesdata]').waitFor();
    await prompt.waitFor({ state: 'detached' });
    await page.locator('[data-connection=live]').waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await page.locator('[data-toast=bad]').textContent()).toContain('role admin');
    expect(served.service.status().scheduler.state).toBe('running');

    const { store } = served.service.dataset;
    await served.service.put([
      jobOf(store, await store.next('job'), { processor: 'OIProcessor', state: 'running', createdAt: Date.now() }),
    ]);
    await page.locator('[data-node=OIProcessor][data-state=running]').waitFor();
    await page.reload();
    await page.locator('[data-node=sesdata]').waitFor();
    expect(await prompt.count()).toBe(0);
    const stored = await page.evaluate('JSON.stringify([localStorage.length, document.cookie, Object.keys(sessionStorage)])');
    expect(JSON.parse(stored as string)).toEqual([0, '', ['tidemill.token']]);
  } finally {
    await context.close();
    await served.end();
  }
});

test('offline when the service is gone, with what was known; live again when it is back', async () => {
  const served = await servePanel(data);
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    await page.goto(served.url);
    await page.locator('[data-connection=live]').waitFor();
    await served.stop();
    await page.locator('[data-connection=offline]').waitFor();
    expect(await page.locator('[data-node]').count()).toBeGreaterThan(30);
    await served.restart();
    await page.locator('[data-connection=live]').waitFor();
    const { store } = served.service.dataset;
    await served.service.put([
      jobOf(store, await store.next('job'), { processor: 'SessionMerger', state: 'running', createdAt: Date.now() }),
    ]);
    await page.locator('[data-node=SessionMerger][data-state=running]').waitFor();
  } finally {
    await context.close();
    await served.end();
  }
});

test('without events it asks now and then, and shows what has changed', async () => {
  const served = await servePanel(data);
  const context = await browser.newContext();
  const page = await context.newPage();
  const statuses: number[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/api/v1/status')) statuses.push(response.status());
  });
  try {
    await page.route('**/api/v1/events', (route) => route.abort());
    await page.goto(served.url);
    await page.locator('[data-connection=polling]').waitFor();
    await expect.poll(() => statuses.length).toBeGreaterThan(1);
    const { store } = served.service.dataset;
    await served.service.put([
      jobOf(store, await store.next('job'), { processor: 'VisitorMerger', state: 'running', createdAt: Date.now() }),
    ]);
    await page.locator('[data-node=VisitorMerger][data-state=running]').waitFor();
    expect(statuses.every((s) => s === 200 || s === 304)).toBe(true);
  } finally {
    await context.close();
    await served.end();
  }
});
