import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeError } from '#engine/executor/failure.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const file = path.join(temporaryFolder(), 'foreign.mjs');
const module = pathToFileURL(file).href;
writeFileSync(
  file,
  `import { threadId } from 'node:worker_threads';
export const thread = () => threadId;
export const change = () => { Array.prototype.flat = () => 'changed'; return threadId; };
export const flat = () => [[1]].flat();
export const fail = () => { throw new Error('of theirs'); };
export const fill = () => { const held = []; for (;;) held.push(Buffer.alloc(1e7, 1)); };
export const exit = () => process.exit(0);
`,
);

describe('calls of a realm', () => {
  let pool: PoolExecutor;
  beforeAll(() => {
    pool = new PoolExecutor(1, { foreignBytes: 200e6 });
  });
  afterAll(() => pool.close());
  const call = (name: string, realm?: string): Promise<unknown> =>
    pool.run({ module, name, argument: undefined, ...(realm === undefined ? {} : { realm }) });

  test('have threads that nothing else runs in', async () => {
    const threads = [await call('thread'), await call('thread', 'a'), await call('thread', 'b')];
    expect(new Set(threads).size).toBe(3);
    expect(await call('thread', 'a')).toBe(threads[1]);
    await call('change', 'a');
    expect([await call('flat', 'a'), await call('flat', 'b'), await call('flat')]).toEqual(['changed', [1], [1]]);
  });

  test('that fail in a thread whose built-in objects they have changed say so', async () => {
    await call('change', 'c');
    await expect(call('fail', 'c')).rejects.toMatchObject({
      code: 'TM_ERR_DECLARATION',
      message: expect.stringMatching(/^its module has changed Array\.prototype\.flat, .*: of theirs \(.*foreign\.mjs:5:/) as string,
    });
  });

  test('end neither their thread nor the process', async () => {
    const thread = await call('thread', 'd');
    await expect(call('exit', 'd')).rejects.toMatchObject({ code: 'TM_ERR_WORKER_LOST' });
    expect(await call('thread', 'd')).toBe(thread);
  });

  test('are ended where the process grows too much, and others go on', async () => {
    const ended = { code: 'TM_ERR_WORKER_LOST', message: expect.stringMatching(/^the worker of fill ended: it took \d+ MB/) as string };
    await expect(call('fill', 'e')).rejects.toMatchObject(ended);
    await expect(call('fill', 'e')).rejects.toMatchObject(ended);
    expect(await call('flat', 'e')).toEqual([1]);
  });
});

test('what is told of an error is short, with the place where it was thrown', () => {
  const long = describeError(new Error(`begin ${'x'.repeat(1e6)} end`), true);
  expect(long.message).toMatch(/^begin x+ … \(1000010 characters\) … x+ end \(.*realm\.test\.ts:\d+:\d+\)$/);
  expect(long.message.length).toBeLessThan(2500);
  const unreadable = Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('no');
    },
  });
  expect(describeError(unreadable, true)).toEqual({ message: 'something was thrown that cannot be read', stack: undefined });
});
