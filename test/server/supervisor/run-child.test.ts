import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ENTRY = fileURLToPath(new URL('../../../dist/server/capture/capture-main.js', import.meta.url));

test('a process whose supervisor goes before it has begun does not stay behind', async () => {
  const options = { data: temporaryFolder(), dataset: 'analytics', host: '127.0.0.1', port: 0 };
  const child = fork(ENTRY, [JSON.stringify(options)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([0, null]);
});
