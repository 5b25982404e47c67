/** One child process and what Node tells of it. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '#server/log.js';
import { Child } from '#server/supervisor/child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Living {
  readonly child: Child;
  readonly life: Promise<void>;
  readonly isReady: Promise<void>;
  readonly downs: string[];
  readonly log: string[];
}

/** The engine of the fixture, given up when it ends. */
function living(host: string): Living {
  const downs: string[] = [];
  const log: string[] = [];
  let ready: () => void;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const child = new Child({
    name: 'engine',
    entry: fileURLToPath(new URL('fixtures/engine.mjs', import.meta.url)),
    options: { data: temporaryFolder(), dataset: 'analytics', host, port: 0 },
    nodeOptions: [],
    environment: {},
    log: createLog('supervisor', (line) => log.push(line)),
    beats: 2,
    onReady: () => ready(),
    onMessage: () => undefined,
    onDown: (reason) => downs.push(reason) > 0,
  });
  onTestFinished(() => child.stop(0));
  return { child, life: child.live(), isReady, downs, log };
}

test('errors of a process that runs, however many, do not end it or us', async () => {
  const started: ChildProcess[] = [];
  const note = (message: unknown): void => void started.push((message as { process: ChildProcess }).process);
  subscribe('child_process', note);
  onTestFinished(() => void unsubscribe('child_process', note));
  const { child, life, isReady, downs } = living('127.0.0.1');
  await Promise.race([isReady, life]);
  expect(downs).toEqual([]);
  for (let n = 0; n < 3; n++) started[0]?.emit('error', new Error('a signal could not be sent'));
  child.stop(9000);
  await life;
  expect(started).toHaveLength(1);
  expect(started[0]?.exitCode).toBe(0);
  expect(downs).toEqual([]);
});

test('a process whose event loop does not turn any more is killed', async () => {
  const { child, life, isReady, downs, log } = living('spins');
  await Promise.race([isReady, life]);
  child.send({ kind: 'capture-down', reason: 'any' });
  await life;
  expect(downs).toEqual(['signal SIGKILL']);
  expect(log.join('')).toContain('the engine process does not answer and is killed');
});
