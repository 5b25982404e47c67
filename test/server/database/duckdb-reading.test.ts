/* A DuckDB file that is only read, one that is damaged, and what a process that was killed has left beside it. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { L3ClickStream, L3Session } from '#processors/beans.js';
import { openDatabase, openDatabaseForReading } from '#server/database/open-database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { beansIn, codeOf, inject } from './harness.js';

const sessions = [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }];
let folder: string;
let file: string;

beforeEach(async () => {
  folder = temporaryFolder();
  file = join(folder, 'analytics.duckdb');
  const db = await openDatabase(file, { threads: 1 });
  await db.migrate([L3Session]);
  await inject(db, L3Session, sessions);
  await db.close();
});
afterEach(() => chmodSync(folder, 0o755));

const bytes = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

/** Tables are made by a process that is killed before they are in the file. */
async function leaveLog(): Promise<void> {
  const maker = fork(new URL('fixtures/make-duckdb.mjs', import.meta.url), [file, 'again'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exit = once(maker, 'exit');
  while ((await once(maker, 'message'))[0] !== 'migrated');
  maker.kill('SIGKILL');
  await exit;
}

test('who reads changes nothing, and lets others read', async () => {
  const before = bytes();
  const other = fork(new URL('fixtures/read-duckdb.mjs', import.meta.url), [file]);
  expect(await new Promise((resolve) => other.once('message', resolve))).toBe('open');
  const db = await openDatabaseForReading(file, { threads: 1 });
  expect(await db.totals('l3_session')).toMatchObject({ rows: 1 });
  expect(await codeOf(inject(db as never, L3Session, sessions, { period: '2016-03-02' }))).toBe('TM_ERR_DATABASE_FAILED');
  await db.close();
  const exit = once(other, 'exit');
  other.kill();
  await exit;
  expect(bytes()).toEqual(before);
});

test('what a process that was killed had in its log is read from there', async () => {
  await leaveLog();
  expect(statSync(`${file}.wal`).size).toBeGreaterThan(0);
  const before = bytes();
  const db = await openDatabaseForReading(file, { threads: 1 });
  expect((await db.tables()).map(({ table }) => table)).toContain('l3_clickstream');
  await db.close();
  expect(bytes()).toEqual(before);
  const again = await openDatabase(file, { threads: 1 });
  expect((await again.tables()).map(({ table }) => table)).toContain(L3ClickStream.table);
  expect(await beansIn(again, 'l3_session')).toEqual(sessions);
  await again.close();
});

// Root may write anywhere, but not as somebody else.
test.runIf(process.platform === 'linux' && process.getuid?.() === 0)('it takes no right to write', () => {
  chmodSync(folder, 0o555);
  chmodSync(file, 0o444);
  const reader = new URL('fixtures/read-duckdb.mjs', import.meta.url).pathname;
  const nobody = { uid: 65_534, gid: 65_534 };
  const { status, stderr } = spawnSync(process.execPath, [reader, file, 'once'], { ...nobody, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('a file that is not there is not made by who would read it', async () => {
  const none = join(folder, 'none.duckdb');
  expect(await codeOf(openDatabaseForReading(none, { threads: 1 }))).toBe('TM_ERR_DATABASE_UNAVAILABLE');
  expect(existsSync(none)).toBe(false);
});

test('what did not fit into memory goes when who was killed is followed by another', async () => {
  mkdirSync(`${file}.tmp`);
  writeFileSync(join(`${file}.tmp`, 'duckdb_temp_storage_DEFAULT-0.tmp'), 'left');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const left = join(tmpdir(), `tidemill-read-${dead}-00000000`);
  mkdirSync(left, { recursive: true });
  await (await openDatabase(file, { threads: 1 })).close();
  expect(readdirSync(folder)).toEqual(['analytics.duckdb']);
  await (await openDatabaseForReading(file, { threads: 1 })).close();
  expect(existsSync(left)).toBe(false);
});

test.each([
  ['no database', () => writeFileSync(file, 'this is no database\n'.repeat(1000))],
  ['empty', () => truncateSync(file, 0)],
  ['cut off', () => truncateSync(file, 9000)],
  ['changed in its head', () => flip(600)],
  ['changed in a block', () => flip(3 * 4096 + 20)],
])('one that is %s is told to be damaged, to who reads and who writes', async (_what, damage) => {
  damage();
  for (const open of [openDatabase, openDatabaseForReading]) {
    const error = await totalsOf(open).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'TM_ERR_DATABASE_DAMAGED', data: { file }, message: expect.stringContaining(file) as string });
  }
});

async function totalsOf(open: typeof openDatabaseForReading): Promise<void> {
  const db = await open(file, { threads: 1 });
  try {
    await db.totals('l3_session');
  } finally {
    await db.close();
  }
}

function flip(at: number): void {
  const all = readFileSync(file);
  all[at] = (all[at] as number) ^ 16;
  writeFileSync(file, all);
}
