/* A dataset at work: raw traffic comes, days end, and the sums are as if all had been there at first. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { formatPeriod, type Job } from '#engine/index.js';
import type { Dataset } from '#server/dataset.js';
import type { ServiceEvent } from '#server/service/contract.js';
import { databaseOf, line, linesOf, prepareDataset, trafficBytes } from '../../support/dataset.js';
import { canFill, fillDisk, fillStore } from '../../support/full-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ManualClock, serving, spooled, type Served } from '../../support/service.js';
import { tidemillJson } from '../../support/tidemill.js';
import { differences } from '../../oracle/oracle.js';
import { soon } from '../../support/soon.js';

const DAY_MS = 86_400_000;

function dataset(settings: object = {}, zone = 'UTC'): string {
  const data = temporaryFolder();
  prepareDataset(data, { settings, zone });
  return data;
}

/** `processor period` of the jobs that came to a state, in the order of their ends. */
const jobsOf = (events: readonly ServiceEvent[], state: string): string[] =>
  events.flatMap((e) => (e.kind === 'job' && e.job.state === state ? [`${e.job.processor} ${formatPeriod(e.job.period)}`] : []));

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

test('days that end at local midnight, late data, and the week and the month: the oracle finds no difference', async () => {
  const zone = 'America/New_York';
  const data = dataset({}, zone);
  const lines = linesOf(trafficBytes({ impressions: 900, days: 2, start: '2016-02-28', seed: 41 }));
  const timeOf = (l: Buffer): number => (JSON.parse(l.toString()) as { time: number }).time;
  const isLate = (_: Buffer, i: number): boolean => i % 9 === 0;
  const dayOf = (l: Buffer): string => new Date(timeOf(l) - 5 * 3_600_000).toISOString().slice(0, 10);
  const days = [...new Set(lines.map(dayOf))].sort();
  const clock = new ManualClock(Date.parse(`${days[0]}T17:00:00Z`));
  await serving(data, clock, async ({ events, settled }) => {
    let n = 0;
    for (const day of days) {
      clock.set(Date.parse(`${day}T17:00:00Z`));
      const own = lines.filter((l, i) => dayOf(l) === day && !isLate(l, i));
      for (let i = 0; i < own.length; i += 200) spooled(data, 'oirawdata', day, ++n, Buffer.concat(own.slice(i, i + 200)));
      await settled();
      expect(jobsOf(events, 'succeeded').filter((u) => u.endsWith(day) && !u.startsWith('OIProcessor'))).toEqual([]);
      // The day ends; the sessions' package is closed a moment later, and is waited for.
      const ses = spooled(data, 'sesrawdata', day, ++n, Buffer.concat(own));
      clock.set(Date.parse(`${day}T05:00:00Z`) + DAY_MS);
      await settled();
      expect(existsSync(path.join(data, 'analytics/spool', ses))).toBe(false);
      expect(jobsOf(events, 'succeeded').filter((u) => u === `SessionInjection ${day}` || u === `OIInjection ${day}`)).toHaveLength(2);
    }
    const before = jobsOf(events, 'succeeded').length;
    const late = Buffer.concat(lines.filter(isLate));
    spooled(data, 'oirawdata', days[0]!, ++n, late);
    spooled(data, 'sesrawdata', days[0]!, ++n, late);
    await settled();
    const again = jobsOf(events, 'succeeded').slice(before);
    expect(again).toEqual(expect.arrayContaining(days.map((day) => `SessionInjection ${day}`)));
    clock.set(Date.parse('2016-04-02T12:00:00Z'));
    await settled();
    expect(jobsOf(events, 'succeeded')).toEqual(expect.arrayContaining(['VisitorMonthInjection 2016-02', 'VisitorWeekInjection 2016-W08']));
    expect(jobsOf(events, 'failed')).toEqual([]);
  });
  const all = path.join(data, 'all.jsonl');
  writeFileSync(all, Buffer.concat(lines));
  expect(await differences(databaseOf(data), [all], { zone })).toEqual([]);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

const DAY = '2026-03-02';
const START = Date.parse(`${DAY}T00:00:00Z`);
const AFTER = START + DAY_MS + 1000;

/** One day with two visitors, moved and processed. */
async function oneDay(data: string, { settled }: Served): Promise<void> {
  const lines = `${line(START + 1000)}${line(START + 2000, { visitor: 'bob', object: '/b' })}`;
  spooled(data, 'oirawdata', DAY, 1, lines);
  spooled(data, 'sesrawdata', DAY, 2, lines);
  await settled();
}

test('open periods are processed too where the settings say so', async () => {
  const data = dataset({ scheduler: { liveSums: true } });
  await serving(data, new ManualClock(START + 5000), async (served) => {
    await oneDay(data, served);
    expect(jobsOf(served.events, 'succeeded')).toHaveLength(13);
  });
});

test('a pause outlives the process, and is ended by hand', async () => {
  const data = dataset();
  const clock = new ManualClock(AFTER);
  await serving(data, clock, async (served) => {
    served.service.pause();
    await oneDay(data, served);
    expect(served.service.status().scheduler).toMatchObject({ state: 'paused', ready: 2, running: 0 });
  });
  await serving(data, clock, async ({ service, settled, events }) => {
    await settled();
    expect(service.status().scheduler).toMatchObject({ state: 'paused', ready: 2 });
    expect(jobsOf(events, 'running')).toEqual([]);
    service.resume();
    await settled();
    expect(service.status().scheduler).toEqual({ state: 'running', ready: 0, waiting: 2, running: 0 });
    expect(jobsOf(events, 'succeeded')).toHaveLength(9);
    expect(events.filter((e) => e.kind === 'scheduler').map((e) => e.status.state)).toContain('running');
  });
});

test('run again: a package, a period, a processor; and what cannot be', async () => {
  const data = dataset();
  await serving(data, new ManualClock(AFTER), async (served) => {
    const { service, settled, events } = served;
    await oneDay(data, served);
    const { store } = service.dataset;
    const [raw] = store.packages('oirawdata');
    const before = jobsOf(events, 'succeeded').length;
    for (const location of ['oirawdata', 'oiprocessed']) {
      const at = store.packages(location)[0]!.path.slice(1);
      const [job] = await service.rerun({ processor: 'OIProcessor', package: at });
      expect(job).toMatchObject({ processor: 'OIProcessor', state: 'scheduled', inputs: [raw!.path] });
      await settled();
      expect(store.job(job!.id)).toMatchObject({ state: 'succeeded', attempt: 1 });
      expect(service.tasks(job!.id)).toEqual([expect.objectContaining({ label: 'OIProcessor runWhole', attempt: 1 })]);
    }
    expect(jobsOf(events, 'succeeded').slice(before)).toEqual(
      ['OIProcessor', 'OIInjection', 'OIProcessor', 'OIInjection'].map((p) => `${p} ${DAY}`),
    );
    expect(store.packages('oiprocessed')).toHaveLength(1);
    const [merged] = await service.rerun({ processor: 'SessionMerger', period: '2026-03' });
    expect(merged).toMatchObject({ processor: 'SessionMerger' });
    await settled();
    expect(jobsOf(events, 'succeeded').slice(before + 4)).toHaveLength(7);

    expect(await code(service.rerun({ processor: 'Nobody' }))).toBe('TM_ERR_PROCESSOR_UNKNOWN');
    expect(await code(service.rerun({ processor: 'OIProcessor', period: '2026-W60' }))).toBe('TM_ERR_PERIOD');
    expect(await code(service.rerun({ processor: 'OIProcessor', period: '2026-02-30' }))).toBe('TM_ERR_PERIOD');
    expect(await code(service.rerun({ processor: 'OIProcessor', period: '2026-03-03' }))).toBe('TM_ERR_NOTHING_TO_RERUN');
    expect(await code(service.rerun({ processor: 'OIProcessor', package: '/analytics/oirawdata/x' }))).toBe('TM_ERR_PACKAGE_UNKNOWN');
    expect(await code(service.retry('job_0'))).toBe('TM_ERR_JOB_UNKNOWN');
    expect(await service.cancel('job_0')).toBe('unknown');
    expect(await service.cancel(merged!.id)).toBe('not_running');
  });
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

test('a job that waits for its turn is called off; retried, it runs', async () => {
  const data = dataset();
  await serving(data, new ManualClock(AFTER), async (served) => {
    const { service, settled, events } = served;
    await oneDay(data, served);
    service.pause();
    const [job] = await service.rerun({ processor: 'SessionMerger', period: DAY });
    expect(await code(service.retry(job!.id))).toBe('TM_ERR_JOB_NOT_ENDED');
    expect(service.jobs.active()).toEqual([job]);
    expect(await service.cancel(job!.id)).toBe('cancelled');
    expect(service.jobs.active()).toEqual([]);
    service.resume();
    await settled();
    expect(service.dataset.store.job(job!.id)).toMatchObject({ state: 'cancelled' });
    const before = jobsOf(events, 'succeeded').length;
    expect(await service.retry(job!.id)).toMatchObject({ id: job!.id, state: 'scheduled', attempt: 2 });
    await settled();
    expect(jobsOf(events, 'succeeded').slice(before)).toContain(`SessionMerger ${DAY}`);
    expect(service.dataset.store.job(job!.id)).toMatchObject({ state: 'succeeded', attempt: 2 });
  });
});

/** Open a DuckDB file in another process; the function that is returned ends it. */
async function held(file: string): Promise<() => Promise<unknown>> {
  const holds = `require('@duckdb/node-api').DuckDBInstance.create(process.argv[1]).then(() => { console.log('open'); setInterval(() => 0, 1000); })`;
  const holder = spawn(process.execPath, ['-e', holds, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  return () => {
    holder.kill('SIGKILL');
    return gone;
  };
}

test.skipIf(!canFill)('a disk that is full: jobs and the spool wait for room, and go on by themselves 3 s after it is there', async () => {
  const data = dataset();
  const clock = new ManualClock(AFTER);
  await serving(data, clock, async (served) => {
    const { service, settled, events } = served;
    service.pause();
    await oneDay(data, served);
    const disk = fillDisk(path.join(data, 'analytics/store'));
    await fillStore(service.dataset.store);
    service.resume();
    const late = line(START + 3000, { visitor: 'late' });
    spooled(data, 'oirawdata', DAY, 3, late);
    spooled(data, 'sesrawdata', DAY, 4, late);
    service.spoolClosed();
    const isFull = { state: 'failed', error: { code: 'TM_ERR_DISK_FULL' } };
    await soon(() => expect(service.status()).toMatchObject({ scheduler: isFull, agent: isFull }));
    clock.pass(3000);
    expect(jobsOf(events, 'succeeded')).toEqual([]);
    disk.free();
    await soon(() => {
      clock.pass(3000);
      expect(service.status()).toMatchObject({ scheduler: { state: 'running' }, agent: { packagesMoved: 4 } });
    });
    await settled();
    expect(jobsOf(events, 'succeeded')).toEqual(expect.arrayContaining([`OIInjection ${DAY}`, `SessionInjection ${DAY}`]));
    expect(jobsOf(events, 'failed')).toEqual([]);
  });
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

/** Hold commits that take a job to a state until `goOn`, as on a slow disk. */
function slowed({ store }: Dataset, state: Job['state']) {
  let goOn: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const commit = store.commit.bind(store);
  const waiting: Job[] = [];
  store.commit = async (change) => {
    const [job] = change.jobs ?? [];
    if (job?.state === state) {
      waiting.push(job);
      await slow;
    }
    return commit(change);
  };
  return { waiting, goOn };
}

test('a database that somebody else has open: injections fail, and go on by themselves when it is free', async () => {
  const data = dataset();
  const clock = new ManualClock(AFTER);
  const other = path.join(temporaryFolder(), 'other.duckdb');
  const gone = await held(other);
  try {
    await serving(
      data,
      clock,
      async (served) => {
        const { service, settled } = served;
        await oneDay(data, served);
        await soon(() =>
          expect(service.status().database).toMatchObject({ kind: 'duckdb', state: 'failed', error: { code: 'TM_ERR_DATABASE_LOCKED' } }),
        );
        const failed = (): number => service.dataset.store.jobs().filter((j) => j.state === 'failed').length;
        expect(failed()).toBe(3);
        clock.pass(15_000);
        await settled();
        expect(failed()).toBe(3);
        await gone();
        await soon(async () => {
          clock.pass(15_000);
          await settled();
          expect(failed()).toBe(0);
        });
        expect(service.status().database).toMatchObject({ state: 'ok' });
      },
      { database: other },
    );
  } finally {
    await gone();
  }
});

test('an injection whose end is stored only when the database is back goes on too', async () => {
  const data = dataset();
  const other = path.join(temporaryFolder(), 'other.duckdb');
  const clock = new ManualClock(AFTER);
  const gone = await held(other);
  try {
    await serving(
      data,
      clock,
      async (served) => {
        const { service, settled } = served;
        const { store } = service.dataset;
        const { waiting, goOn } = slowed(service.dataset, 'failed');
        for (const [i, location] of ['oirawdata', 'sesrawdata'].entries()) spooled(data, location, DAY, i + 1, line(START));
        service.spoolClosed();
        await soon(() => expect(waiting).toHaveLength(3));
        await gone();
        await soon(() => {
          clock.pass(15_000);
          expect(service.status().database.state).toBe('ok');
        });
        goOn();
        await settled();
        await soon(() => expect(store.jobs().filter((j) => j.state !== 'succeeded')).toEqual([]));
      },
      { database: other },
    );
  } finally {
    await gone();
  }
});

/** A processor of a package that fails while there is a file `broken`, and does not end before there is a file `gate`. */
function gated(data: string): { readonly broken: string; readonly gate: string } {
  const [broken, gate] = [path.join(data, 'broken'), path.join(data, 'gate')];
  writeFileSync(
    path.join(data, 'analytics/gated.mjs'),
    `import { existsSync, writeFileSync } from 'node:fs';
     const nap = new Int32Array(new SharedArrayBuffer(4));
     export default ({ bean }) => ({
       locations: [{ name: 'gateddata', layout: 'day-time', holds: [bean('Gated', { site: 'string' })] }],
       processors: [{ name: 'Gated', kind: 'map', input: 'oirawdata', output: 'gateddata', covers: 'package', work: { map() {
         if (existsSync(${JSON.stringify(broken)})) throw new Error('broken');
         writeFileSync(${JSON.stringify(`${gate}.started`)}, '');
         while (!existsSync(${JSON.stringify(gate)})) Atomics.wait(nap, 0, 0, 5);
         return [];
       } } }],
     });`,
  );
  return { broken, gate };
}

test('a job that fails waits until it is retried; one that is cancelled while it runs stays so over a restart', async () => {
  const data = dataset({ processors: ['./gated.mjs'] });
  const { broken, gate } = gated(data);
  const clock = new ManualClock(START + 5000);
  writeFileSync(broken, '');
  let id = '';
  await serving(
    data,
    clock,
    async ({ service, settled, log }) => {
      const { store } = service.dataset;
      spooled(data, 'oirawdata', DAY, 1, Array.from({ length: 40 }, (_, i) => line(START + i)).join(''));
      await settled();
      const [failed] = store.jobs().filter((j) => j.processor === 'Gated');
      id = failed!.id;
      expect(failed).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'TM_ERR_TASK_FAILED' } });
      expect(log).toContainEqual(expect.objectContaining({ msg: 'a job failed', job: id }));
      expect(service.tasks(id).every((t) => /^broken \(.*gated\.mjs:\d+:\d+\)$/.test(t.error?.message ?? '') && t.attempt === 1)).toBe(
        true,
      );
      expect(service.tasks(id).length).toBeGreaterThan(0);
      clock.pass(60_000);
      await settled();
      expect(store.job(id)).toMatchObject({ state: 'failed', attempt: 1 });
      rmSync(broken);
      expect(await service.retry(id)).toMatchObject({ id, attempt: 2, state: 'scheduled' });
      await vi.waitUntil(() => existsSync(`${gate}.started`), { timeout: 60_000 });
      expect(service.jobs.active().map((j) => [j.id, j.state])).toEqual([[id, 'running']]);
      expect(await service.cancel(id)).toBe('cancelled');
      expect(store.job(id)).toMatchObject({ state: 'cancelled', attempt: 2, error: { code: 'TM_ERR_JOB_CANCELLED' } });
      await settled();
    },
    { limits: { quarantine: 0 } },
  );
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    expect(service.dataset.store.job(id)).toMatchObject({ state: 'cancelled', attempt: 2 });
    writeFileSync(gate, '');
    await service.retry(id);
    await settled();
    expect(service.dataset.store.job(id)).toMatchObject({ state: 'succeeded', attempt: 3 });
  });
});

test('what is under way when the service closes runs again at the next start', async () => {
  const data = dataset({ processors: ['./gated.mjs'] });
  const { gate } = gated(data);
  const clock = new ManualClock(START + 5000);
  await serving(
    data,
    clock,
    async ({ service }) => {
      spooled(data, 'oirawdata', DAY, 1, line(START));
      service.spoolClosed();
      await vi.waitUntil(() => existsSync(`${gate}.started`), { timeout: 60_000 });
    },
    { graceMs: 50 },
  );
  writeFileSync(gate, '');
  await serving(data, clock, async ({ service }) => {
    await soon(() =>
      expect(service.dataset.store.jobs().find((j) => j.processor === 'Gated')).toMatchObject({ state: 'succeeded', attempt: 2 }),
    );
  });
});

test('a cancel is answered though the service ends before the job does', async () => {
  const data = dataset();
  const clock = new ManualClock(START + 5000);
  await serving(
    data,
    clock,
    async ({ service }) => {
      const { waiting, goOn } = slowed(service.dataset, 'running');
      spooled(data, 'oirawdata', DAY, 1, line(START));
      service.spoolClosed();
      await soon(() => expect(waiting).toHaveLength(1));
      const answer = service.cancel(waiting[0]!.id);
      const closed = service.close();
      expect(await answer).toBe('not_running');
      goOn();
      await closed;
    },
    { graceMs: 50 },
  );
});
