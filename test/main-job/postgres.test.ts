/* The main job with PostgreSQL as the analytics database: the tables are the same as with DuckDB. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#server/database/open-database.js';
import { awkwardBytes, databaseOf, mainJob, processing, trafficBytes, withTimes, working } from '../support/dataset.js';
import { rowsOf } from '../support/rows-of.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';
import { startPostgres, type PostgresServer } from '../postgres.js';
import { differences } from '../oracle/oracle.js';

let server: PostgresServer;
let url: string;
const name = `tidemill_${randomUUID().slice(0, 8)}`;

async function admin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

beforeAll(async () => {
  server = await startPostgres();
  await admin(`create database ${name} encoding 'UTF8' template template0`);
  const at = new URL(server.url);
  at.pathname = `/${name}`;
  url = at.href;
});

afterAll(async () => {
  await admin(`drop database ${name} with (force)`).catch(() => undefined);
  await server.stop();
});

/** The rows of every table but the ledger, in the order of their keys. */
async function tablesOf(at: string): Promise<Record<string, unknown[]>> {
  const database = await openDatabase(at);
  try {
    const tables: Record<string, unknown[]> = {};
    for (const { table, kind } of await database.tables()) {
      if (kind === 'ledger') continue;
      tables[table] = await rowsOf(database, table);
    }
    return tables;
  } finally {
    await database.close();
  }
}

test('same tables, late data too', async () => {
  const folder = temporaryFolder();
  const files = [
    trafficBytes({ impressions: 800, days: 2, start: '2016-02-29', seed: 91 }),
    withTimes(awkwardBytes(10_000, 9), [['2016-02-29', '2016-03-02']]),
  ].map((bytes, i) => {
    const at = path.join(folder, `${i}.jsonl`);
    writeFileSync(at, bytes);
    return at;
  });
  const { data } = await mainJob(files);
  expect(await differences(databaseOf(data), files)).toEqual([]);

  const other = path.join(folder, 'other');
  for (const file of files) {
    expect(await tidemillJson(['run', file, '--data', other, '--db', url])).toMatchObject([
      { failed: [], database: expect.not.stringContaining('secret') as string },
    ]);
  }
  expect(await tidemillJson(['verify', '--data', other, '--db', url])).toMatchObject([{ ok: true, stale: 0 }]);
  const expected = await tablesOf(databaseOf(data));
  expect(Object.values(expected).map((rows) => rows.length > 0)).toEqual(Array.from({ length: 22 }, () => true));
  expect(await tablesOf(url)).toEqual(expected);

  // What DuckDB has got already comes into a database that is new to it.
  await admin(`create database ${name}_2 encoding 'UTF8' template template0`);
  const second = url.replace(name, `${name}_2`);
  await working(data, { database: second }, processing);
  expect(await tablesOf(second)).toEqual(expected);
  await admin(`drop database ${name}_2 with (force)`);
});
