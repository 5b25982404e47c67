/* Logs that grow, are rotated and compressed while they are read on a schedule. */
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { filesOf } from '#server/agent/glob.js';
import { beansOf, readPart } from '#engine/index.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import { importFiles } from '#server/acquisition/import-files.js';
import { openForWriting, type Dataset } from '#server/dataset.js';
import { parserOf } from '#server/workshop.js';
import { prepareDataset } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ManualClock, serving, type Served } from '../../support/service.js';
import { soon } from '../../support/soon.js';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const TEN_MINUTES = 600_000;
const logLine = (object: string): string =>
  `192.0.2.1 - - [02/Mar/2026:11:00:00 +0000] "GET ${object} HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n`;

function objects({ store, topology }: Dataset): unknown[] {
  const type = topology.location('oirawdata').holds[0]!;
  const all = store.packages('oirawdata').flatMap((p) => store.files(p).flatMap((f) => [...readPart(f)]));
  return all.flatMap((b) => [...beansOf(type, b)].map((bean) => bean['object'])).toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** Ten minutes later, when the source has been looked at. */
async function tick({ clock, service }: Served): Promise<void> {
  clock.pass(TEN_MINUTES);
  const looked = (): void => {
    for (const { lastRunAt, nextRunAt } of service.status().agent.sources) {
      expect(lastRunAt).toBeGreaterThan(clock.now() - TEN_MINUTES);
      expect(nextRunAt).toBeGreaterThan(clock.now());
    }
    expect(service.status().agent.state).toBe('idle');
  };
  await soon(looked);
}

test('growing, rotated, compressed, in the middle of a line: every line is read once', async () => {
  const data = temporaryFolder();
  prepareDataset(data, {
    settings: { sources: [{ name: 'shop', path: 'logs/access.log*', site: 'shop', cron: '*/10 * * * *', keep: ['bot'] }] },
  });
  const logs = path.join(data, 'analytics/logs');
  mkdirSync(logs);
  const log = path.join(logs, 'access.log');
  const clock = new ManualClock(NOON);
  writeFileSync(log, logLine('/1'));
  await serving(data, clock, async (served) => {
    const { service } = served;
    expect(service.status().agent.sources).toEqual([
      { name: 'shop', path: path.join(logs, 'access.log*'), cron: '*/10 * * * *', nextRunAt: NOON + TEN_MINUTES, files: 0, lines: 0 },
    ]);
    await tick(served);
    expect(objects(service.dataset)).toEqual(['/1']);

    // Half a line is not read until it is whole.
    appendFileSync(log, `${logLine('/2')}${logLine('/3').slice(0, 60)}`);
    await tick(served);
    expect(objects(service.dataset)).toEqual(['/1', '/2']);
    appendFileSync(log, logLine('/3').slice(60));
    await tick(served);
    expect(objects(service.dataset)).toEqual(['/1', '/2', '/3']);

    // Rotated, with a line that came between.
    appendFileSync(log, logLine('/4'));
    renameSync(log, `${log}.1`);
    writeFileSync(log, logLine('/5'));
    await tick(served);
    expect(objects(service.dataset)).toEqual(['/1', '/2', '/3', '/4', '/5']);
    writeFileSync(`${log}.2.gz`, gzipSync([1, 2, 3, 4].map((n) => logLine(`/${n}`)).join('')));
    renameSync(log, `${log}.1`);
    writeFileSync(log, logLine('/6').trimEnd());
    await tick(served);
    await tick(served);
    expect(objects(service.dataset)).toEqual(['/1', '/2', '/3', '/4', '/5', '/6']);
    expect(service.status().agent.sources[0]).toMatchObject({ lines: 6 });
    expect(served.log.filter((l) => l['msg'] === 'a log is read')[0]).toMatchObject({
      source: 'shop',
      file: log,
      read: 1,
      accepted: 1,
      rejected: 0,
    });
    // One entry a content that there is, however often it has grown.
    expect(service.dataset.store.records('import')).toHaveLength(3);
  });
  appendFileSync(log, `\n${logLine('/7')}`);
  await serving(data, clock, async (served) => {
    await tick(served);
    expect(objects(served.service.dataset)).toEqual(['/1', '/2', '/3', '/4', '/5', '/6', '/7']);
    expect(served.service.status().agent.sources[0]).toMatchObject({ files: 1, lines: 1 });
  });
});

test('what is known of a log that has grown is compared in the pool', async () => {
  const data = temporaryFolder();
  prepareDataset(data);
  const log = path.join(data, 'access.log');
  const dataset = await openForWriting({ data, name: 'analytics', environment: {} });
  const labels: string[] = [];
  const pool = new PoolExecutor(1, { onTask: (event) => labels.push(event.label) });
  const read = async () => {
    const { sources } = await importFiles([log], dataset.store, pool, NOON, {
      format: 'combined',
      parser: parserOf(dataset, NOON, 'shop', ['bot']),
    });
    return [sources[0]?.state, labels.splice(0).includes('import compareBeginning')];
  };
  try {
    writeFileSync(log, logLine('/1'));
    expect(await read()).toEqual(['new', false]);
    appendFileSync(log, logLine('/2'));
    expect(await read()).toEqual(['grown', true]);
    expect(await read()).toEqual(['known', true]);
  } finally {
    await pool.close();
    await dataset.store.close();
  }
});

test('a file that is not there, or is no log, is told of, and the others are read', async () => {
  const data = temporaryFolder();
  const missing = path.join(data, 'missing.log');
  prepareDataset(data, { settings: { sources: [{ path: missing }, { path: path.join(data, '*.txt'), keep: ['bot'] }] } });
  writeFileSync(path.join(data, 'a.txt'), Buffer.from([0, 1, 2, 3, 255, 10]));
  writeFileSync(path.join(data, 'b.txt'), logLine('/b'));
  await serving(data, new ManualClock(NOON), async (served) => {
    const { service, log } = served;
    await tick(served);
    const [first, second] = service.status().agent.sources;
    expect(first).toMatchObject({ name: missing, lastError: { code: 'TM_ERR_IMPORT_NO_FILE' } });
    expect(second).toMatchObject({ lastError: { code: 'TM_ERR_IMPORT_BINARY' }, lines: 1 });
    expect(log.filter((l) => l['msg'] === 'a source cannot be read')).toHaveLength(2);
    expect(objects(service.dataset)).toEqual(['/b']);
    rmSync(path.join(data, 'a.txt'));
    await tick(served);
    expect(service.status().agent.sources[1]).not.toHaveProperty('lastError');
  });
});

test('patterns', async () => {
  const root = temporaryFolder();
  for (const file of ['a.log', 'b.log.1', '.hidden.log', 'x/c.log', 'x/y/d.log', 'x/y/(e).log']) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), '');
  }
  const names = async (pattern: string): Promise<string[]> => (await filesOf(path.join(root, pattern))).map((f) => path.relative(root, f));
  expect(await names('*.log')).toEqual(['a.log']);
  expect(await names('?.log*')).toEqual(['a.log', 'b.log.1']);
  expect(await names('**/*.log')).toEqual(['a.log', 'x/c.log', 'x/y/(e).log', 'x/y/d.log']);
  expect(await names('x/*/(e).log')).toEqual(['x/y/(e).log']);
  expect(await names('.*.log')).toEqual(['.hidden.log']);
  expect(await names('nowhere/*')).toEqual([]);
  expect(await names('x')).toEqual([]);
});
