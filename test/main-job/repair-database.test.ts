/* A database whose file is damaged is told to be, and `repair --database` makes it again; with a budget of memory that is given. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { withoutBeans } from '#engine/work-package.js';
import { openForWriting } from '#server/dataset.js';
import { databaseOf, prepareDataset, trafficBytes, working, importing } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillHere, tidemillJson } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';
import { tablesOf } from './tables.js';

let data: string;
let lines: string;
let database: string;

beforeEach(async () => {
  data = temporaryFolder();
  database = databaseOf(data);
  lines = path.join(temporaryFolder(), 'lines.jsonl');
  writeFileSync(lines, trafficBytes({ impressions: 300, days: 2, start: '2016-02-29', seed: 81 }));
  await tidemillJson(['run', lines, '--data', data, '--memory', '256MiB']);
});

/** One bit of its head. */
function damage(): void {
  const bytes = readFileSync(database);
  bytes[600] = (bytes[600] as number) ^ 1;
  writeFileSync(database, bytes);
}

test('what is damaged is named with what helps, and that helps', async () => {
  const before = await tablesOf(database);
  damage();
  const damaged = readFileSync(database);
  for (const command of [['verify'], ['export', 'l3_object', '--format', 'csv'], ['process', '--close']]) {
    const { code, stderr } = await tidemillHere([...command, '--data', data]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/analytics\.duckdb is damaged.*\(TM_ERR_DATABASE_DAMAGED\)\n.*tidemill repair --database/),
    ]);
    expect(stderr).not.toMatch(/password|permission/);
  }
  const { code, stdout, stderr } = await tidemillHere(['repair', '--database', '--data', data]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`${database}.damaged`);
  expect(stdout).toMatch(/SessionInjection +2 /);
  expect(readFileSync(`${database}.damaged`)).toEqual(damaged);
  expect(await tablesOf(database)).toEqual(before);
  expect(await differences(database, [lines])).toEqual([]);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true }]);
  // Another time it takes another name.
  expect(await tidemillJson(['repair', '--database', '--data', data])).toMatchObject([
    { aside: `${database}.damaged-2`, purged: 0, failed: [] },
  ]);
  expect(await tablesOf(database)).toEqual(before);
});

test('sums of open periods that had been injected come back, and others do not come with them', async () => {
  const open = temporaryFolder();
  prepareDataset(open);
  const clock = (): number => Date.UTC(2016, 2, 1, 12);
  const later = path.join(path.dirname(lines), 'later.jsonl');
  writeFileSync(later, trafficBytes({ impressions: 50, days: 1, start: '2016-04-10', seed: 82 }));
  await working(open, { clock }, async (workshop) => {
    await importing(workshop, [lines]);
    await workshop.process({ close: true });
  });
  await working(open, {}, (workshop) => importing(workshop, [later]));
  const before = await tablesOf(databaseOf(open));
  await working(open, { clock }, async (workshop, dataset) => {
    const { setDatabaseAside } = await import('#server/injection/rebuild-database.js');
    await setDatabaseAside(dataset.database);
    expect(existsSync(dataset.database)).toBe(false);
    const { failed } = await workshop.process({ close: 'lost' });
    expect(failed).toEqual([]);
  });
  const after = await tablesOf(databaseOf(open));
  expect(after['l3_session']).toBe(before['l3_session']);
  expect(after['l3_visitor']).toBe(before['l3_visitor']);
});

test('it says how many sums are lost for good, and needs to be told what to repair', async () => {
  const dataset = await openForWriting({ data, name: 'analytics', environment: {} });
  const [sums] = dataset.store.packages('sesprocessed');
  await dataset.store.commit({ create: [{ package: withoutBeans(sums!), files: [] }] });
  await dataset.store.close();
  expect(readdirSync(path.dirname(database))).not.toContain('analytics.duckdb.damaged');
  const { code, stdout } = await tidemillHere(['repair', '--database', '--data', data]);
  expect(code).toBe(0);
  expect(stdout).toContain('The sums of 1 injections cannot be made again');
  const postgres = await tidemillHere(['repair', '--database', '--data', data, '--db', 'postgres://localhost:1/x']);
  expect(postgres).toMatchObject({ code: 2, stderr: expect.stringContaining('TM_ERR_USAGE') as string });
  expect(await tidemillHere(['verify', '--data', data, '--memory', '1MiB'])).toMatchObject({ code: 2 });
});
