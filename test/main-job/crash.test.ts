/* A process that is killed at any instant loses nothing and counts nothing twice: the next run goes on. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '#bench/generate/random.js';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { openDatabase } from '#server/database/open-database.js';
import { openForReading } from '#server/dataset.js';
import { verify } from '#server/verification/verify.js';
import { databaseOf, prepareDataset, trafficBytes } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ended, startTidemill, tidemill, tidemillHere, tidemillJson } from '../support/tidemill.js';
import { digests } from './digests.js';
import { tablesOf } from './tables.js';

const folder = temporaryFolder();
const lines = path.join(folder, 'lines.jsonl');
let undisturbed: { tables: Record<string, string>; beans: Record<string, string>; ms: number };

async function stateOf(data: string): Promise<{ tables: Record<string, string>; beans: Record<string, string> }> {
  const tables = await tablesOf(databaseOf(data));
  const dataset = await openForReading({ data, name: 'analytics', environment: {} });
  try {
    return { tables, beans: digests(dataset) };
  } finally {
    await dataset.store.close();
  }
}

/** Files below a dataset's store that are of no package, apart from what was set aside. */
async function strayFiles(data: string): Promise<string[]> {
  const { store, topology } = await openForReading({ data, name: 'analytics', environment: {} });
  try {
    const known = new Set<string>();
    for (const name of topology.locations.keys()) {
      for (const p of store.packages(name))
        for (const file of [...p.parts, ...(p.rejects === undefined ? [] : [p.rejects]), { name: 'package' }])
          known.add(store.file(p, file));
    }
    const below = path.join(data, 'analytics', 'store');
    const files = readdirSync(below, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    return files
      .map((e) => path.join(e.parentPath, e.name))
      .filter((file) => !known.has(file) && path.dirname(file) !== below && !file.startsWith(path.join(below, 'set-aside')));
  } finally {
    await store.close();
  }
}

/** What is in a folder; nothing where there is none, or none any more. */
function namesIn(at: string): string[] {
  try {
    return readdirSync(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Start the main job and kill it when `when` holds; false where it came to its end before. */
async function killWhen(data: string, when: () => boolean): Promise<boolean> {
  const child = startTidemill(['run', lines, '--data', data, '--workers', '2']);
  child.stdin?.end();
  const poll = setInterval(() => {
    if (when()) child.kill('SIGKILL');
  }, 1);
  const { code, signal, stderr } = await ended(child);
  clearInterval(poll);
  if (signal === 'SIGKILL') return true;
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return false;
}

/** Let it come to its end. */
async function goOn(data: string): Promise<void> {
  expect(await tidemillHere(['run', lines, '--data', data, '--workers', '2'])).toMatchObject({ code: 0, stderr: '' });
}

/** See that all is as if nothing had happened. */
async function expectUndisturbed(data: string): Promise<void> {
  const { tables, beans } = await stateOf(data);
  expect(tables).toEqual(undisturbed.tables);
  expect(beans).toEqual(undisturbed.beans);
  expect(await strayFiles(data)).toEqual([]);
  const dataset = await openForReading({ data, name: 'analytics', environment: {} });
  const database = await openDatabase(dataset.database, { threads: 1 });
  try {
    const { store, topology } = dataset;
    expect(await verify(store, topology, new InlineExecutor(), database, () => undefined)).toMatchObject({ stale: 0 });
    const jobs = store.jobs();
    expect(jobs.filter((j) => j.state !== 'succeeded')).toEqual([]);
    expect(new Set(jobs.map((j) => j.output)).size).toBe(jobs.length);
  } finally {
    await database.close();
    await dataset.store.close();
  }
}

beforeAll(async () => {
  // Two days of two months and one ISO week, with ids and with lines that are rejected.
  const traffic = trafficBytes({ impressions: 500, days: 2, start: '2016-02-29', seed: 41 }).toString();
  const withIds = traffic.split('\n').map((l, i) => (i % 9 === 0 && l !== '' ? l.replace('{', `{"id":"i${i % 5}",`) : l));
  writeFileSync(lines, `${withIds.join('\n')}nonsense\n`);
  const data = path.join(folder, 'undisturbed');
  prepareDataset(data);
  const started = performance.now();
  expect(await tidemill(['run', lines, '--data', data, '--workers', '2'])).toMatchObject({ code: 0, stderr: '' });
  undisturbed = { ms: performance.now() - started, ...(await stateOf(data)) };
});

describe('killed again and again', () => {
  const KILLS = 9;
  test.for([1, 2, 3, 4, 5, 6])(`at ${KILLS} instants of seed %i`, async (seed) => {
    const random = new Random(seed, 0);
    for (let kills = 0, n = 0; kills < KILLS; n++) {
      const data = path.join(folder, `seed-${seed}-${n}`);
      prepareDataset(data);
      let finished = false;
      for (let runs = 0; !finished && kills < KILLS; runs++) {
        const started = performance.now();
        // The later instants of a run are those of jobs that only a run that got so far has; what goes on takes less than a whole.
        const at = started + undisturbed.ms * (0.1 + (runs === 0 ? 0.8 : 0.5) * random.unit());
        finished = !(await killWhen(data, () => performance.now() >= at));
        if (!finished) kills++;
        // It was to be killed before its end: what a run takes is less than it was when the machine had more to do.
        else if (runs === 0) undisturbed.ms = performance.now() - started;
      }
      if (!finished) await goOn(data);
      await expectUndisturbed(data);
    }
  });
});

test('killed as soon as something is there', async () => {
  const data = path.join(folder, 'something');
  const dataset = path.join(data, 'analytics');
  const store = path.join(dataset, 'store');
  const has = (at: string, prefix = ''): boolean => namesIn(at).some((name) => name.startsWith(prefix));
  const filled = (at: string, prefix: string): boolean =>
    namesIn(at).some((name) => name.startsWith(prefix) && namesIn(path.join(at, name)).length > 0);
  const scratch = path.join(store, 'scratch');
  const events: Record<string, () => boolean> = {
    'a file of the import': () => filled(scratch, 'import-'),
    'raw packages': () => has(path.join(store, 'oirawdata')),
    'all raw packages': () => has(path.join(store, 'sesrawdata', '2016', '03')),
    'a file of a job': () => filled(scratch, 'job_'),
    'the database': () => existsSync(path.join(dataset, 'analytics.duckdb')),
    'sums of objects': () => has(path.join(store, 'oiprocessed', '2016')),
    'a transaction of the database': () => existsSync(path.join(dataset, 'analytics.duckdb.wal')),
    ...Object.fromEntries(
      ['sesdata', 'visdata', 'sesprocessed', 'visprocessed', 'visweekdata', 'visweekprocessed', 'vismonthprocessed'].map((location) => [
        location,
        () => has(path.join(store, location, '2016')),
      ]),
    ),
  };
  prepareDataset(data);
  const killed: string[] = [];
  for (const [what, holds] of Object.entries(events)) {
    // What the last run has left does not count; what is made anew in every run is waited for once more.
    if (holds() && !/job|transaction/.test(what)) continue;
    if (await killWhen(data, holds)) killed.push(what);
  }
  // Which ones come at all depends on how many were there when the one before was killed.
  expect(killed).toContain('a file of the import');
  expect(killed.length).toBeGreaterThan(3);
  await goOn(data);
  await expectUndisturbed(data);
});

test.for(['dataset.json', 'visitor.key', path.join('store', 'data.mdb')])('killed when a new dataset gets its %s', async (file) => {
  const data = path.join(folder, `new-${path.basename(file)}`);
  await killWhen(data, () => existsSync(path.join(data, 'analytics', file)));
  expect(await tidemillJson(['run', lines, '--data', data])).toMatchObject([{ failed: [] }]);
  expect(await tablesOf(databaseOf(data))).toEqual(undisturbed.tables);
});
