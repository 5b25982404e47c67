/* The contract of Executor, for every implementation. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TidemillError } from '#engine/errors.js';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import type { Executor, RunOptions, TaskEvent } from '#engine/executor/executor.js';
import { child } from '../../support/child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const module = new URL('../fixtures/calls.mjs', import.meta.url).href;
const call = (executor: Executor, name: string, argument?: unknown, options?: RunOptions): Promise<unknown> =>
  executor.run({ module, name, argument }, options);
const failing = (code: string, more: object = {}): Error => expect.objectContaining({ code, ...more }) as Error;

describe.for<[string, () => Executor]>([
  ['InlineExecutor', () => new InlineExecutor()],
  ['PoolExecutor', () => new PoolExecutor(2)],
])('%s', ([, make]) => {
  let executor: Executor;
  beforeAll(() => {
    executor = make();
  });
  afterAll(() => executor.close());
  const run = (name: string, argument?: unknown, options?: RunOptions) => call(executor, name, argument, options);

  test('answers with the value, or what the promise comes to', async () => {
    expect(await run('double', 21)).toBe(42);
    expect(await run('later', { a: [1, null, 'ü'] })).toEqual({ a: [1, null, 'ü'] });
    expect(await run('nothing')).toBeUndefined();
    expect(await run('data')).toEqual({ map: new Map([[1, new Set([2])]]), bytes: Uint8Array.of(1, 2), big: 10n, date: new Date(5) });
  });

  test('what it is given is cloned', async () => {
    const argument = { list: [1] };
    const answer = run('later', argument);
    expect(await answer).toEqual(argument);
    expect(await answer).not.toBe(argument);
  });

  test('an error that is thrown: its message, a code, and a stack that names the cause', async () => {
    const thrown = await run('throwError', 'it broke').catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(TidemillError);
    expect(thrown).toEqual(failing('TM_ERR_TASK_FAILED', { message: 'it broke', retryable: true }));
    expect((thrown as Error).stack).toMatch(/throwError[^]*Caused by: RangeError: the reason/);
    await expect(run('rejectLater', 'later')).rejects.toThrow(failing('TM_ERR_TASK_FAILED', { message: 'later' }));
  });

  test('an error with a code keeps it, and its data', async () => {
    const data = { path: '/a', rows: [1, 2] };
    await expect(run('throwOwn', data)).rejects.toThrow(
      failing('TM_ERR_BLOCK_CORRUPT', { message: 'a block is bad', retryable: false, exitCode: 1, data }),
    );
    await expect(run('throwUncloneable')).rejects.toThrow(failing('TM_ERR_ZONE', { message: 'no zone', exitCode: 2, data: {} }));
  });

  test.for([[null], [undefined], ['text'], [7], [{ a: 1 }]])('whatever is thrown is an error: %j', async ([value]) => {
    await expect(run('throwValue', value)).rejects.toThrow(failing('TM_ERR_TASK_FAILED'));
  });

  test('an object without a prototype can be thrown too', async () => {
    await expect(run('throwStrange')).rejects.toThrow(failing('TM_ERR_TASK_FAILED'));
  });

  test('what is not plain data is refused, on the way in and out', async () => {
    await expect(run('later', () => 1)).rejects.toThrow(failing('TM_ERR_TASK_FAILED'));
    await expect(run('returnFunction')).rejects.toThrow(failing('TM_ERR_TASK_FAILED'));
    expect(await run('double', 1)).toBe(2);
  });

  test('a module or function that is not there', async () => {
    await expect(run('nowhere')).rejects.toThrow(failing('TM_ERR_TASK_FAILED', { message: expect.stringContaining('nowhere') as string }));
    await expect(executor.run({ module: `${module}.none`, name: 'double', argument: 1 })).rejects.toThrow(failing('TM_ERR_TASK_FAILED'));
  });

  test('an aborted signal: its reason, and the call does not start', async () => {
    const file = path.join(temporaryFolder(), 'notes');
    const reason = new Error('stop');
    await expect(run('note', { file, text: 'x' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await run('double', 1)).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  test('many calls, and one that fails fails alone', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => (i % 50 === 7 ? run('throwError', `${i}`) : run('double', i))),
    );
    expect(answers.map((a) => (a.status === 'fulfilled' ? a.value : (a.reason as Error).message))).toEqual(
      Array.from({ length: 300 }, (_, i) => (i % 50 === 7 ? `${i}` : 2 * i)),
    );
  });
});

describe('PoolExecutor', () => {
  test('it can be closed while its threads start, and again', async () => {
    for (let i = 0; i < 5; i++) {
      const executor = new PoolExecutor(2);
      await executor.close();
      await executor.close();
    }
  });

  test('where no thread can start each call says why, and none waits', async () => {
    const unloadable = path.join(temporaryFolder(), 'unloadable.mjs');
    writeFileSync(unloadable, `throw new Error('not in this thread');`);
    const executor = new PoolExecutor(2, { modules: [pathToFileURL(unloadable).href] });
    try {
      const lost = failing('TM_ERR_WORKER_LOST', { message: expect.stringContaining('not in this thread') as string });
      const double = { module, name: 'double', argument: 1 };
      await Promise.all([1, 2, 3].map(() => expect(executor.run(double)).rejects.toThrow(lost)));
      await expect(executor.run(double)).rejects.toThrow(lost);
    } finally {
      await executor.close();
    }
  });

  const folder = temporaryFolder();
  let files = 0;
  const newFile = (): string => path.join(folder, String(files++));
  const exists = (file: string): Promise<void> =>
    vi.waitUntil(() => existsSync(file), { timeout: 60_000, interval: 5 }).then(() => undefined);

  /** Calls that hold all threads until they are let go. */
  async function occupied(executor: Executor): Promise<{ release(): void; readonly values: Promise<unknown[]> }> {
    const gate = newFile();
    const calls = Array.from({ length: executor.workers }, (_, value) => {
      const started = newFile();
      return { started, answer: call(executor, 'waitFor', { started, file: gate, value }) };
    });
    await Promise.all(calls.map((c) => exists(c.started)));
    return { release: () => writeFileSync(gate, ''), values: Promise.all(calls.map((c) => c.answer)) };
  }

  async function withPool<T>(
    workers: number,
    work: (executor: PoolExecutor) => Promise<T>,
    onTask?: (event: TaskEvent) => void,
  ): Promise<T> {
    const executor = new PoolExecutor(workers, { onTask });
    try {
      return await work(executor);
    } finally {
      await executor.close();
    }
  }

  test('runs as many calls at once as it has workers, in other threads than this', async () => {
    const events: TaskEvent[] = [];
    await withPool(
      2,
      async (executor) => {
        const { release, values } = await occupied(executor);
        release();
        expect(await values).toEqual([0, 1]);
        expect(await call(executor, 'thread')).not.toBe(0);
      },
      (event) => events.push(event),
    );
    expect(events.map((e) => e.label)).toEqual(['waitFor', 'waitFor', 'thread']);
    const [a, b] = events as [TaskEvent, TaskEvent];
    expect(a.thread).not.toBe(b.thread);
    expect(Math.max(a.start, b.start)).toBeLessThan(Math.min(a.end, b.end));
    expect(Math.abs(a.start - Date.now())).toBeLessThan(60_000);
  });

  test.for<[what: string, name: string, argument: unknown, timeoutMs: number | undefined, code: string]>([
    ['a worker that exits', 'exit', 0, undefined, 'TM_ERR_WORKER_LOST'],
    ['a worker that exits with a code', 'exit', 3, undefined, 'TM_ERR_WORKER_LOST'],
    ['an error outside of the call', 'throwLater', undefined, undefined, 'TM_ERR_WORKER_LOST'],
    ['a loop without an end', 'loop', undefined, 300, 'TM_ERR_TASK_TIMEOUT'],
  ])('%s ends its own call only', async ([, name, argument, timeoutMs, code]) => {
    await withPool(2, async (executor) => {
      // A worker that is ready: the deadline counts the start of one too.
      await Promise.all([call(executor, 'later', 1), call(executor, 'later', 1)]);
      const gate = newFile();
      const other = call(executor, 'waitFor', { file: gate, value: 'whole' });
      const queued = Array.from({ length: 10 }, (_, i) => call(executor, 'double', i));
      await expect(
        call(executor, name, argument, { ...(timeoutMs === undefined ? {} : { timeoutMs }), label: 'the bad one', priority: 9 }),
      ).rejects.toThrow(failing(code, { retryable: true, message: expect.stringContaining('the bad one') as string }));
      writeFileSync(gate, '');
      expect(await other).toBe('whole');
      expect(await Promise.all(queued)).toEqual(Array.from({ length: 10 }, (_, i) => 2 * i));
    });
  });

  test('a call that fills the heap of its thread ends alone', async () => {
    const gate = newFile();
    const pool = child('fill-heap.mjs', [gate], ['--max-old-space-size=48']);
    expect(await pool.line()).toBe('TM_ERR_WORKER_LOST');
    expect(await pool.line()).toBe('4');
    writeFileSync(gate, '');
    expect(await pool.line()).toBe('whole');
    expect(await pool.ended).toBe(0);
  });

  test('calls go on after every worker was lost, again and again', async () => {
    await withPool(2, async (executor) => {
      for (let i = 0; i < 4; i++) {
        await Promise.all([0, 1].map(() => expect(call(executor, 'exit', 1)).rejects.toThrow(failing('TM_ERR_WORKER_LOST'))));
      }
      expect(await call(executor, 'double', 4)).toBe(8);
    });
  });

  test('a signal ends a call that runs, with its reason, and no other', async () => {
    await withPool(2, async (executor) => {
      const controller = new AbortController();
      const [started, gate] = [newFile(), newFile()];
      const other = call(executor, 'waitFor', { file: gate, value: 1 });
      const ends: TaskEvent[] = [];
      const onEnd = (event: TaskEvent): unknown => ends.push(event);
      const looping = call(executor, 'waitFor', { started, file: newFile() }, { signal: controller.signal, onEnd });
      await exists(started);
      const reason = new Error('stop');
      controller.abort(reason);
      await expect(looping).rejects.toBe(reason);
      expect(ends).toMatchObject([{ label: 'waitFor', error: { code: 'TM_ERR_JOB_CANCELLED', message: 'stop' } }]);
      writeFileSync(gate, '');
      expect(await other).toBe(1);
      expect(await call(executor, 'double', 2)).toBe(4);
    });
  });

  test('a signal ends calls that wait at once, while the threads are busy', async () => {
    const warnings: Error[] = [];
    const onWarning = (w: Error): void => void warnings.push(w);
    process.on('warning', onWarning);
    await withPool(1, async (executor) => {
      const { release, values } = await occupied(executor);
      const controller = new AbortController();
      const reason = new Error('stop');
      const file = newFile();
      const waiting = Array.from({ length: 30 }, () => call(executor, 'note', { file, text: 'x' }, { signal: controller.signal }));
      const after = call(executor, 'double', 3);
      controller.abort(reason);
      for (const w of waiting) await expect(w).rejects.toBe(reason);
      release();
      expect(await values).toEqual([0]);
      expect(await after).toBe(6);
      expect(existsSync(file)).toBe(false);
    });
    await setTimeout(0);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('greater priority first, then first come', async () => {
    await withPool(1, async (executor) => {
      const { release, values } = await occupied(executor);
      const file = newFile();
      const calls = (
        [
          ['a', 1],
          ['b', 2],
          ['c', 1],
          ['d', 3],
          ['e', undefined],
          ['f', 2],
          ['g', -1],
        ] as const
      ).map(([text, priority]) => call(executor, 'note', { file, text }, priority === undefined ? {} : { priority }));
      release();
      await Promise.all([values, ...calls]);
      expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual(['d', 'b', 'f', 'a', 'c', 'e', 'g']);
    });
  });

  test('closing ends what runs and what waits', async () => {
    const executor = new PoolExecutor(1);
    const { values } = await occupied(executor);
    const waiting = call(executor, 'double', 1);
    const settled = Promise.allSettled([values, waiting]);
    await executor.close();
    expect((await settled).map((s) => s.status)).toEqual(['rejected', 'rejected']);
  });
});
