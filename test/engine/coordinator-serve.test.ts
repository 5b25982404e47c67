/* A coordinator that lives as long as a service: woken, paused, told what to run again, and kept from pulling files away from readers. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import { fail } from '#engine/errors.js';
import type { Coordinator } from '#engine/coordinator.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { countsOf, label, someLines, untilExists, Words, type Options } from '../support/words.js';
import { sorted } from '../support/map-reduce.js';
import { soon } from '../support/soon.js';

const DAY = '2020-01-07';
let pool: PoolExecutor;
let words: Words;

beforeAll(() => {
  pool = new PoolExecutor(2);
});
afterAll(() => pool.close());
beforeEach(async () => {
  words = await new Words(pool).open();
  return () => words.store.close();
});

function serve(options?: Options): Coordinator {
  const coordinator = words.coordinator(options);
  const stop = new AbortController();
  const served = coordinator.serve(() => true, stop.signal);
  onTestFinished(async () => {
    stop.abort(new Error('over'));
    await expect(served).rejects.toThrow('over');
  });
  return coordinator;
}

const done = (): string[] =>
  words.store
    .jobs()
    .filter((j) => j.state === 'succeeded')
    .map((j) => label(j))
    .sort();
const settled = (coordinator: Coordinator, count: number) =>
  soon(() => expect([done().length, coordinator.counts.running, coordinator.counts.ready]).toEqual([count, 0, 0]));

test('it runs what it learns of, as it comes', async () => {
  const coordinator = serve();
  coordinator.learn([await words.add(DAY, ['a b'])]);
  await settled(coordinator, 6);
  coordinator.learn([await words.add(DAY, ['b'])]);
  await settled(coordinator, 12);
  expect(sorted(words.beans('week'), ['word'])).toEqual(countsOf(['a b', 'b']));
  expect(words.store.packages('words')).toHaveLength(1);
});

test('while a job that has ended is cleared away, what it made ready is counted', async () => {
  const ended: string[] = [];
  const idle = new Set<number>();
  const coordinator = serve({
    onJob: (job) => {
      if (job.state === 'succeeded') void follow(ended.push(job.processor));
    },
  });
  /** Look at all that follows from the end of the n-th job before the disk has done anything. */
  async function follow(n: number): Promise<void> {
    for (let i = 0; i < 100; i++) {
      const { ready, running } = coordinator.counts;
      if (ready + running === 0) idle.add(n);
      await Promise.resolve();
    }
  }
  coordinator.learn([await words.add(DAY, ['a'])]);
  await settled(coordinator, 6);
  ended.length = 0;
  idle.clear();
  await coordinator.plan(coordinator.agenda.units('Count'));
  await soon(() => expect(idle).toContain(5));
  expect([ended[0], ...idle]).toEqual(['Count', 5]);
});

test('while it is paused nothing starts', async () => {
  const coordinator = serve();
  coordinator.pause(true);
  coordinator.learn([await words.add(DAY, ['a'])]);
  await soon(() => expect(coordinator.counts).toEqual({ ready: 2, waiting: 0, running: 0 }));
  expect(words.store.jobs()).toEqual([]);
  coordinator.pause(false);
  await settled(coordinator, 6);
});

test('what failed waits until it is made of something else, or somebody says so', async () => {
  let fails = true;
  words.sink.before = ({ job }) => {
    if (fails && job.processor === 'InjectDay') throw fail('TM_ERR_DISK_FULL', 'no space');
  };
  const coordinator = serve();
  coordinator.learn([await words.add(DAY, ['a'])]);
  await settled(coordinator, 5);
  const failed = (): string[] => words.store.jobs().flatMap((j) => (j.state === 'failed' ? [`${j.processor} ${j.attempt}`] : []));
  expect(failed()).toEqual(['InjectDay 1']);
  coordinator.wake();
  coordinator.learn([await words.add(DAY, ['b'])]);
  await soon(() => expect(failed()).toEqual(['InjectDay 2']));
  await settled(coordinator, 10);
  fails = false;
  coordinator.release(() => true);
  await settled(coordinator, 11);
});

test('a unit runs again over current output, and all that is made of it; a request outlives the process', async () => {
  const coordinator = serve();
  coordinator.learn([await words.add(DAY, ['a'])]);
  await settled(coordinator, 6);
  const [old] = words.store.packages('words');
  coordinator.pause(true);
  const [job, ...others] = await coordinator.plan(coordinator.agenda.units('Count'));
  expect([job!.state, job!.attempt, others]).toEqual(['scheduled', 1, []]);
  expect(coordinator.active()).toEqual([job]);
  expect(words.store.records('again')).toHaveLength(1);
  const { succeeded } = await words.drain();
  expect(succeeded.map((j) => j.processor).sort()).toEqual(['Count', 'CountWeek', 'InjectDay', 'InjectWeek', 'ToWeek']);
  expect(succeeded.find((j) => j.processor === 'Count')!.id).toBe(job!.id);
  expect(words.store.records('again')).toEqual([]);
  const now = words.store.packages('words').map((p) => p.path);
  expect(now).toHaveLength(1);
  expect(now).not.toEqual([old!.path]);
});

test('a job that is scheduled can be called off', async () => {
  const coordinator = serve();
  coordinator.learn([await words.add(DAY, ['a'])]);
  await settled(coordinator, 6);
  coordinator.pause(true);
  const [job] = await coordinator.plan(coordinator.agenda.units('Count'));
  expect(await coordinator.unplan(job!.id)).toBe(true);
  expect(await coordinator.unplan(job!.id)).toBe(false);
  expect(words.store.job(job!.id)).toMatchObject({ state: 'cancelled' });
  coordinator.pause(false);
  await soon(() => expect(coordinator.counts).toEqual({ ready: 0, waiting: 0, running: 0 }));
  expect(words.store.records('again')).toEqual([]);
});

test('a request to run again that is cancelled while it runs is no more, and its day goes on', async () => {
  const coordinator = serve();
  const gate = path.join(temporaryFolder(), 'gate');
  writeFileSync(gate, '');
  coordinator.learn([await words.add(DAY, [`a !wait=${gate}`])]);
  await settled(coordinator, 6);
  for (const file of [gate, `${gate}.started`]) rmSync(file);
  const [job] = await coordinator.plan(coordinator.agenda.units('Count'));
  await untilExists(`${gate}.started`);
  expect(coordinator.cancel(job!.id, fail('TM_ERR_JOB_CANCELLED', 'by hand'))).toBe(true);
  await soon(() => expect(words.store.job(job!.id)).toMatchObject({ state: 'cancelled' }));
  await soon(() => expect(coordinator.counts).toEqual({ ready: 0, waiting: 0, running: 0 }));
  expect(words.store.records('again')).toEqual([]);
  expect(words.store.packages('words')).toHaveLength(1);
  expect(await words.drain()).toEqual({ succeeded: [], failed: [], waiting: [] });
});

test('a package is not replaced, purged or removed while a job reads it', async () => {
  const gate = path.join(temporaryFolder(), 'gate');
  let deliver: () => void = () => undefined;
  const delivering = new Promise<void>((started) => {
    words.sink.before = ({ job }) => {
      if (job.processor !== 'InjectDay') return;
      started();
      return new Promise<void>((resolve) => {
        deliver = resolve;
      });
    };
  });
  const coordinator = serve();
  coordinator.learn([await words.add(DAY, someLines(30))]);
  await delivering;
  const [read] = words.store.packages('words');
  const files = words.store.files(read!).map((f) => f.file);
  // What comes late makes the day's counts anew; it has to wait for the injection that reads the old ones.
  coordinator.learn([await words.add(DAY, [`late !wait=${gate}`])]);
  writeFileSync(gate, '');
  await soon(() => expect(done().filter((l) => l.startsWith('Shout'))).toHaveLength(2));
  await soon(() => expect(coordinator.counts).toMatchObject({ ready: 1, running: 1 }));
  expect(await coordinator.end([read!], 'purge')).toEqual([]);
  expect(files.every((file) => existsSync(file))).toBe(true);
  words.sink.before = () => undefined;
  deliver();
  await untilExists(gate);
  await soon(() => expect(coordinator.counts).toEqual({ ready: 0, waiting: 0, running: 0 }));
  expect(words.store.jobs().filter((j) => j.state !== 'succeeded')).toEqual([]);
  expect(files.some((file) => existsSync(file))).toBe(false);
});

test('beans that are purged are gone, and what was made of them stays current', async () => {
  const coordinator = serve();
  const raw = await words.add(DAY, ['a b']);
  coordinator.learn([raw]);
  await settled(coordinator, 6);
  const [file] = words.store.files(raw);
  expect(await coordinator.end([raw], 'purge')).toEqual([raw.path]);
  expect(existsSync(file!.file)).toBe(false);
  expect(words.store.package(raw.path)).toEqual({ ...raw, state: 'purged', parts: [] });
  await words.reopen();
  expect(readdirSync(path.dirname(file!.file))).toEqual(['package']);
  expect(await words.drain()).toEqual({ succeeded: [], failed: [], waiting: [] });
});
