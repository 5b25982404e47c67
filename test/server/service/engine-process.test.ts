/* The engine process as the supervisor starts it: ready, drained, killed. */
import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Random } from '#bench/generate/random.js';
import { openForReading } from '#server/dataset.js';
import { databaseOf, linesOf, prepareDataset, trafficBytes } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { spooled } from '../../support/service.js';
import { tidemillJson } from '../../support/tidemill.js';
import { differences } from '../../oracle/oracle.js';
import { soon } from '../../support/soon.js';

const MAIN = fileURLToPath(new URL('service/engine-main.js', import.meta.resolve('#server/dataset.js')));

interface Engine {
  readonly process: ChildProcess;
  readonly port: number;
  readonly ended: Promise<number | string | null>;
}

async function engine(data: string): Promise<Engine> {
  const options = { data, dataset: 'analytics', workers: 2, port: 0, host: '127.0.0.1' };
  const child = fork(MAIN, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | string | null>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const ready = new Promise<number>((resolve) =>
    child.on('message', (message: { kind: string; port: number }) => {
      if (message.kind === 'ready') resolve(message.port);
    }),
  );
  const port = await Promise.race([ready, ended.then((how) => Promise.reject(new Error(`the engine ended: ${String(how)} ${stderr}`)))]);
  return { process: child, port, ended };
}

interface Status {
  readonly scheduler: { readonly ready: number; readonly running: number };
  readonly agent: { readonly state: string; readonly waiting: number; readonly packagesMoved: number };
}

const statusOf = async ({ port }: Engine): Promise<Status> =>
  (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json() as Promise<Status>;

/** Half the lines have an id. */
function someTraffic(): string[] {
  return linesOf(trafficBytes({ impressions: 900, days: 2, start: '2016-02-28', seed: 5 })).map((l, i) =>
    i % 2 === 0 ? l.toString() : `${JSON.stringify({ ...(JSON.parse(l.toString()) as object), id: `id-${i}` })}\n`,
  );
}

test('killed at any instant, it loses nothing and counts nothing twice', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  const random = new Random(11);
  const lines = someTraffic();
  let n = 0;
  let sent = 0;
  const send = (count: number): void => {
    for (let i = 0; i < count && sent < lines.length; i++) {
      const some = lines.slice(sent, (sent += 75)).join('');
      for (const location of ['oirawdata', 'sesrawdata']) spooled(data, location, '2016-02-29', ++n, some);
    }
  };
  for (let kills = 0; kills < 5; kills++) {
    send(3);
    const running = await engine(data);
    await setTimeout(random.below(600));
    running.process.kill('SIGKILL');
    expect(await running.ended).toBe('SIGKILL');
  }
  send(100);
  const last = await engine(data);
  last.process.send({ kind: 'closed', package: 'any' });
  await vi.waitFor(
    async () => {
      const { scheduler, agent } = await statusOf(last);
      expect({ scheduler, agent }).toMatchObject({ scheduler: { ready: 0, running: 0 }, agent: { state: 'idle', waiting: 0 } });
      const dataset = await openForReading({ data, name: 'analytics', environment: {} });
      try {
        const accepted = dataset.store.packages('oirawdata').reduce((sum, p) => sum + (p.counters['accepted'] ?? 0), 0);
        expect(accepted).toBe(lines.length);
        expect(dataset.store.packages('vismonthinjected').length).toBeGreaterThan(0);
      } finally {
        await dataset.store.close();
      }
    },
    { timeout: 60_000, interval: 200 },
  );
  last.process.send({ kind: 'stop' });
  expect(await last.ended).toBe(0);
  const all = path.join(data, 'all.jsonl');
  writeFileSync(all, lines.join(''));
  expect(await differences(databaseOf(data), [all])).toEqual([]);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

test('it says where the API is, hears of the capture, and ends when its parent is gone', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  const running = await engine(data);
  const capture = {
    state: 'WARNING',
    since: 1,
    port: 7,
    queue: 5,
    warnSize: 4,
    maxSize: 9,
    accepted: 3,
    rejected: 2,
    refused: 1,
    perSecond: 1,
    open: null,
  };
  running.process.send({ kind: 'capture', status: capture });
  await soon(async () => expect(await statusOf(running)).toMatchObject({ capture }));
  running.process.send({ kind: 'capture-down', reason: 'killed' });
  await soon(async () => expect(await statusOf(running)).toMatchObject({ capture: { state: 'DOWN', port: 7, accepted: 3 } }));
  running.process.disconnect();
  expect(await running.ended).toBe(0);
});
