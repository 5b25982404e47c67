/* Jobs from raw packages to deliveries, on a store in a folder, inline and in a pool. */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import { fail } from '#engine/errors.js';
import { formatPeriod, parseDay } from '#engine/period.js';
import type { Executor } from '#engine/executor/executor.js';
import type { Job } from '#engine/job.js';
import { digestOfStore } from '../support/digest.js';
import { sorted } from '../support/map-reduce.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { countsOf, DAYS, label, someLines, topology, Words } from '../support/words.js';

const DAY = '2020-01-07';
const [mon, sun, next] = DAYS;

let words: Words;
async function open(executor: Executor): Promise<void> {
  words = await new Words(executor).open();
}

describe.for<[string, () => Executor]>([
  ['inline', () => new InlineExecutor()],
  ['pool', () => new PoolExecutor(2)],
])('%s', ([, make]) => {
  let executor: Executor;
  beforeAll(() => {
    executor = make();
  });
  afterAll(() => executor.close());
  beforeEach(async () => {
    await open(executor);
    return () => words.store.close();
  });

  test('every package and period goes through the flow, and all is accounted for', async () => {
    const events: Job[] = [];
    for (const { date, lines } of [mon!, sun!, next!]) {
      await words.add(date, lines.slice(0, 40));
      await words.add(date, lines.slice(40));
    }
    const { succeeded, failed, waiting } = await words.drain({ onJob: (job) => events.push(job) });
    expect([failed, waiting]).toEqual([[], []]);

    // What comes out is what a naive count says.
    const all = [mon!, sun!, next!];
    expect(words.beans('shouts').map((b) => b['text'])).toEqual(all.flatMap((d) => d.lines).map((l) => l.toUpperCase()));
    for (const { date, lines } of all) {
      const [p, ...others] = words.store.packages('words').filter((x) => formatPeriod(x.period) === date);
      expect(others).toEqual([]);
      expect(
        sorted(words.sink.deliveries.find((d) => d.job.processor === 'InjectDay' && formatPeriod(d.job.period) === date)!.beans.slice(), [
          'word',
        ]),
      ).toEqual(countsOf(lines));
      expect(p!.beans).toEqual({ Word: countsOf(lines).length });
    }
    const weeks = { '2020-W02': countsOf([...mon!.lines, ...sun!.lines]), '2020-W03': countsOf(next!.lines) };
    for (const [week, counts] of Object.entries(weeks)) {
      const delivered = words.sink.deliveries.find((d) => d.job.processor === 'InjectWeek' && formatPeriod(d.job.period) === week)!;
      expect(sorted(delivered.beans, ['word'])).toEqual(counts);
      expect(words.store.package(delivered.package)?.report).toEqual({ rows: counts.length });
      expect(words.store.packages('week').find((p) => formatPeriod(p.period) === week)!.beans).toEqual({ Word: counts.length });
    }
    expect(words.sink.deliveries).toHaveLength(5);

    // Jobs: one a unit, each with an id of its own, stored as they were told of.
    expect(succeeded.map(label).sort()).toEqual(
      [
        ...all.flatMap(({ date }) => [`Count ${date}`, `InjectDay ${date}`, `Shout ${date}`, `Shout ${date}`, `ToWeek ${date}`]),
        ...Object.keys(weeks).flatMap((week) => [`CountWeek ${week}`, `InjectWeek ${week}`]),
      ].sort(),
    );
    expect(new Set(succeeded.map((j) => j.id)).size).toBe(succeeded.length);
    for (const { id } of succeeded) expect(id).toMatch(/^job_1599999999999_0000\d\d$/);
    expect(sorted(words.store.jobs() as never, ['id'])).toEqual(sorted(succeeded as never, ['id']));
    for (const job of succeeded) {
      const states = events.filter((e) => e.id === job.id).map((e) => e.state);
      expect(states.filter((s, i) => s !== states[i - 1])).toEqual(['scheduled', 'running', 'succeeded']);
      expect(job.progress.done).toBe(job.progress.total);
      expect(job.createdAt).toBeLessThanOrEqual(job.startedAt!);
      expect(job.startedAt).toBeLessThan(job.finishedAt!);
      const made = words.store.package(job.output)!;
      expect(made).toMatchObject({ job: job.id, processor: job.processor, inputs: job.inputs, period: job.period, counters: job.counters });
      expect(job.counters['records_out']).toBe(Object.values(made.beans).reduce((a, b) => a + b, 0));
      expect(job.counters['records_in']).toBe(
        job.inputs.reduce((n, at) => n + Object.values(words.store.package(at)!.beans).reduce((a, b) => a + b, 0), 0),
      );
    }

    // Nothing is left over, and nothing is left to do, now or after the next start.
    expect(readdirSync(path.join(words.folder, 'scratch'))).toEqual(expect.not.arrayContaining([expect.stringMatching(/^job_/)]));
    await words.reopen();
    expect(await words.drain()).toEqual({ succeeded: [], failed: [], waiting: [] });
    expect(words.sink.deliveries).toHaveLength(5);
  });

  test('a period that has not closed waits', async () => {
    await words.add(mon!.date, mon!.lines);
    await words.add(next!.date, next!.lines);
    const { succeeded, waiting } = await words.coordinator().drain((p) => p.granularity === 'day' && p.first === parseDay(mon!.date));
    expect(succeeded.map(label).sort()).toEqual([
      `Count ${mon!.date}`,
      `InjectDay ${mon!.date}`,
      `Shout ${mon!.date}`,
      `Shout ${next!.date}`,
      `ToWeek ${mon!.date}`,
    ]);
    expect(waiting.map((u) => `${u.processor.name} ${formatPeriod(u.period)}`).sort()).toEqual([
      `Count ${next!.date}`,
      'CountWeek 2020-W02',
      'InjectWeek 2020-W02',
    ]);
  });

  test('a task that fails by accident is tried again', async () => {
    const file = path.join(temporaryFolder(), 'tries');
    await words.add(DAY, [...someLines(5), `a !flaky=${file}`]);
    const { succeeded, failed } = await words.drain({ params: { flakyUntil: 3 }, limits: { attempts: 4 } });
    expect(failed).toEqual([]);
    // Shout and Count each have it once too often before they succeed, but share the count.
    expect(succeeded.reduce((n, j) => n + (j.counters['task_retries'] ?? 0), 0)).toBe(3);
    expect(succeeded.some((j) => 'quarantined' in j.counters)).toBe(false);
  });

  test.for(['!poison', '!invalid'])('a record that cannot be digested (%s) is left out alone, and named', async (bad) => {
    const lines = someLines(200);
    const good = [...lines];
    lines.splice(117, 0, `first ${bad} last`);
    const raw = await words.add(DAY, lines, 9);
    const other = await words.add(DAY, someLines(30));
    const { succeeded, failed } = await words.drain();
    expect(failed).toEqual([]);
    const counters = Object.fromEntries(
      succeeded.map((j) => [`${j.processor} ${j.inputs.length === 1 && j.inputs[0] === raw.path}`, j.counters['quarantined']]),
    );
    expect(counters).toMatchObject({ 'Count false': 1, 'Shout true': 1, 'Shout false': undefined, 'InjectDay false': undefined });
    expect(sorted(words.beans('words'), ['word'])).toEqual(countsOf([...good, ...someLines(30)]));
    expect(words.beans('shouts').map((b) => b['text'])).toEqual([...good, ...someLines(30)].map((l) => l.toUpperCase()));
    const reports = [...words.store.packages('words'), ...words.store.packages('shouts').filter((p) => p.inputs[0] !== other.path)].map(
      (p) => p.report,
    );
    const [code, message] = bad === '!poison' ? ['TM_ERR_TASK_FAILED', /^cannot digest !poison$/] : ['TM_ERR_BEAN_INVALID', /cannot be/];
    expect(reports).toEqual(
      [0, 1].map(() => ({
        // 201 lines in two parts: the second begins with line 101.
        quarantined: [
          { package: raw.path, part: 'part-00001', type: 'Line', row: 117 - 101, code, message: expect.stringMatching(message) as string },
        ],
      })),
    );
  });

  test('records that cannot be digested are found in a small job too, which is one task at first', async () => {
    await words.add(DAY, ['a b', 'c !poison', 'd'], 100);
    const { succeeded, failed } = await words.drain();
    expect(failed).toEqual([]);
    expect(succeeded.find((j) => j.processor === 'Count')!.counters).toMatchObject({ quarantined: 1, records_in: 3, records_out: 3 });
    expect(words.beans('words').map((b) => b['word'])).toEqual(['a', 'b', 'd']);
  });

  test('too many of them: the job fails with the cause, soon, and the others go on', async () => {
    let calls = 0;
    const counting: Executor = {
      workers: executor.workers,
      run: (call, options) => {
        calls++;
        return executor.run(call, options);
      },
      close: () => executor.close(),
    };
    await words.store.close();
    await open(counting);
    await words.add(
      DAY,
      Array.from({ length: 1500 }, (_, i) => `!poison ${i}`),
      700,
    );
    await words.add(sun!.date, sun!.lines);
    const { succeeded, failed, waiting } = await words.drain({ limits: { quarantine: 3, recordsPerShard: 700, attempts: 4 } });
    expect(failed.map(label).sort()).toEqual([`Count ${DAY}`, `Shout ${DAY}`]);
    for (const job of failed) {
      expect(job).toMatchObject({
        state: 'failed',
        error: { code: 'TM_ERR_TASK_FAILED', message: expect.stringContaining('cannot digest !poison') as string },
      });
      expect(job.error!.message).toContain('more than 3 records');
      expect(words.store.job(job.id)).toEqual(job);
      expect(words.store.package(job.output)).toBeUndefined();
    }
    expect(succeeded.map(label).sort()).toEqual([
      `Count ${sun!.date}`,
      `InjectDay ${sun!.date}`,
      `Shout ${sun!.date}`,
      `ToWeek ${sun!.date}`,
    ]);
    expect(waiting.map((u) => u.processor.name).sort()).toEqual(['Count', 'CountWeek', 'InjectWeek', 'Shout']);
    // 1500 records: each alone would be thousands of calls.
    expect(calls).toBeLessThan(250);
  });

  test('a part that is damaged: the job fails at once, and the others go on', async () => {
    const raw = await words.add(DAY, someLines(50));
    await words.add(sun!.date, sun!.lines);
    const [file] = words.store.files(raw);
    const bytes = readFileSync(file!.file);
    bytes[30]! ^= 1;
    writeFileSync(file!.file, bytes);
    const { succeeded, failed } = await words.drain();
    expect(failed.map((j) => `${label(j)} ${j.error?.code}`).sort()).toEqual([
      `Count ${DAY} TM_ERR_BLOCK_CORRUPT`,
      `Shout ${DAY} TM_ERR_BLOCK_CORRUPT`,
    ]);
    expect(succeeded).toHaveLength(4);
  });

  test('a fault of the machine is that of no record: none is left out, and the job fails', async () => {
    await words.add(DAY, someLines(50));
    const { store } = words;
    const scratch = store.scratch.bind(store);
    store.scratch = (name) => {
      const folder = scratch(name);
      rmSync(folder, { recursive: true });
      return folder;
    };
    const { succeeded, failed } = await words.drain();
    expect(succeeded).toEqual([]);
    expect(failed.map((j) => `${label(j)} ${j.error?.code}`).toSorted()).toEqual([`Count ${DAY} TM_ERR_IO`, `Shout ${DAY} TM_ERR_IO`]);
    store.scratch = scratch;
    const again = await words.drain();
    expect(again.failed).toEqual([]);
    expect(again.succeeded.filter((j) => j.counters['quarantined'] !== undefined)).toEqual([]);
  });

  test('an error of the sink fails the injection, which runs again at the next start', async () => {
    await words.add(DAY, someLines(20));
    words.sink.before = ({ job }) => {
      if (job.processor === 'InjectDay') throw fail('TM_ERR_DISK_FULL', 'no space');
    };
    const first = await words.drain();
    expect(first.failed.map((j) => [label(j), j.state, j.error])).toEqual([
      [`InjectDay ${DAY}`, 'failed', { code: 'TM_ERR_DISK_FULL', message: 'no space' }],
    ]);
    words.sink.before = () => undefined;
    const second = await words.drain();
    expect(second.succeeded.map((j) => [label(j), j.attempt, j.id, j.error])).toEqual([
      [`InjectDay ${DAY}`, 2, first.failed[0]!.id, undefined],
    ]);
  });

  test('late data runs again what depends on it; what it replaces is gone, and the end is as if it had been there at first', async () => {
    await words.add(mon!.date, mon!.lines);
    await words.add(sun!.date, sun!.lines);
    await words.drain();
    const before = ['words', 'weekdata', 'week', 'dayinjected', 'weekinjected'].flatMap((l) => words.store.packages(l));
    const late = await words.add(mon!.date, someLines(33, 99));
    const { succeeded } = await words.drain();
    expect(succeeded.map(label).sort()).toEqual(
      [
        'CountWeek 2020-W02',
        `Count ${mon!.date}`,
        `InjectDay ${mon!.date}`,
        'InjectWeek 2020-W02',
        `Shout ${mon!.date}`,
        `ToWeek ${mon!.date}`,
      ].sort(),
    );
    const replaced = before.filter((p) => words.store.package(p.path) === undefined);
    expect(replaced).toHaveLength(5);
    for (const p of replaced) for (const { file } of words.store.files(p)) expect(existsSync(path.dirname(file))).toBe(false);
    expect(before.filter((p) => !replaced.includes(p)).map((p) => formatPeriod(p.period))).toEqual([sun!.date, sun!.date, sun!.date]);

    const atOnce = await new Words(executor).open();
    await atOnce.add(mon!.date, mon!.lines);
    await atOnce.add(sun!.date, sun!.lines);
    await atOnce.add(mon!.date, someLines(33, 99));
    await atOnce.drain();
    expect(digestOfStore(words.store, topology)).toEqual(digestOfStore(atOnce.store, topology));
    expect(late.path).toContain('/lines/2020/01/06/');
    await atOnce.store.close();
  });
});
