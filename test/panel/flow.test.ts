/* The flow chart: all of the topology, the states that the API tells, changes as they happen, by mouse and by keyboard. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { jobOf } from '../support/resting-service.js';
import { openPanel, panelData, PHONE, servePanel, type Opened, type Served } from './panel.js';
import type { CaptureStatus } from '#server/supervisor/messages.js';
import type { Job } from '#engine/index.js';

/** Of the browser, where functions given to `evaluate` run. */
declare const getComputedStyle: (element: unknown) => { readonly strokeWidth: string };

let browser: Browser;
let served: Served;
let panel: Opened;
beforeAll(async () => {
  [browser, served] = await Promise.all([startBrowser(), panelData().then((data) => servePanel(data))]);
});
afterAll(async () => {
  await browser.close();
  await served.end();
});
beforeEach(async () => {
  panel = await openPanel(browser, served.url);
});
afterEach(async () => {
  expect(panel.troubles).toEqual([]);
  await panel.page.context().close();
});

const stateOf = (name: string) => panel.node(name).getAttribute('data-state');

async function running(processor: string, about: Partial<Job> = {}): Promise<Job> {
  const { store } = served.service.dataset;
  const n = await store.next('job');
  const job = jobOf(store, n, {
    processor,
    state: 'running',
    progress: { done: 1, total: 4 },
    createdAt: Date.now(),
    startedAt: Date.now(),
    ...about,
  });
  await served.service.put([job]);
  return job;
}

const capture = (about: Partial<CaptureStatus> = {}): CaptureStatus => ({
  state: 'OK',
  since: Date.now(),
  port: 7401,
  queue: 3,
  warnSize: 10_000,
  maxSize: 50_000,
  accepted: 1_234_567,
  rejected: 2,
  refused: 0,
  perSecond: 421,
  open: null,
  ...about,
});

test('every location and processor, custom ones too, with sensor, agent and database', async () => {
  const { locations, processors } = await served.ask('status');
  const names = ['Sensor', 'Agent', 'Database', ...[...locations, ...processors].map((x: { name: string }) => x.name)];
  expect(names).toHaveLength(3 + 17 + 15);
  const shown = await panel.page
    .locator('svg.flow [data-node]')
    .evaluateAll((nodes) => nodes.map((n) => n.getAttribute('data-node') ?? ''));
  expect(shown.toSorted()).toEqual(names.toSorted());
  for (const { name, state } of processors) expect([name, await stateOf(name)]).toEqual([name, state]);
  for (const { name, packages } of locations)
    expect(await panel.node(name).textContent()).toContain(packages === 0 ? 'empty' : `${packages} package`);
});

test('a job shows as it runs, fails and recovers', async () => {
  await expect.poll(() => panel.page.locator('[data-connection=live]').count()).toBe(1);
  const job = await running('SessionProcessor');
  await expect.poll(() => stateOf('SessionProcessor')).toBe('running');
  expect(await panel.node('SessionProcessor').textContent()).toContain('running, 25%');
  await expect.poll(() => stateOf('sesprocessed')).toBe('filling');
  expect(await panel.page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('run');

  await served.service.put([
    { ...job, state: 'failed', finishedAt: Date.now(), error: { code: 'TM_ERR_TASK_FAILED', message: 'no <b>luck</b>' } },
  ]);
  await expect.poll(() => stateOf('SessionProcessor')).toBe('failed');
  await expect.poll(() => stateOf('sesprocessed')).toBe('behind');
  expect(await panel.page.locator('.troubles').textContent()).toContain('no <b>luck</b>');
  expect(await panel.page.locator('[data-announcement]').textContent()).toContain('SessionProcessor failed.');

  await panel.page.getByRole('button', { name: /^Retry SessionProcessor/ }).click();
  await expect.poll(() => stateOf('SessionProcessor')).toBe('waiting');
  await served.service.put([{ ...job, state: 'succeeded', attempt: 2, finishedAt: Date.now() }]);
  await expect.poll(() => stateOf('SessionProcessor')).toBe('idle');
  expect(await panel.page.locator('[data-announcement]').textContent()).toContain('SessionProcessor');
  expect(await panel.page.locator('.troubles').count()).toBe(0);
});

test('the sensor: its rate, and that it is overloaded', async () => {
  served.service.told = { capture: capture() };
  served.service.emit({ kind: 'capture', status: capture() });
  await expect.poll(() => stateOf('Sensor')).toBe('OK');
  expect(await panel.node('Sensor').textContent()).toContain('421/s');
  const critical = capture({ state: 'CRITICAL', queue: 50_000, refused: 77 });
  served.service.told = { capture: critical };
  served.service.emit({ kind: 'capture', status: critical });
  await expect.poll(() => stateOf('Sensor')).toBe('CRITICAL');
  expect(await panel.page.locator('[data-announcement]').textContent()).toContain('Sensor: CRITICAL.');

  await panel.node('Sensor').click();
  const sheet = panel.page.getByRole('dialog', { name: 'Sensor' });
  await expect.poll(() => sheet.locator('.chart canvas').count()).toBe(1);
  expect(await sheet.textContent()).toContain('refused with 503');
  expect(await sheet.textContent()).toContain('50,000 of 50,000');
  const full = capture({ state: 'CRITICAL', error: { code: 'TM_ERR_SPOOL', message: 'no space left on device' } });
  served.service.told = { capture: full };
  served.service.emit({ kind: 'capture', status: full });
  await expect.poll(() => sheet.textContent()).toContain('no space left on device');
  expect(await sheet.textContent()).not.toContain('The queue is full');
  served.service.told = { capture: capture() };
  served.service.emit({ kind: 'capture', status: capture() });
});

test('an answer that was on its way when something changed does not undo it, and is asked for again', async () => {
  served.service.told = {};
  await expect.poll(() => panel.page.locator('[data-connection=live]').count()).toBe(1);
  const answers: (() => void)[] = [];
  await panel.page.route('**/api/v1/status', async (route) => {
    const answer = await route.fetch();
    await new Promise<void>((resolve) => answers.push(resolve));
    await route.fulfill({ response: answer });
  });
  const changed = { kind: 'package', change: 'created', path: '/analytics/oirawdata/x', location: 'oirawdata' } as const;
  served.service.emit(changed);
  await expect.poll(() => answers.length).toBe(1);

  served.service.emit({ kind: 'capture', status: capture() });
  served.service.emit(changed);
  await expect.poll(() => stateOf('Sensor')).toBe('OK');
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(2);
  expect(await stateOf('Sensor')).toBe('OK');
  answers[1]?.();
});

describe('by keyboard', () => {
  test('skip link, Enter on a node, Esc back to it', async () => {
    await panel.page.keyboard.press('Tab');
    expect(await panel.page.locator(':focus').textContent()).toBe('Skip to the content');
    await panel.page.keyboard.press('Enter');
    expect(await panel.page.locator('main:focus').count()).toBe(1);
    await panel.node('sesdata').focus();
    await panel.page.keyboard.press('Enter');
    const sheet = panel.page.getByRole('dialog', { name: 'sesdata' });
    await sheet.waitFor();
    expect(await panel.page.locator('h2:focus').textContent()).toBe('sesdata');
    await panel.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    expect(await panel.page.locator(':focus').getAttribute('data-node')).toBe('sesdata');
    expect(panel.page.url()).toMatch(/#\/$/);
  });

  test('focus is to be seen', async () => {
    const widthOf = () =>
      panel
        .node('OIProcessor')
        .locator('.frame')
        .evaluate((frame) => getComputedStyle(frame).strokeWidth);
    const before = await widthOf();
    await panel.node('Agent').focus();
    for (let i = 0; i < 40 && (await panel.page.locator(':focus').getAttribute('data-node')) !== 'OIProcessor'; i++)
      await panel.page.keyboard.press('Tab');
    expect(await widthOf()).not.toBe(before);
  });
});

test('a phone has the same flow as a list', async () => {
  const phone = await openPanel(browser, served.url, { size: PHONE });
  const names = await phone.page.locator('ol.flow-list [data-node]').evaluateAll((nodes) => nodes.map((n) => n.getAttribute('data-node')));
  expect(names).toHaveLength(35);
  expect(names.slice(0, 5)).toEqual(['Sensor', 'Agent', 'oirawdata', 'OIProcessor', 'oiprocessed']);
  expect(names.at(-1)).toBe('Database');
  const job = await running('VisitorMerger');
  await expect.poll(() => phone.node('VisitorMerger').getAttribute('data-state')).toBe('running');
  await served.service.put([{ ...job, state: 'succeeded', finishedAt: Date.now() }]);
  await expect.poll(() => phone.node('VisitorMerger').getAttribute('data-state')).toBe('idle');
  await phone.node('VisitorMerger').click();
  await phone.page.getByRole('dialog', { name: 'VisitorMerger' }).waitFor();
  expect(phone.troubles).toEqual([]);
  await phone.page.context().close();
});

test('the scheduler is paused and goes on', async () => {
  await panel.page.getByRole('button', { name: 'Pause' }).click();
  await panel.page.getByRole('button', { name: 'Resume' }).waitFor();
  expect(served.service.status().scheduler.state).toBe('paused');
  expect(await panel.page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('pause');
  await panel.page.getByRole('button', { name: 'Resume' }).click();
  await panel.page.getByRole('button', { name: 'Pause' }).waitFor();
  expect(served.service.status().scheduler.state).toBe('running');
});
