/** The supervisor with the capture process and a process in the place of the engine's, which tells what it hears. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { BackOff } from '#server/supervisor/back-off.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { dataFiles } from '../capture/capturing.js';
import { soon } from '../../support/soon.js';

interface Supervised {
  readonly process: ChildProcess;
  readonly data: string;
  /** Log lines of all processes. */
  log(): Record<string, unknown>[];
  heard(): Record<string, unknown>[];
  readonly ended: Promise<unknown[]>;
  readonly stdout: () => string;
}

function supervised(behaviour = '127.0.0.1', settings: object = {}, environment: NodeJS.ProcessEnv = {}): Supervised {
  const data = temporaryFolder();
  mkdirSync(path.join(data, 'analytics'));
  writeFileSync(path.join(data, 'analytics/dataset.json'), JSON.stringify(settings));
  const fixture = fileURLToPath(new URL('fixtures/supervise.mjs', import.meta.url));
  const child = spawn(process.execPath, [fixture, data, behaviour], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  const jsonLines = (text: string): Record<string, unknown>[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const heard = path.join(data, 'heard.jsonl');
  return {
    process: child,
    data,
    ended: once(child, 'close'),
    stdout: () => stdout,
    log: () => jsonLines(stderr),
    heard: () => (existsSync(heard) ? jsonLines(readFileSync(heard, 'utf8')) : []),
  };
}

const ready = async (s: Supervised): Promise<{ capture: number; engine: number }> => {
  await soon(() => expect(s.stdout()).toContain('\n'));
  return JSON.parse(s.stdout()) as { capture: number; engine: number };
};
const pidOf = (s: Supervised, name: string): number =>
  s.log().findLast((line) => line['msg'] === `the ${name} process is ready`)?.['pid'] as number;
const post = (port: number): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/sensor`, { method: 'POST', body: '{"site":"shop","object":"/a"}' }).then((r) => r.status);

test('passes on what the capture tells, and lets both finish at SIGTERM', async () => {
  const s = supervised('127.0.0.1', { sensor: { thresholdTime: '200ms' } });
  const { capture, engine } = await ready(s);
  expect(engine).toBe(4711);
  expect(await post(capture)).toBe(204);
  await soon(() => {
    const heard = s.heard();
    expect(heard.find((m) => m['kind'] === 'capture')).toMatchObject({ status: { state: 'OK', port: capture } });
    expect(heard.find((m) => m['kind'] === 'closed')).toEqual({
      kind: 'closed',
      package: expect.stringMatching(/^oirawdata\/\d{4}\/\d\d\/\d\d\/sensor-000002-\d+$/),
    });
  });
  expect(await post(capture)).toBe(204);
  s.process.kill('SIGTERM');
  expect(await s.ended).toEqual([0, null]);
  expect(s.heard().filter((m) => m['kind'] === 'stop')).toHaveLength(1);
  expect(dataFiles(path.join(s.data, 'analytics'), 'oirawdata').map(({ file }) => path.basename(file))).toEqual(['data.txt', 'data.txt']);
});

test('malloc of the engine process leaves no more than a little of what is free, unless its user says otherwise', async () => {
  const s = supervised('127.0.0.1', {}, { MALLOC_TRIM_THRESHOLD_: '4194304' });
  await ready(s);
  expect(s.heard()[0]).toMatchObject({ kind: 'started', malloc: { large: '1048576', left: '4194304' } });
});

test('a process that is killed is started again on its port, and the log says why', async () => {
  const s = supervised();
  const { capture } = await ready(s);
  const first = pidOf(s, 'capture');
  process.kill(first, 'SIGKILL');
  await soon(() => expect(pidOf(s, 'capture')).not.toBe(first));
  expect(await post(capture)).toBe(204);
  expect(s.heard().find((m) => m['kind'] === 'capture-down')).toEqual({ kind: 'capture-down', reason: 'signal SIGKILL' });

  process.kill(pidOf(s, 'engine'), 'SIGKILL');
  await soon(() => expect(s.heard().filter((m) => m['kind'] === 'started')).toHaveLength(2));
  expect(s.heard().findLast((m) => m['kind'] === 'started')).toMatchObject({ port: 4711 });
  expect(s.log().filter((line) => line['level'] === 'warn')).toMatchObject([
    { msg: 'the capture process ended and is started again', reason: 'signal SIGKILL', waitMs: 200 },
    { msg: 'the engine process ended and is started again', reason: 'signal SIGKILL', waitMs: 200 },
  ]);
  expect(s.stdout().trim().split('\n')).toHaveLength(1);
  s.process.kill('SIGTERM');
  expect(await s.ended).toEqual([0, null]);
});

test('children whose supervisor is killed finish and end', async () => {
  const s = supervised();
  const { capture } = await ready(s);
  expect(await post(capture)).toBe(204);
  const pids = [pidOf(s, 'capture'), pidOf(s, 'engine')];
  s.process.kill('SIGKILL');
  await soon(() => {
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
  expect(dataFiles(path.join(s.data, 'analytics'), 'sesrawdata')).toMatchObject([{ file: expect.stringMatching(/data\.txt$/) }]);
});

test('a process that does not end is killed in time', async () => {
  const s = supervised('deaf');
  await ready(s);
  s.process.kill('SIGTERM');
  expect(await s.ended).toEqual([0, null]);
  expect(s.log().at(-1)).toMatchObject({ msg: 'the engine process did not end in time and is killed' });
});

test.each([
  ['bad-settings', 'TM_ERR_SETTINGS', 2],
  ['no-port', 'TM_ERR_LISTEN', 1],
])('what no second start mends ends all: %s', async (behaviour, code, exitCode) => {
  const s = supervised(behaviour);
  expect(await s.ended).toEqual([exitCode, null]);
  expect(JSON.parse(s.stdout())).toEqual({ code });
});

test('back-off: doubles from 0.2 s to 30 s, and begins anew after a minute up', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 10 }, () => backOff.next(100));
  expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  expect(backOff.next(60_000)).toBe(200);
  expect(backOff.next(59_999)).toBe(400);
  expect(Array.from({ length: 6 }, () => backOff.next(100, 3000))).toEqual([800, 1600, 3000, 3000, 3000, 3000]);
});
