/* Small jobs that run together: what they make is what they would have made alone. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { fail } from '#engine/errors.js';
import { formatDay, parseDay } from '#engine/period.js';
import type { Call } from '#engine/executor/executor.js';
import type { Job } from '#engine/job.js';
import { digestOfStore } from '../support/digest.js';
import { label, someLines, topology, Words, type Options } from '../support/words.js';

const FIRST = parseDay('2020-01-06');
const DAYS = Array.from({ length: 12 }, (_, i) => formatDay(FIRST + i));
const together: Options = { isTrusted: () => true };

class CountingExecutor extends InlineExecutor {
  readonly calls: string[] = [];

  override run<T>(call: Call, ...rest: never[]): Promise<T> {
    this.calls.push(call.name);
    return super.run<T>(call, ...rest);
  }
}

const opened: Words[] = [];
async function filled(lines: (day: number) => readonly string[] = (day) => someLines(20, day + 1)): Promise<[Words, CountingExecutor]> {
  const executor = new CountingExecutor();
  const words = await new Words(executor).open();
  opened.push(words);
  for (const [i, day] of DAYS.entries()) await words.add(day, lines(i));
  return [words, executor];
}

let alone: Words;
beforeEach(async () => {
  [alone] = await filled();
  await alone.drain();
});
afterEach(async () => {
  for (const words of opened.splice(0)) await words.store.close();
});

test('jobs of a group keep their ids, states, counters and packages, in few tasks', async () => {
  const [words, executor] = await filled();
  const events: Job[] = [];
  const { succeeded, failed } = await words.drain({ ...together, onJob: (job) => events.push(job) });
  expect(failed).toEqual([]);
  expect(digestOfStore(words.store, topology)).toEqual(digestOfStore(alone.store, topology));
  expect(executor.calls.filter((name) => name === 'runMany').length).toBeGreaterThan(0);
  expect(executor.calls.length).toBeLessThan(succeeded.length / 2);
  expect(new Set(succeeded.map((job) => job.id)).size).toBe(succeeded.length);
  const facts = (jobs: readonly Job[]): unknown[] =>
    jobs
      .map((job) => [label(job), job.state, job.attempt, job.counters, job.output, job.inputs.length])
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  expect(facts(words.store.jobs())).toEqual(facts(alone.store.jobs()));
  for (const { id } of succeeded) {
    const states = events.filter((e) => e.id === id).map((e) => e.state);
    expect(states.filter((s, i) => s !== states[i - 1])).toEqual(['scheduled', 'running', 'succeeded']);
  }
});

test('what comes late to every day, and what it replaces, ends as if it had been there at first', async () => {
  const [words] = await filled((day) => someLines(20, day + 1).slice(0, 12));
  await words.drain(together);
  for (const [i, day] of DAYS.entries()) await words.add(day, someLines(20, i + 1).slice(12));
  expect((await words.drain(together)).failed).toEqual([]);
  const [atOnce] = await filled((day) => someLines(20, day + 1).slice(0, 12));
  for (const [i, day] of DAYS.entries()) await atOnce.add(day, someLines(20, i + 1).slice(12));
  await atOnce.drain();
  expect(digestOfStore(words.store, topology)).toEqual(digestOfStore(atOnce.store, topology));
});

test('one that cannot be worked on falls out of its group, and is set aside alone', async () => {
  const lines = (day: number): string[] => (day === 4 ? [...someLines(20, 5), '!poison'] : someLines(20, day + 1));
  const [words] = await filled(lines);
  const { succeeded, failed } = await words.drain(together);
  expect(failed).toEqual([]);
  expect(
    succeeded
      .filter((job) => job.counters['quarantined'] !== undefined)
      .map(label)
      .toSorted(),
  ).toEqual([`Count ${DAYS[4]}`, `Shout ${DAYS[4]}`]);
  const [other] = await filled(lines);
  await other.drain();
  expect(digestOfStore(words.store, topology)).toEqual(digestOfStore(other.store, topology));
});

test('an injection that fails fails alone', async () => {
  const [words] = await filled();
  words.sink.before = ({ job }) => {
    if (label(job) === `InjectDay ${DAYS[3]}`) throw fail('TM_ERR_DISK_FULL', 'no');
  };
  const { failed } = await words.drain(together);
  expect(failed.map(label)).toEqual([`InjectDay ${DAYS[3]}`]);
  words.sink.before = () => undefined;
  const again = await words.drain(together);
  expect([again.succeeded.map(label), again.failed]).toEqual([[`InjectDay ${DAYS[3]}`], []]);
  expect(digestOfStore(words.store, topology)).toEqual(digestOfStore(alone.store, topology));
});

test('one that is cancelled is left out, and the others of its group go on', async () => {
  const [words] = await filled();
  let cancelled = false;
  const coordinator = words.coordinator({
    ...together,
    onJob: (job) => {
      if (cancelled || label(job) !== `Count ${DAYS[2]}` || job.state !== 'running') return;
      cancelled = coordinator.cancel(job.id, new Error('not now'));
    },
  });
  const { succeeded, failed } = await coordinator.drain(() => true);
  expect(cancelled).toBe(true);
  expect(failed.map((job) => [label(job), job.state])).toEqual([[`Count ${DAYS[2]}`, 'cancelled']]);
  expect(succeeded.filter((job) => job.processor === 'Count')).toHaveLength(DAYS.length - 1);
});
