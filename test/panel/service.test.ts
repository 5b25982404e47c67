/* The panel of `tidemill serve` as it runs: what the sensor takes is seen on its way to the database. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import type { ChildProcess } from 'node:child_process';
import { startBrowser } from '../support/browser.js';
import { prepareDataset } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTidemill } from '../support/tidemill.js';
import { HOSTILE, openPanel } from './panel.js';

let browser: Browser;
let service: ChildProcess;
let urls: { readonly api: string; readonly sensor: string };

beforeAll(async () => {
  const data = temporaryFolder();
  prepareDataset(data, { zone: 'Europe/Berlin', settings: { sensor: { thresholdTime: '1s' }, scheduler: { liveSums: true } } });
  service = startTidemill(['serve', '--data', data, '--api-port', '0', '--sensor-port', '0', '--workers', '1']);
  service.stderr?.resume();
  for await (const said of createInterface({ input: service.stdout ?? process.stdin })) {
    const [, api, sensor] = /API on (\S+), sensor on (\S+)/.exec(said) ?? [];
    if (api === undefined || sensor === undefined) continue;
    urls = { api, sensor };
    break;
  }
  service.stdout?.resume();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  const ended = once(service, 'close');
  service.kill('SIGTERM');
  await ended;
});

test('from the sensor to the injections, without loading the page again', async () => {
  const { page, troubles, node } = await openPanel(browser, urls.api);
  await page.locator('[data-connection=live]').waitFor();
  expect(await page.locator('.welcome').textContent()).toContain('tidemill.js');
  await expect.poll(() => node('Sensor').getAttribute('data-state')).toBe('OK');
  expect(await node('oirawdata').getAttribute('data-state')).toBe('empty');

  const impressions = Array.from({ length: 40 }, (_, i) => ({
    site: 'shop',
    object: i === 0 ? HOSTILE.slice(0, -1) : `/p/${i % 7}`,
    visitor: `v${i % 5}`,
  }));
  const response = await fetch(`${urls.sensor}/sensor`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(impressions),
  });
  expect(response.ok).toBe(true);

  await expect.poll(() => node('oirawdata').getAttribute('data-state')).not.toBe('empty');
  await expect.poll(() => node('OIInjection').textContent()).toContain('up to date');
  await expect.poll(() => node('oiinjected').textContent()).toContain('1 package');
  expect(await page.locator('.welcome').count()).toBe(0);

  await node('OIProcessor').click();
  const sheet = page.getByRole('dialog', { name: 'OIProcessor' });
  await sheet.locator('[data-job]').first().click();
  await page.locator('svg.timeline .task').first().waitFor();
  await page.keyboard.press('Escape');
  await node('Sensor').click();
  await expect.poll(() => page.getByRole('dialog', { name: 'Sensor' }).textContent()).toContain('Accepted40');
  expect(troubles).toEqual([]);
  await page.context().close();
});
