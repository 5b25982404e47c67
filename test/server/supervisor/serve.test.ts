/** `tidemill serve` on the command line, as far as it is the supervisor's. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDataset } from '#server/supervisor/serve-lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ended, startTidemill, tidemill, type Ended } from '../../support/tidemill.js';

test('a second one on the same dataset says so', async () => {
  const data = temporaryFolder();
  const lock = await lockDataset(path.join(data, 'analytics'));
  const { code, stdout, stderr } = await tidemill(['serve', '--data', data, '--api-port', '0', '--sensor-port', '0']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^tidemill: another tidemill serve runs on .*\(TM_ERR_SERVE_RUNNING\)\n/);
  lock.release();
});

/** Start it; resolves with what it prints first. */
async function serving(
  data: string,
  ...more: string[]
): Promise<{ readonly child: ChildProcess; readonly line: string; readonly ended: Promise<Ended> }> {
  const child = startTidemill(['serve', '--data', data, '--workers', '1', '--sensor-port', '0', ...more]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = ended(child);
  const [line] = (await Promise.race([once(child.stdout!, 'data'), end.then(({ stderr }) => Promise.reject(new Error(stderr)))])) as [
    Buffer,
  ];
  return { child, line: line.toString(), ended: end };
}

test('it says when it is ready and where, takes impressions, and ends well at SIGTERM', async () => {
  const data = temporaryFolder();
  const { child, line, ended: end } = await serving(data, '--api-port', '0');
  const [, api, sensor] = /^tidemill: ready; panel and API on (http:\S+:\d+), sensor on (http:\S+:\d+)\n$/.exec(line) ?? [];
  expect((await fetch(`${api}/healthz`)).status).toBe(200);
  const sent = await fetch(`${sensor}/sensor`, { method: 'POST', body: '{"site":"shop","object":"/a"}' });
  expect(sent.status).toBe(204);
  child.kill('SIGTERM');
  const { code, stderr } = await end;
  expect(code).toBe(0);
  const log = stderr
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(log.find((l) => l['msg'] === 'ready')).toMatchObject({ api, sensor, process: 'supervisor' });
});

test('a port that is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(serving(temporaryFolder(), '--api-port', String(port))).rejects.toThrow('(TM_ERR_LISTEN)');
  const { code, stderr } = await tidemill(['serve', '--data', temporaryFolder(), '--api-port', '0', '--sensor-port', String(port)]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tidemill: the sensor cannot listen on 127\.0\.0\.1:\d+: .*\(TM_ERR_LISTEN\)$/m);
});

test('wrong settings and wrong options', async () => {
  const data = temporaryFolder();
  mkdirSync(path.join(data, 'analytics'));
  writeFileSync(path.join(data, 'analytics/dataset.json'), '{"sensor":{"ingestToken":"short"}}');
  const wrong = await tidemill(['serve', '--data', data]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/sensor\.ingestToken: must be a token: 16 to 256[^]*TM_ERR_SETTINGS/);
  expect((await tidemill(['serve', '--api-port', '65536'])).code).toBe(2);
});
