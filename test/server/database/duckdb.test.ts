import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { L3Session } from '#processors/beans.js';
import type { Bean } from '#engine/bean-batch.js';
import type { Batch } from '#engine/column.js';
import { DuckDbDriver } from '#server/database/duckdb/duckdb-driver.js';
import type { Driver } from '#server/database/driver.js';
import { duckDbError } from '#server/database/duckdb/duckdb-errors.js';
import { stringTable } from '#server/database/duckdb/string-table.js';
import { openDatabase } from '#server/database/open-database.js';
import { injectAll } from '#server/database/inject.js';
import { createTable } from '#server/database/sql.js';
import { ledgerShape, shapeOf } from '#server/database/table-shape.js';
import { conformance } from './conformance.js';
import { batches, beansIn, codeOf, inject, injection } from './harness.js';

const MEMORY = 256 * 2 ** 20;

conformance('DuckDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemill-test-'));
  const url = join(folder, 'analytics.duckdb');
  return {
    url,
    async execute(sql) {
      const instance = await DuckDBInstance.create(url);
      const connection = await instance.connect();
      const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
      connection.closeSync();
      instance.closeSync();
      return rows;
    },
    drop: () => rm(folder, { recursive: true }),
  };
});

describe('a DuckDB file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemill-test-'));
    file = join(folder, 'analytics.duckdb');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const forked = (module: string): ChildProcess =>
    fork(new URL(module, import.meta.url), [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

  const columnsOf = (rows: number, room = rows): Batch['columns'] => {
    const zeros = { kind: 'number', values: new Float64Array(room) } as const;
    const dictionary = { size: 1, offsets: Uint32Array.of(0, 1), bytes: Buffer.from('s') };
    const site = { kind: 'string', dictionary, codes: new Uint32Array(rows) } as const;
    return { site, sessions: zeros, impressions: zeros, bounces: zeros, duration_ms: zeros };
  };
  const sessions = [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }];

  test('holds less memory while much is loaded, and as much as before as soon as that has ended or failed', async () => {
    const driver = await DuckDbDriver.open(file, 'write', { threads: 1, memory: MEMORY });
    const limit = async (): Promise<unknown> => (await driver.read((s) => s.all("select current_setting('memory_limit') as m")))[0]?.['m'];
    const usual = await limit();
    const shape = shapeOf(L3Session);
    const rows = 50_000;
    const seen: Promise<unknown>[] = [];
    const limits = async (): Promise<Set<unknown>> => new Set(await Promise.all(seen.splice(0)));
    const load = (groups: number, end: () => void, of = rows, room = of): Promise<number> =>
      driver.write(async (session) => {
        function* numbers(): Generator<Batch> {
          for (let i = 0; i < groups; i++) {
            seen.push(limit());
            yield { type: L3Session.name, rows: of, columns: columnsOf(of, room) };
          }
          end();
        }
        await session.run(createTable(shape, driver));
        const loaded = await session.load({ table: shape.table, shape }, [
          { period: { granularity: 'day', first: 16_861 }, batches: numbers() },
        ]);
        // What follows in the transaction, such as a comparison with what is there, may take what it needs.
        expect(await limit()).toBe(usual);
        return loaded;
      });
    try {
      expect(await load(4, () => undefined)).toBe(4 * rows);
      expect(await limits()).not.toEqual(new Set([usual]));
      // What is large goes into the file at once.
      expect(existsSync(`${file}.wal`)).toBe(false);
      // Less than a row group, and few bytes; few rows of many bytes.
      expect(await load(2, () => undefined)).toBe(2 * rows);
      expect(existsSync(`${file}.wal`)).toBe(true);
      expect(await limits()).toEqual(new Set([usual]));
      expect(await load(4, () => undefined, 1, 2 << 20)).toBe(4);
      expect(await limits()).not.toEqual(new Set([usual]));
      expect(await limit()).toBe(usual);
      const broken = (): never => {
        throw new Error('no more');
      };
      await expect(load(4, broken)).rejects.toThrow('no more');
      expect(await limit()).toBe(usual);
    } finally {
      await driver.close();
    }
  });

  test('has changed rows replaced in as many statements as there are ranges of them', async () => {
    const driver = await DuckDbDriver.open(file, 'write', { threads: 1, memory: MEMORY });
    const { name, columnTypes, rowId, hasPrimaryKeys } = driver;
    const few = { name, columnTypes, rowId, hasPrimaryKeys, rowsAtOnce: 3 } as unknown as Driver;
    const sites = (from: number, to: number, n: number): Bean[] =>
      Array.from({ length: to - from }, (_, i) => ({ site: `s${from + i}`, sessions: n, impressions: 2, bounces: 0, duration_ms: 3 }));
    const put = (beans: readonly Bean[], period: string): Promise<unknown> =>
      driver.write(async (session) => {
        await session.run(createTable(shapeOf(L3Session), driver));
        await session.run(createTable(ledgerShape, driver));
        const [report] = await injectAll(session, few, [injection([{ type: L3Session, batches: batches(L3Session, beans) }], { period })]);
        return report!.tables[0];
      });
    try {
      for (const period of ['2016-03-01', '2016-03-02']) await put(sites(0, 20, 1), period);
      expect(await put([...sites(5, 8, 1), ...sites(8, 25, 4)], '2016-03-02')).toMatchObject({
        inserted: 5,
        updated: 12,
        removed: 5,
        unchanged: 3,
      });
      const rows = await driver.read((s) =>
        s.all('select cast(period as varchar) as p, site, sessions as n from l3_session order by p, n, length(site), site'),
      );
      expect(rows.map((r) => `${r['p']} ${r['site']} ${r['n']}`)).toEqual([
        ...sites(0, 20, 1).map((r) => `2016-03-01 ${String(r['site'])} 1`),
        ...sites(5, 8, 1).map((r) => `2016-03-02 ${String(r['site'])} 1`),
        ...sites(8, 25, 4).map((r) => `2016-03-02 ${String(r['site'])} 4`),
      ]);
    } finally {
      await driver.close();
    }
  });

  test('is whole as soon as it is there: who makes it can be killed', async () => {
    const seen = { file: () => existsSync(file), anything: () => readdirSync(folder).length > 0 };
    for (const isThere of [seen.file, seen.anything, seen.file, seen.anything]) {
      const maker = forked('fixtures/make-duckdb.mjs');
      const exit = once(maker, 'exit');
      await once(maker, 'message');
      // What is looked for is there for less than a turn of the event loop.
      for (const until = performance.now() + 20_000; !isThere() && performance.now() < until;);
      maker.kill('SIGKILL');
      expect(await exit).toEqual([null, 'SIGKILL']);
      await (await openDatabase(file)).close();
      expect(readdirSync(folder)).toEqual(['analytics.duckdb']);
      await rm(file);
    }
  });

  test.runIf(process.platform === 'linux')('is not left half made where there is no room for it', async () => {
    const maker = fileURLToPath(new URL('fixtures/make-duckdb.mjs', import.meta.url));
    // Of its three headers two may be written.
    const small = spawn('bash', ['-c', `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`, process.execPath, maker, file]);
    let said = '';
    small.stderr.on('data', (data) => (said += data));
    expect(await once(small, 'exit')).toEqual([1, null]);
    expect(said).toContain(`TM_ERR_DATABASE_UNAVAILABLE`);
    expect(said).toContain(`Could not write file "${file}"`);
    expect(readdirSync(folder)).toEqual([]);
    await (await openDatabase(file)).close();
  });

  test('is made anew beside the changes of one that was lost', async () => {
    const maker = forked('fixtures/make-duckdb.mjs');
    const exit = once(maker, 'exit');
    while ((await once(maker, 'message'))[0] !== 'migrated');
    maker.kill('SIGKILL');
    await exit;
    await rm(file);
    expect(readdirSync(folder)).toEqual(['analytics.duckdb.wal']);
    const db = await openDatabase(file);
    expect(await db.tables()).toEqual([]);
    await db.close();
    expect(readdirSync(folder).toSorted()).toEqual(['analytics.duckdb', 'analytics.duckdb.wal.lost']);
  });

  test('is refused while another process has it, and free when that has closed it', async () => {
    const other = forked('fixtures/hold-duckdb.mjs');
    await new Promise((resolve) => other.once('message', resolve));
    await expect(openDatabase(file)).rejects.toMatchObject({ code: 'TM_ERR_DATABASE_LOCKED', retryable: true, data: { file } });
    const closed = new Promise((resolve) => other.once('message', resolve));
    other.send('close');
    await closed;
    await (await openDatabase(file)).close();
  });

  test('is given back by close, to this process and to others', async () => {
    const db = await openDatabase(file);
    await db.migrate([L3Session]);
    await inject(db, L3Session, sessions);
    expect(await codeOf(openDatabase(file))).toBe('TM_ERR_DATABASE_LOCKED');
    await db.close();
    // All is in the one file.
    expect(await readdir(folder)).toEqual(['analytics.duckdb']);
    const other = forked('fixtures/hold-duckdb.mjs');
    expect(await new Promise((resolve) => other.once('message', resolve))).toBe('open');
    other.kill();
    await new Promise((resolve) => other.once('exit', resolve));
    const again = await openDatabase(file);
    expect(await beansIn(again, 'l3_session')).toEqual(sessions);
    await again.close();
  });

  test.runIf(process.platform === 'linux')('is refused to a second thread of the process', async () => {
    const db = await openDatabase(file);
    const worker = new Worker(new URL('fixtures/open-in-thread.mjs', import.meta.url), { workerData: file });
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('TM_ERR_DATABASE_LOCKED');
    await db.close();
  });

  test('is written to from a worker thread', async () => {
    const worker = new Worker(new URL('fixtures/inject-in-thread.mjs', import.meta.url), { workerData: file });
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    expect(await new Promise((resolve) => worker.once('message', resolve))).toMatchObject({ rows: 50_000 });
    expect(await exited).toBe(0);
    const db = await openDatabase(file);
    expect(await db.totals('l3_object')).toEqual({ rows: 50_000, sums: { views: 50_000 } });
    await db.close();
  });

  test.each([
    ['a folder', (f: string) => f],
    ['in a folder that is not there', (f: string) => join(f, 'nowhere', 'x.duckdb')],
  ])('that is %s is refused', async (_what, path) => {
    expect(await codeOf(openDatabase(path(folder)))).toBe('TM_ERR_DATABASE_UNAVAILABLE');
  });

  test('that nobody has migrated has no tables', async () => {
    const db = await openDatabase(file);
    expect(await db.tables()).toEqual([]);
    expect(await codeOf(db.totals('l3_session'))).toBe('TM_ERR_TABLE_UNKNOWN');
    await db.close();
  });

  test('other kinds of URLs are refused, and not repeated', async () => {
    await expect(openDatabase('mysql://root:secret@host/db')).rejects.toMatchObject({
      code: 'TM_ERR_DATABASE_URL',
      message: expect.not.stringContaining('secret') as string,
    });
    expect(await codeOf(openDatabase(''))).toBe('TM_ERR_DATABASE_URL');
  });
});

test.each([
  ['IO Error: Could not write file "/d/x.duckdb": No space left on device', 'TM_ERR_DISK_FULL'],
  [
    "Out of Memory Error: failed to offload data block of size 256.0 KiB (90.0 MiB/90.0 MiB used).\nThis limit was set by the 'max_temp_directory_size' setting.",
    'TM_ERR_DISK_FULL',
  ],
  ['IO Error: Could not set lock on file "/d/x.duckdb": Conflicting lock is held in node (PID 7)', 'TM_ERR_DATABASE_LOCKED'],
  ['Out of Memory Error: failed to pin block of size 256.0 KiB (38.0 MiB/38.1 MiB used)\n\nPossible solutions', 'TM_ERR_DATABASE_MEMORY'],
  [
    'IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 0',
    'TM_ERR_DATABASE_DAMAGED',
  ],
  ['Catalog Error: Table with name x does not exist!', 'TM_ERR_DATABASE_FAILED'],
])('DuckDB says %j: %s', (message, code) => {
  expect(duckDbError(new Error(message), '/d/x.duckdb').code).toBe(code);
});

test('a dictionary that is not UTF-8 is refused', () => {
  const bytes = Uint8Array.of(65, 66, 0xff, 0xfe, ...Array.from({ length: 20 }, () => 67));
  expect(() => stringTable({ size: 1, offsets: Uint32Array.of(0, 24), bytes })).toThrow(
    expect.objectContaining({ code: 'TM_ERR_BEAN_INVALID' }) as Error,
  );
});
