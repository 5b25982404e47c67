/* Jobs that are cut off: by an end of the process, another attempt, a user, a signal or the store. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import { fail } from '#engine/errors.js';
import { formatPeriod, parseDay, periodOf } from '#engine/period.js';
import { outputPath } from '#engine/work-package.js';
import type { Executor } from '#engine/executor/executor.js';
import type { Job } from '#engine/job.js';
import { child } from '../support/child.js';
import { sorted } from '../support/map-reduce.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { countsOf, DAYS, label, someLines, untilExists, Words } from '../support/words.js';

const DAY = '2020-01-07';
const [, sun, next] = DAYS;

let words: Words;
async function open(executor: Executor): Promise<void> {
  words = await new Words(executor).open();
}

describe('after an end', () => {
  beforeEach(async () => {
    await open(new InlineExecutor());
    return () => words.store.close();
  });

  const running = (inputs: readonly string[], change: Partial<Job> = {}): Job => {
    const period = periodOf('day', parseDay(DAY));
    const output = outputPath('toy', 'words', 'daily', 'Count', period, inputs);
    return {
      id: 'job_1_000007',
      processor: 'Count',
      period,
      inputs,
      output,
      state: 'running',
      attempt: 3,
      createdAt: 5,
      startedAt: 6,
      progress: { done: 1, total: 9 },
      counters: { tasks: 1 },
      ...change,
    };
  };

  test.for(['running', 'scheduled', 'failed', 'cancelled'] as const)('a job that was left %s runs as its next attempt', async (state) => {
    const raw = await words.add(DAY, ['a b a']);
    await words.store.commit({ jobs: [running([raw.path], { state, error: { code: 'TM_ERR_X', message: 'old' } })] });
    const { succeeded } = await words.drain();
    const job = succeeded.find((j) => j.processor === 'Count')!;
    expect(job).toMatchObject({
      id: 'job_1_000007',
      attempt: 4,
      state: 'succeeded',
      createdAt: 5,
      counters: { records_in: 1, records_out: 2, tasks: 1 },
    });
    expect(job.error).toBeUndefined();
    expect(words.store.job(job.id)).toEqual(job);
    expect(words.store.jobs().filter((j) => j.processor === 'Count')).toHaveLength(1);
  });

  test('it takes the packages that there are now: no record of an older try is left unfinished', async () => {
    const first = await words.add(DAY, ['a']);
    await words.store.commit({ jobs: [running([first.path])] });
    const late = await words.add(DAY, ['b']);
    await words.drain();
    const counts = words.store.jobs().filter((j) => j.processor === 'Count');
    expect(counts.map((j) => [j.id, j.attempt, j.state, j.inputs])).toEqual([['job_1_000007', 4, 'succeeded', [first.path, late.path]]]);
    expect(words.beans('words')).toEqual(countsOf(['a b']));
  });

  test('a process that is killed in the middle of a job: the next one resumes', async () => {
    const gate = path.join(temporaryFolder(), 'gate');
    await words.add(DAY, [`a !wait=${gate}`, 'b']);
    await words.store.close();
    const runner = child('run-words.mjs', [words.folder]);
    await untilExists(`${gate}.started`);
    runner.process.kill('SIGKILL');
    expect(await runner.ended).toBe('SIGKILL');
    expect(readdirSync(path.join(words.folder, 'scratch')).filter((n) => n.startsWith('job')).length).toBeGreaterThan(0);
    await words.open();
    expect(existsSync(path.join(words.folder, 'scratch'))).toBe(false);
    const left = words.store.jobs();
    expect(left.map((j) => `${j.processor} ${j.state} ${j.attempt}`).sort()).toEqual(['Count running 1', 'Shout running 1']);
    expect(words.beans('words')).toEqual([]);
    writeFileSync(gate, '');
    const { succeeded } = await words.drain();
    expect(
      succeeded
        .filter((j) => j.attempt === 2)
        .map((j) => j.id)
        .sort(),
    ).toEqual(left.map((j) => j.id));
    expect(words.beans('words')).toEqual(countsOf([`a !wait=${gate}`, 'b']));
  });

  test('a job of a processor that is no more stays as it is', async () => {
    await words.store.commit({ jobs: [running([], { processor: 'Gone' })] });
    expect(await words.drain()).toEqual({ succeeded: [], failed: [], waiting: [] });
    expect(words.store.job('job_1_000007')).toMatchObject({ state: 'running', attempt: 3 });
  });

  test('the result of an attempt that another has overtaken is refused', async () => {
    await words.add(DAY, ['a']);
    words.sink.before = async ({ job }) => {
      if (job.processor === 'InjectDay') await words.store.commit({ jobs: [{ ...job, attempt: job.attempt + 1 }] });
    };
    const { failed } = await words.drain();
    expect(failed.map((j) => [label(j), j.state, j.attempt])).toEqual([[`InjectDay ${DAY}`, 'cancelled', 1]]);
    expect(words.store.packages('dayinjected')).toEqual([]);
    expect(words.store.job(failed[0]!.id)).toMatchObject({ state: 'running', attempt: 2 });
    words.sink.before = () => undefined;
    expect((await words.drain()).succeeded.map((j) => [j.id, j.attempt])).toEqual([[failed[0]!.id, 3]]);
  });

  test('work begins after its job is stored', async () => {
    await words.add(DAY, ['a']);
    const seen: unknown[] = [];
    words.sink.before = ({ job }) => void seen.push(words.store.job(job.id));
    await words.drain();
    expect(seen).toEqual([0, 1].map(() => expect.objectContaining({ state: 'running', attempt: 1 }) as Job));
  });
});

describe('while jobs run', () => {
  let pool: PoolExecutor;
  let gate: string;
  beforeAll(() => {
    pool = new PoolExecutor(2);
  });
  afterAll(() => pool.close());
  beforeEach(async () => {
    await open(pool);
    gate = path.join(temporaryFolder(), 'gate');
    return () => words.store.close();
  });

  // The second is one after which a task would be tried again.
  test.for(['TM_ERR_JOB_CANCELLED', 'TM_ERR_TASK_TIMEOUT'] as const)(
    'one can be cancelled (%s): it ends, the others do not, and it runs again at the next start',
    async (code) => {
      await words.add(DAY, [`a !wait=${gate}`]);
      await words.add(next!.date, next!.lines);
      const jobs = new Map<string, Job>();
      const coordinator = words.coordinator({ onJob: (job) => jobs.set(job.id, job) });
      const drained = coordinator.drain((p) => p.granularity === 'day');
      await untilExists(`${gate}.started`);
      expect(coordinator.cancel('job_0_0', new Error('no'))).toBe(false);
      const waiting = [...jobs.values()].filter((j) => formatPeriod(j.period) === DAY);
      expect(waiting.map((j) => j.processor).sort()).toEqual(['Count', 'Shout']);
      for (const job of waiting) expect(coordinator.cancel(job.id, fail(code, 'by hand'))).toBe(true);
      const { succeeded, failed } = await drained;
      expect(failed.map((j) => j.processor).sort()).toEqual(['Count', 'Shout']);
      for (const job of failed) expect(job).toMatchObject({ state: 'cancelled', error: { code, message: 'by hand' } });
      for (const job of failed) expect(words.store.job(job.id)).toEqual(job);
      expect(succeeded.map(label).sort()).toEqual([
        `Count ${next!.date}`,
        `InjectDay ${next!.date}`,
        `Shout ${next!.date}`,
        `ToWeek ${next!.date}`,
      ]);
      expect(coordinator.cancel(waiting[0]!.id, new Error('too late'))).toBe(false);
      writeFileSync(gate, '');
      const again = await coordinator.drain((p) => p.granularity === 'day');
      expect(again.failed).toEqual([]);
      expect(
        again.succeeded
          .filter((j) => j.attempt === 2)
          .map((j) => j.processor)
          .sort(),
      ).toEqual(['Count', 'Shout']);
    },
  );

  test('an injection that is in the database cannot be cancelled any more: it has its report', async () => {
    await words.add(DAY, ['a']);
    const coordinator = words.coordinator();
    words.sink.before = ({ job }) => {
      coordinator.cancel(job.id, new Error('too late'));
    };
    const { succeeded, failed } = await coordinator.drain((p) => p.granularity === 'day');
    expect(failed).toEqual([]);
    expect(succeeded.map((j) => j.processor)).toContain('InjectDay');
    expect(words.store.packages('dayinjected')).toHaveLength(1);
  });

  test('one can be cancelled from the moment that it is known', async () => {
    await words.add(DAY, ['a']);
    const answers: boolean[] = [];
    const coordinator = words.coordinator({
      onJob: (job) => {
        if (job.processor === 'Count' && job.state === 'scheduled') answers.push(coordinator.cancel(job.id, new Error('not this one')));
      },
    });
    const { failed } = await coordinator.drain(() => true);
    expect(answers).toEqual([true]);
    expect(failed.map((j) => [j.processor, j.state])).toEqual([['Count', 'cancelled']]);
    expect(words.store.packages('words')).toEqual([]);
  });

  test('a signal ends the drain with its reason; nothing runs on, and the next start resumes', async () => {
    const lines = [`a !wait=${gate}`, ...someLines(20)];
    await words.add(DAY, lines);
    await words.add(sun!.date, sun!.lines);
    const controller = new AbortController();
    const events: Job[] = [];
    const drained = words.coordinator({ onJob: (job) => events.push(job) }).drain(() => true, controller.signal);
    await untilExists(`${gate}.started`);
    const reason = new Error('the user has had enough');
    controller.abort(reason);
    await expect(drained).rejects.toBe(reason);
    const soFar = events.length;
    const left = words.store.jobs().filter((j) => j.state !== 'succeeded');
    expect(left.length).toBeGreaterThan(0);
    expect(left.every((j) => j.state === 'running' || j.state === 'scheduled')).toBe(true);
    expect(readdirSync(path.join(words.folder, 'scratch')).filter((n) => n.startsWith('job'))).toEqual([]);
    await words.reopen();
    writeFileSync(gate, '');
    const { succeeded, failed } = await words.drain();
    expect(failed).toEqual([]);
    expect(events).toHaveLength(soFar);
    expect(
      succeeded
        .filter((j) => j.attempt === 2)
        .map((j) => j.id)
        .sort(),
    ).toEqual(left.map((j) => j.id).sort());
    expect(sorted(words.beans('week'), ['word'])).toEqual(countsOf([...lines, ...sun!.lines]));
  });

  test('a signal that comes while jobs are only just made ends them too', async () => {
    await words.add(DAY, someLines(20));
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const drained = words.coordinator().drain(() => true, controller.signal);
    controller.abort(reason);
    await expect(drained).rejects.toBe(reason);
    expect(words.store.jobs().filter((j) => j.state === 'succeeded')).toEqual([]);
  });

  test('a signal that is aborted already: nothing begins', async () => {
    await words.add(DAY, ['a']);
    const reason = new Error('never');
    await expect(words.coordinator().drain(() => true, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(words.store.jobs()).toEqual([]);
  });

  test('an error of the store ends the drain, and nothing runs on', async () => {
    await words.add(DAY, ['b']);
    await words.add(sun!.date, [`a !wait=${gate}`]);
    const broken = new Error('the disk is gone');
    const events: Job[] = [];
    const { store } = words;
    const commit = store.commit.bind(store);
    store.commit = (change) =>
      change.onlyFor === undefined && change.jobs?.[0]?.state !== 'failed' ? commit(change) : Promise.reject(broken);
    await expect(words.coordinator({ onJob: (job) => events.push(job) }).drain(() => true)).rejects.toBe(broken);
    const soFar = events.length;
    store.commit = commit;
    writeFileSync(gate, '');
    await words.drain();
    expect(events).toHaveLength(soFar);
    expect(
      sorted(
        words.beans('words').filter((b) => !(b['word'] as string).startsWith('!')),
        ['word'],
      ),
    ).toEqual(countsOf(['a', 'b']));
  });

  test('an error of the store cancels no job: what it cut off is left running, and a service resumes it', async () => {
    await words.add(DAY, ['b']);
    await words.add(sun!.date, [`a !wait=${gate}`]);
    const { store } = words;
    const commit = store.commit.bind(store);
    store.commit = async (change) => {
      if (change.onlyFor === undefined && change.jobs?.[0]?.state !== 'failed') return commit(change);
      // Until the other one is in the middle of its work.
      await untilExists(`${gate}.started`);
      throw new Error('the disk is gone');
    };
    await expect(words.coordinator().serve(() => true, new AbortController().signal)).rejects.toThrow('the disk is gone');
    store.commit = commit;
    const states = words.store.jobs().map((j) => [formatPeriod(j.period), j.state]);
    expect(states).toContainEqual([sun!.date, 'running']);
    expect(states.map(([, state]) => state)).not.toContain('cancelled');
    writeFileSync(gate, '');
    const controller = new AbortController();
    const served = words
      .coordinator({ onPackages: () => words.store.packages('words').length === 2 && controller.abort(new Error('enough')) })
      .serve(() => true, controller.signal);
    await expect(served).rejects.toThrow('enough');
  });

  test('a store that takes no commit ends the drain: nothing is taken again and again', async () => {
    await words.add(DAY, ['b']);
    await words.add(sun!.date, ['a']);
    const broken = new Error('the disk is gone');
    const { store } = words;
    const commit = store.commit.bind(store);
    let refused = 0;
    // Not for ever: where all happens in microtasks nothing could end this test.
    store.commit = (change) => (++refused > 1000 ? commit(change) : Promise.reject(broken));
    await expect(words.drain()).rejects.toBe(broken);
    // Two for each of the first units: that it begins, and that it failed.
    expect(refused).toBeLessThanOrEqual(8);
    store.commit = commit;
    expect((await words.drain()).failed).toEqual([]);
  });

  test('a full disk is the fault of no job: the drain ends with it, and what it cut off runs again', async () => {
    await words.add(DAY, ['b']);
    const { store } = words;
    const scratch = store.scratch.bind(store);
    store.scratch = () => {
      throw fail('TM_ERR_DISK_FULL', 'no space');
    };
    await expect(words.drain()).rejects.toThrow('no space');
    expect(store.jobs().map((j) => j.state)).not.toContain('failed');
    store.scratch = scratch;
    expect((await words.drain()).failed).toEqual([]);
    expect(sorted(words.beans('words'), ['word'])).toEqual(countsOf(['b']));
  });

  test('a record that ends its thread is left out alone too', async () => {
    await words.add(DAY, ['a b', 'c', 'd !exit', 'e']);
    await words.add(sun!.date, sun!.lines);
    const { succeeded, failed } = await words.coordinator({ limits: { attempts: 1 } }).drain((p) => p.granularity === 'day');
    expect(failed).toEqual([]);
    expect(
      succeeded
        .filter((j) => j.counters['quarantined'] === 1)
        .map(label)
        .sort(),
    ).toEqual([`Count ${DAY}`, `Shout ${DAY}`]);
    expect(words.beans('shouts').map((b) => b['text'])).toEqual(['A B', 'C', 'E', ...sun!.lines.map((l) => l.toUpperCase())]);
    const [p] = words.store.packages('shouts');
    expect(p!.report).toEqual({ quarantined: [expect.objectContaining({ part: 'part-00001', row: 0, code: 'TM_ERR_WORKER_LOST' })] });
  });
});
