/** The capture process is killed at any moment, again and again: what it answered 2xx is in both locations exactly once. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '#bench/generate/random.js';
import type { ChildMessage, ChildOptions } from '#server/supervisor/messages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { dataFiles, spoolLines } from './capturing.js';

const ENTRY = fileURLToPath(new URL('../../../dist/server/capture/capture-main.js', import.meta.url));
const CLIENTS = 8;
const KILLS = 4;

/** Start the process; resolves when it is ready. */
function started(data: string, port: number): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const options: ChildOptions = { data, dataset: 'analytics', host: '127.0.0.1', port };
  const child = fork(ENTRY, [JSON.stringify(options)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('message', (message: ChildMessage) => {
      if (message.kind === 'ready') resolve({ child, port: message.port });
      if (message.kind === 'failed') reject(new Error(message.message));
    });
  });
}

test('killed with SIGKILL while clients send', async () => {
  const data = temporaryFolder();
  const random = new Random(5);
  let now = await started(data, 0);
  let up: Promise<unknown> = Promise.resolve();
  const answered = new Set<string>();
  let deaths = 0;
  let killAt = 50;
  let running = true;

  const die = async (): Promise<void> => {
    const { child, port } = now;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    deaths++;
    killAt = answered.size + 30 + random.below(150);
    now = await started(data, port);
  };
  const client = async (name: number): Promise<void> => {
    for (let n = 0; running; n++) {
      const objects = Array.from({ length: 1 + (n % 3) }, (_, i) => `/${name}/${n}/${i}`);
      const body = JSON.stringify(objects.map((object) => ({ site: 'shop', object })));
      const status = await fetch(`http://127.0.0.1:${now.port}/sensor`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      }).then(
        (response) => response.status,
        () => undefined,
      );
      if (status === undefined) await up;
      else {
        expect(status).toBe(204);
        for (const object of objects) answered.add(object);
        if (answered.size >= killAt && deaths < KILLS) {
          killAt = Infinity;
          up = die();
          // Most requests under way go on, so that the end comes in the middle of them.
          if (name === 0) await up;
        }
      }
      if (deaths === KILLS && answered.size >= killAt) running = false;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  const ended = once(now.child, 'exit');
  now.child.send({ kind: 'stop' });
  expect(await ended).toEqual([0, null]);

  expect(deaths).toBe(KILLS);
  const folder = `${data}/analytics`;
  const objects = spoolLines(folder, 'oirawdata').map((line) => line['object'] as string);
  expect(spoolLines(folder, 'sesrawdata').map((line) => line['object'])).toEqual(objects);
  expect(new Set(objects).size).toBe(objects.length);
  expect([...answered].filter((object) => !objects.includes(object))).toEqual([]);
  const files = [...dataFiles(folder, 'oirawdata'), ...dataFiles(folder, 'sesrawdata')].map(({ file }) => file);
  expect(files.filter((file) => file.endsWith('.temp'))).toEqual([]);
  expect(files.length).toBeGreaterThan(2);
});
