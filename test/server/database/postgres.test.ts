import { createServer, type AddressInfo, type Server } from 'node:net';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { L3Object, L3Session } from '#processors/beans.js';
import { openDatabase } from '#server/database/open-database.js';
import { postgresError } from '#server/database/postgres/postgres-errors.js';
import { startPostgres, type PostgresServer } from '../../postgres.js';
import { conformance } from './conformance.js';
import { Databases, inject, injection, type TestDatabase } from './harness.js';

let server: PostgresServer;
/** A database of this file's own on the server, emptied for each test. */
let database: URL;
beforeAll(async () => {
  server = await startPostgres();
  const name = `tidemill_test_${process.pid}`;
  await query(server.url, `create database ${name} encoding 'UTF8' template template0`);
  database = new URL(server.url);
  database.pathname = `/${name}`;
});
afterAll(async () => {
  await query(server.url, `drop database if exists tidemill_test_${process.pid} with (force)`);
  await server.stop();
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function makeDatabase(): Promise<TestDatabase> {
  const url = database.href;
  await query(url, 'drop schema public cascade; create schema public');
  return { url, execute: (sql) => query(url, sql), drop: async () => {} };
}

conformance('PostgreSQL', makeDatabase);

describe('PostgreSQL', () => {
  const failure = async (url: string): Promise<{ code: string; text: string }> => {
    const error = await openDatabase(url).then(
      () => undefined,
      (e: unknown) => e,
    );
    return { code: (error as { code: string }).code, text: inspect(error, { depth: 10 }) + JSON.stringify(error) };
  };

  test('a wrong password is told without the password', async () => {
    const url = new URL(server.url);
    url.password = 'sesame-open';
    // A server may be set to trust whoever comes from this machine.
    const { code, text } = await failure(url.href);
    if (code !== undefined) {
      expect(code).toBe('TM_ERR_DATABASE_UNAVAILABLE');
      expect(text).toContain(`postgres://${url.username}@${url.host}`);
    }
    expect(text).not.toContain('sesame-open');
  });

  test('a database that is down or not there is unavailable', async () => {
    const listener: Server = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    for (const url of [`postgres://u:sesame-open@127.0.0.1:${port}/x`, server.url.replace(/\/[^/]*$/, '/no_such_database')]) {
      const { code, text } = await failure(url);
      expect(code).toBe('TM_ERR_DATABASE_UNAVAILABLE');
      expect(text).not.toContain('sesame-open');
    }
  });

  test('a URL that is none is refused without being repeated', async () => {
    const { code, text } = await failure('postgres://u:sesame-open@[::/x');
    expect(code).toBe('TM_ERR_DATABASE_URL');
    expect(text).not.toContain('sesame-open');
  });

  test('the tables have primary keys, until a key is too long for one', async () => {
    const databases = new Databases(makeDatabase);
    try {
      const { url } = await databases.make();
      const db = await databases.open([L3Object, L3Session], url);
      const keys = async (): Promise<unknown[]> =>
        (
          await query(
            url,
            "select conrelid::regclass::text as t, pg_get_constraintdef(oid) as key from pg_constraint where contype = 'p' and conrelid::regclass::text like 'l3%' order by 1",
          )
        ).map(({ t, key }) => `${String(t)} ${String(key)}`);
      expect(await keys()).toEqual([
        'l3_object PRIMARY KEY (granularity, period, site, type, object)',
        'l3_session PRIMARY KEY (granularity, period, site)',
      ]);
      const objects = ['/short', String.fromCodePoint(0x1f600).repeat(1024), '/short too'].map((object) => ({
        site: 's',
        type: 'Page',
        object,
        views: 1,
      }));
      await inject(db, L3Object, objects);
      expect(await keys()).toEqual(['l3_session PRIMARY KEY (granularity, period, site)']);
      expect(await inject(db, L3Object, objects)).toMatchObject({ unchanged: 3 });
    } finally {
      await databases.end();
    }
  });

  test('a connection that the server ends is replaced by the next call', async () => {
    const databases = new Databases(makeDatabase);
    try {
      const { url } = await databases.make();
      const db = await databases.open([L3Session], url);
      const lost = databases.injectAround(db, injection([{ type: L3Session, batches: [] }]), async () => {
        await query(
          url,
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidemill' and datname = current_database()",
        );
      });
      await expect(lost).rejects.toMatchObject({ code: 'TM_ERR_DATABASE_UNAVAILABLE', retryable: true });
      expect(await db.ledger()).toEqual([]);
      await inject(db, L3Session, [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }]);
      expect(await db.ledger()).toHaveLength(1);
    } finally {
      await databases.end();
    }
  });
});

test.each([
  [{ code: '53100', message: 'could not extend file: No space left on device', routine: 'mdextend' }, 'TM_ERR_DISK_FULL'],
  [{ code: '57P03', message: 'the database system is starting up', routine: 'ProcessStartupPacket' }, 'TM_ERR_DATABASE_UNAVAILABLE'],
  [{ message: 'Connection terminated unexpectedly' }, 'TM_ERR_DATABASE_UNAVAILABLE'],
  [{ code: '42P01', message: 'relation "x" does not exist', routine: 'parserOpenTable' }, 'TM_ERR_DATABASE_FAILED'],
])('PostgreSQL says %j: %s', (cause, code) => {
  expect(postgresError(Object.assign(new Error(cause.message), cause), 'postgres://u@h/d').code).toBe(code);
});
