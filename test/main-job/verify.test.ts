/* `verify` names the place where stored data is not what it was, and `process` fills a database anew. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { open, type RootDatabase } from 'lmdb';
import { beforeAll, expect, test } from 'vitest';
import { packRecord, unpackRecord } from '#engine/store/record.js';
import { withoutBeans } from '#engine/work-package.js';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import type { TidemillError, WorkPackage } from '#engine/index.js';
import { openDatabase } from '#server/database/open-database.js';
import { openForReading, openForWriting } from '#server/dataset.js';
import { verify } from '#server/verification/verify.js';
import { databaseOf, line, processing, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill, tidemillHere, tidemillJson } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';

const folder = temporaryFolder();
const whole = path.join(folder, 'whole');
const lines = path.join(folder, 'lines.jsonl');
let copies = 0;

beforeAll(async () => {
  writeFileSync(
    lines,
    Buffer.concat([trafficBytes({ impressions: 400, days: 2, start: '2016-02-29', seed: 71 }), Buffer.from(`rejected\n${line(1)}`)]),
  );
  await tidemillJson(['run', lines, '--data', whole]);
});

function copy(): string {
  const data = path.join(folder, `copy-${copies++}`);
  cpSync(whole, data, { recursive: true });
  return data;
}

async function packageOf(data: string, location: string): Promise<{ path: string; folder: string }> {
  const [p] = (await tidemillJson(['locations', location, '--data', data])) as { path: string }[];
  return { path: p!.path, folder: path.join(data, 'analytics', 'store', ...p!.path.split('/').slice(2)) };
}

async function sql(data: string, statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(databaseOf(data));
  const connection = await instance.connect();
  await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** The work of the command, in this process. */
async function verified(data: string): Promise<void> {
  const { store, topology } = await openForReading({ data, name: 'analytics', environment: {} });
  const database = await openDatabase(databaseOf(data), { threads: 1 });
  const executor = new InlineExecutor();
  try {
    await verify(store, topology, executor, database, () => undefined);
  } finally {
    await executor.close();
    await database.close();
    await store.close();
  }
}

/** That it fails, and what it says. */
async function complaint(data: string, code: string): Promise<string> {
  const error = await verified(data).then(
    () => undefined,
    (e: unknown) => e as TidemillError,
  );
  expect(error).toMatchObject({ code, exitCode: 1 });
  return error?.message ?? '';
}

test('what came late, and what is to be made of it', async () => {
  const data = copy();
  const late = path.join(folder, 'late.jsonl');
  writeFileSync(late, line(Date.parse('2016-02-29T12:00:00Z')));
  await tidemillJson(['import', late, '--data', data]);
  const { code, stdout } = await tidemillHere(['verify', '--data', data]);
  expect(code).toBe(0);
  // Of the package that came: its own sums, and the sessions of its day.
  expect(stdout).toMatch(/\n2 jobs are due; tidemill process runs those whose period is over\.\n$/);
  await tidemillJson(['process', '--data', data]);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0, due: 0 }]);
});

test('what is as it was', async () => {
  const { code, stdout, stderr } = await tidemill(['verify', '--data', whole]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^\d+ packages, \d+ parts \(.* KiB\): every checksum is right\.\n[\d,]+ counts agree, from raw lines to the database\.\n$/,
  );
});

test('what is not, on the command line', async () => {
  const data = copy();
  await sql(data, 'update l3_object set views = views + 1');
  const { code, stdout, stderr } = await tidemill(['verify', '--data', data]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^tidemill: l3_object, day .* \(TM_ERR_VERIFY\)\n {2}Stored data/);
});

test.for<[location: string, part: string]>([
  ['oirawdata', 'part-00000'],
  ['sesdata', 'part-00000'],
  ['visweekprocessed', 'part-00000'],
  ['oirawdata', 'rejects'],
])('a byte of a part of %s: %s is named', async ([location, name]) => {
  const data = copy();
  const packages = (await tidemillJson(['locations', location, '--data', data])) as { path: string }[];
  const parts = packages.map((p) => path.join(data, 'analytics', 'store', ...p.path.split('/').slice(2), name));
  const part = parts.find((at) => existsSync(at))!;
  const bytes = readFileSync(part);
  bytes[bytes.length >> 1]! ^= 0x10;
  writeFileSync(part, bytes);
  expect(await complaint(data, 'TM_ERR_BLOCK_CORRUPT')).toContain(part);
});

test.each(['lines.jsonl', 'timeZone'])('a bit of a record other than of a package (%s)', async (text) => {
  const data = copy();
  const file = path.join(data, 'analytics/store/data.mdb');
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) bytes[at + 1]! ^= 1;
  writeFileSync(file, bytes);
  await expect(verified(data)).rejects.toMatchObject({ code: 'TM_ERR_STORE_CORRUPT' });
});

test('a part that is gone or cut off', async () => {
  const data = copy();
  const { folder: at } = await packageOf(data, 'sesprocessed');
  const part = path.join(at, 'part-00000');
  writeFileSync(part, readFileSync(part).subarray(0, 100));
  expect(await complaint(data, 'TM_ERR_BLOCK_CORRUPT')).toContain(part);
  rmSync(part);
  expect(await complaint(data, 'TM_ERR_BLOCK_CORRUPT')).toContain(part);
});

test.for<[statement: string, named: RegExp]>([
  ["delete from l3_object where granularity = 'day' and rowid = (select min(rowid) from l3_object)", /l3_object, day 2016-0\d-\d\d: views/],
  ["update l3_visitor set visitors = visitors + 1 where granularity = 'week'", /l3_visitor, week 2016-W09: visitors/],
  ["update l3_city set period = period + interval 1 month where granularity = 'month'", /l3_city, month 2016-0[23]: visitors/],
  ["insert into l3_os values ('day', date '2001-01-01', 'shop', 'BeOS', 1, 1)", /l3_os, all days together: sessions/],
  ["delete from injection where processor = 'VisitorMonthInjection'", /vismonthinjected\/2016\/0[23]\/\S+: the database has no ledger row/],
])('in the database: %s', async ([statement, named]) => {
  const data = copy();
  await sql(data, statement);
  expect(await complaint(data, 'TM_ERR_VERIFY')).toMatch(named);
});

/** Change the record of a package behind the store's back, checksum and all. */
async function tamper(data: string, location: string, change: (p: WorkPackage) => object): Promise<string> {
  const { path: at } = await packageOf(data, location);
  const root: RootDatabase<Buffer, string> = open({
    path: path.join(data, 'analytics', 'store'),
    encoding: 'binary',
    maxDbs: 8,
    noSubdir: false,
  });
  const packages = root.openDB<Buffer, string>({ name: 'package', encoding: 'binary' });
  const p = unpackRecord(at, packages.get(at)!) as WorkPackage;
  await packages.put(at, packRecord(at, { ...p, ...change(p) }));
  await root.close();
  return at;
}

test.for<[what: string, location: string, change: (p: WorkPackage) => object, named: RegExp]>([
  ['lines read', 'oirawdata', (p) => ({ counters: { ...p.counters, read: 1 } }), /lines read, and accepted/],
  [
    'lines rejected',
    'oirawdata',
    (p) => ({ counters: { ...p.counters, read: (p.counters['read'] ?? 0) + 1, rejected: (p.counters['rejected'] ?? 0) + 1 } }),
    /rejected/,
  ],
  ['beans', 'sesdata', (p) => ({ beans: { SessionBean: (p.beans['SessionBean'] ?? 0) + 1 } }), /SessionBean by metadata and in the parts/],
  [
    'impressions of the twin',
    'sesrawdata',
    (p) => ({ beans: {}, parts: [], counters: { ...p.counters, read: 0, accepted: 0 } }),
    /impressions/,
  ],
])('tampered counts: %s', async ([, location, change, named]) => {
  const data = copy();
  const at = await tamper(data, location, change);
  const says = await complaint(data, 'TM_ERR_VERIFY');
  expect(says).toMatch(named);
  if (location !== 'sesrawdata') expect(says).toContain(at);
});

test('a database that was lost is missed, and made again', async () => {
  const data = copy();
  rmSync(databaseOf(data));
  const lost = await tidemill(['verify', '--data', data]);
  expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining(`${databaseOf(data)} is not there`) as string });
  const done = await working(data, {}, processing);
  expect(new Set(done.succeeded.map((job) => job.processor))).toEqual(
    new Set(['OIInjection', 'SessionInjection', 'VisitorInjection', 'VisitorWeekInjection', 'VisitorMonthInjection']),
  );
  expect(await differences(databaseOf(data), [lines])).toEqual([]);
  await verified(data);
});

test('a second database gets all of it, and both stay as they are', async () => {
  const data = copy();
  const second = path.join(folder, 'second.duckdb');
  await working(data, { database: second }, processing);
  for (const database of [second, databaseOf(data)]) expect(await differences(database, [lines])).toEqual([]);
  expect(await tidemillJson(['verify', '--data', data, '--db', second])).toMatchObject([{ ok: true }]);
  expect((await working(data, {}, processing)).succeeded).toEqual([]);
});

test('another database gets what is left of the sums, and reports of what was purged stay', async () => {
  const data = copy();
  const dataset = await openForWriting({ data, name: 'analytics', environment: {} });
  const [sums] = dataset.store.packages('oiprocessed');
  await dataset.store.commit({ create: [{ package: withoutBeans(sums!), files: [] }] });
  const reports = dataset.store.packages('oiinjected').length;
  await dataset.store.close();
  for (const db of [['--db', path.join(data, 'other.duckdb')], []])
    expect(await tidemillHere(['process', '--close', '--data', data, ...db])).toMatchObject({ code: 0 });
  const after = await openForReading({ data, name: 'analytics', environment: {} });
  expect(after.store.packages('oiinjected')).toHaveLength(reports);
  await after.store.close();
  await verified(data);
});
