/** One child process and what Node tells of it. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '#server/log.js';
import { Child } from '#server/supervisor/child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('errors of a process that runs, however many, do not end it or us', async () => {
  const started: ChildProcess[] = [];
  const note = (message: unknown): void => void started.push((message as { process: ChildProcess }).process);
  subscribe('child_process', note);
  onTestFinished(() => void unsubscribe('child_process', note));
  const downs: string[] = [];
  let ready: () => void;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const child = new Child({
    name: 'engine',
    entry: fileURLToPath(new URL('fixtures/engine.mjs', import.meta.url)),
    options: { data: temporaryFolder(), dataset: 'analytics', host: '127.0.0.1', port: 0 },
    nodeOptions: [],
    log: createLog('supervisor', () => undefined),
    onReady: () => ready(),
    onMessage: () => undefined,
    onDown: (reason) => downs.push(reason) > 0,
  });
  onTestFinished(() => child.stop(0));
  const life = child.live();
  await Promise.race([isReady, life]);
  expect(downs).toEqual([]);
  for (let n = 0; n < 3; n++) started[0]?.emit('error', new Error('a signal could not be sent'));
  child.stop(9000);
  await life;
  expect(started).toHaveLength(1);
  expect(started[0]?.exitCode).toBe(0);
  expect(downs).toEqual([]);
});
