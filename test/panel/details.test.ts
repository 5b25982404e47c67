/* What opens on a click says what the API says, and does what it offers. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, Locator } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { jobOf } from '../support/resting-service.js';
import { HOSTILE, HOSTILE_LINE, openPanel, panelData, servePanel, type Opened, type Served } from './panel.js';
import { visible } from '../../server/panel/format/text.js';

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

const sheet = (): Locator => panel.page.getByRole('dialog');
const rows = (caption: string): Locator => sheet().getByRole('region', { name: caption }).locator('tbody tr');
const withoutSlash = (path: string): string => path.slice(1);

async function open(hash: string): Promise<void> {
  await panel.goto(hash);
  await sheet().waitFor();
  await expect.poll(() => sheet().locator('.loading').count()).toBe(0);
}

/** The value of a term in the sheet. */
const fact = (term: string): Promise<string | null> =>
  sheet()
    .locator('.facts div', { has: panel.page.locator(`dt:text-is("${term}")`) })
    .first()
    .locator('dd')
    .textContent();

describe('a location', () => {
  test('its packages by calendar, and the list of a day', async () => {
    const { days, packages, records } = await served.ask('locations/oiprocessed');
    await panel.node('oiprocessed').click();
    await sheet().waitFor();
    await expect.poll(() => sheet().locator('[data-day]').count()).toBeGreaterThan(0);
    expect(await fact('Packages')).toBe(String(packages));
    expect(await fact('Beans')).toBe(records.toLocaleString('en-GB'));
    const last = days.at(-1);
    const ofMonth = days.filter((d: { day: string }) => d.day.startsWith(last.day.slice(0, 7)));
    expect(await sheet().locator('[data-day]').count()).toBe(ofMonth.length);
    for (const { day, state } of ofMonth) expect(await sheet().locator(`[data-day="${day}"]`).getAttribute('data-state')).toBe(state);

    await sheet().locator(`[data-day="${last.day}"]`).click();
    await sheet()
      .getByRole('heading', { name: `Packages of ${last.day}` })
      .waitFor();
    await expect.poll(() => rows('Packages of oiprocessed').count()).toBe(last.packages);
    expect(panel.page.url()).toContain(`day=${last.day}`);
    await sheet().getByRole('button', { name: 'Earlier' }).click();
    expect(await sheet().locator('.calendar h3').textContent()).not.toContain('undefined');
  });

  test('weeks and months have calendars of their own', async () => {
    await open('/locations/visweekprocessed?month=2016-02');
    expect(await sheet().locator('[data-day="2016-02-22"]').textContent()).toContain('Week 2016-W08: 1 package');
    await open('/locations/vismonthinjected?month=2016-02');
    expect(await sheet().locator('[data-day="2016-02-01"]').textContent()).toContain('February 2016: 1 package');
  });
});

describe('a processor', () => {
  test('its jobs, one opened: tasks, counters, packages', async () => {
    const { jobs, succeeded } = await served.ask('processors/SessionMerger');
    await open('/processors/SessionMerger');
    expect(await fact('Succeeded')).toBe(String(succeeded));
    expect(await rows(`The last ${jobs.length} jobs of SessionMerger`).count()).toBe(jobs.length);
    const job = await served.ask(`jobs/${jobs[0].id}`);
    await sheet().locator(`[data-job="${job.id}"]`).click();
    await sheet().getByRole('heading', { name: job.id }).waitFor();
    await expect.poll(() => fact('Period')).toBe(job.period.label);
    expect(await sheet().locator('.path').first().textContent()).toBe(job.output);
    expect(await sheet().locator('.paths .path').allTextContents()).toEqual(job.inputs);
  });

  test('a failed job is retried, a running one cancelled, a period run again', async () => {
    const { service } = served;
    const { store } = service.dataset;
    const about = { processor: 'VisitorProcessor', createdAt: Date.now(), startedAt: Date.now(), finishedAt: Date.now() };
    const failed = jobOf(store, await store.next('job'), {
      ...about,
      state: 'failed',
      error: { code: 'TM_ERR_TASK_FAILED', message: HOSTILE },
    });
    await service.put([failed]);
    await open('/processors/VisitorProcessor');
    await expect.poll(() => sheet().locator('.failure').textContent()).toContain(visible(HOSTILE));
    const row = rows('The last').or(sheet().locator('tbody tr', { has: panel.page.locator(`[data-job="${failed.id}"]`) }));
    await row.getByRole('button', { name: /^Retry/ }).click();
    await row.locator('[data-state=scheduled]').waitFor();
    expect(store.job(failed.id)).toMatchObject({ state: 'scheduled', attempt: 2 });

    await service.put([{ ...failed, state: 'running', attempt: 2 }]);
    await row.locator('[data-state=running]').waitFor();
    await row.getByRole('button', { name: /^Cancel/ }).click();
    await row.locator('[data-state=cancelled]').waitFor();
    expect(store.job(failed.id)?.state).toBe('cancelled');
    await service.put([{ ...failed, state: 'succeeded', attempt: 3 }]);

    await sheet().getByLabel('Run a day again').fill('2016-02-28');
    await sheet().getByRole('button', { name: 'Re-run', exact: true }).click();
    await expect.poll(() => service.asked.at(-1)).toEqual({ processor: 'VisitorProcessor', period: '2016-02-28' });
  });

  test('tasks as a timeline, while they are known', async () => {
    const { store } = served.service.dataset;
    const job = jobOf(store, await store.next('job'), { processor: 'OIProcessor', state: 'running', createdAt: Date.now() });
    await served.service.put([job]);
    await open(`/jobs/${job.id}`);
    expect(await sheet().locator('svg.timeline').getAttribute('aria-label')).toBe('Timeline: 1 task on 1 thread in 2 ms');
    expect(await sheet().locator('.timeline rect').count()).toBe(1);
    await served.service.put([{ ...job, state: 'succeeded' }]);
    await expect.poll(() => fact('State')).toBe('succeeded');
  });
});

describe('a package', () => {
  test('its metadata, and its beans page by page', async () => {
    const { items } = await served.ask('locations/oirawdata');
    const { path } = items.find((p: { records: number }) => p.records > 25);
    const found = await served.ask(`packages${path}`);
    await open(`/packages${path}`);
    expect(await sheet().locator('.full-path').textContent()).toBe(path);
    expect(await fact('Beans')).toBe(found.records.toLocaleString('en-GB'));
    expect(await fact('read')).toBe(found.counters.read.toLocaleString('en-GB'));
    expect(await sheet().locator('.paths .path').allTextContents()).toEqual([...found.inputs, ...found.usedBy]);
    const beans = await served.ask(`packages${path}/beans?type=TransferObject&limit=26`);
    const heads = await sheet().getByRole('region', { name: 'Beans of type TransferObject' }).locator('th').allTextContents();
    expect(heads).toEqual(beans.fields.map((f: { name: string }) => f.name));
    const column = heads.indexOf('object') + 1;
    const objects = () => rows('Beans of type TransferObject').locator(`td:nth-child(${column})`).allTextContents();
    expect(await objects()).toEqual(beans.items.slice(0, 25).map((b: { object: string }) => visible(b.object) || '–'));
    await sheet().getByRole('navigation', { name: 'Pages of beans' }).getByRole('button', { name: 'Next' }).click();
    await expect.poll(async () => (await objects())[0]).toBe(visible(beans.items[25].object) || '–');
  });

  test('another type of bean by its address', async () => {
    const { items } = await served.ask('locations/sesprocessed?limit=1');
    await open(`/packages${items[0].path}?type=L3Browser`);
    expect(await sheet().locator('.chip[aria-current=true]').textContent()).toContain('L3Browser');
    expect(await rows('Beans of type L3Browser').count()).toBe(Math.min(25, items[0].beans.L3Browser));
  });

  test('one that is not there says so', async () => {
    await open('/packages/analytics/sesdata/2016/02/28/nothing');
    expect(await sheet().locator('.failure').textContent()).toContain('TM_ERR_PACKAGE_UNKNOWN');
    // The browser itself notes the answer 404.
    panel.troubles.splice(0, panel.troubles.length, ...panel.troubles.filter((t) => !t.includes('404')));
  });

  test('found by its folders', async () => {
    await panel.goto('/packages');
    for (const folder of ['visweekdata', '2016', 'W08', '2016', '02', '28'])
      await panel.page.locator('.folder', { has: panel.page.locator(`.folder-name:text-is("${folder}")`) }).click();
    await panel.page.locator('main .path').first().waitFor();
    const { items } = await served.ask('locations/visweekdata?from=2016-02-28&to=2016-02-28');
    await panel.page.locator('main .path').first().click();
    await sheet().waitFor();
    expect(await sheet().locator('.full-path').textContent()).toBe(items[0].path);
    await panel.page.keyboard.press('Escape');
    await expect.poll(() => panel.page.url()).toMatch(/#\/packages\/analytics\/visweekdata\/2016\/W08\/2016\/02\/28$/);
  });
});

test('the report of an injection', async () => {
  const { items } = await served.ask('injections');
  const report = await served.ask(`injections${items[0].path}`);
  await panel.goto('/injections');
  await panel.page.locator('main tbody a').first().click();
  await sheet().waitFor();
  await expect.poll(() => rows('What became of the rows, by table').count()).toBe(report.tables.length);
  const [first] = report.tables;
  const cells = await rows('What became of the rows, by table').first().locator('td').allTextContents();
  const numbers = [first.before, first.inserted, first.updated, first.removed, first.unchanged, first.after];
  expect(cells.slice(0, 7)).toEqual([first.table, ...numbers.map((n: number) => n.toLocaleString('en-GB'))]);
  expect(withoutSlash(report.path)).toContain('injected');
});

test('the jobs by filters, which stand in the address', async () => {
  await panel.goto('/jobs');
  await panel.page.getByLabel('processor', { exact: true }).selectOption('OIInjection');
  await expect.poll(() => panel.page.url()).toContain('processor=OIInjection');
  const { items } = await served.ask('jobs?processor=OIInjection');
  await expect.poll(() => panel.page.locator('main tbody tr').count()).toBe(items.length);
  await panel.page.getByLabel('state', { exact: true }).selectOption('failed');
  await panel.page.locator('.empty-title').waitFor();
  await panel.page.getByRole('button', { name: 'Clear filters' }).click();
  await expect.poll(() => panel.page.locator('main tbody tr').count()).toBeGreaterThan(items.length);
});

describe('what comes from the web is text', () => {
  test('in beans', async () => {
    const { items } = await served.ask('locations/coloursprocessed?from=2016-02-28&to=2016-02-28');
    await open(`/packages${items[0].path}`);
    const text = visible(HOSTILE.toLowerCase());
    expect(text).toContain('[U+202E]');
    await expect.poll(() => sheet().locator('.value').allTextContents()).toContain(text);
  });

  test('in rejected lines', async () => {
    const { items, byReason } = await served.ask('rejects');
    await panel.goto('/rejects');
    await expect.poll(() => panel.page.locator('main tbody tr').count()).toBe(items.length);
    expect(await panel.page.locator('.raw').allTextContents()).toContain(HOSTILE_LINE);
    for (const [reason, n] of Object.entries(byReason))
      expect(await panel.page.locator('.reason', { hasText: reason }).first().textContent()).toContain(String(n));
  });

  afterEach(async () => {
    expect(await panel.page.title()).toContain('Tidemill');
    expect(await panel.page.locator('img:not([alt=""]), main script').count()).toBe(0);
  });
});
