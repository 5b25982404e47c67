import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { fail } from '../../errors.js';
import type { Driver, SqlSession } from '../driver.js';
import { SerialQueue } from '../serial-queue.js';
import { jsonToParquet } from './json-to-parquet.js';
import { postgresError } from './postgres-errors.js';
import { PostgresSession } from './postgres-session.js';

/** Whoever writes to this database holds this lock: migrations and merges must not meet. The number means nothing. */
const LOCK = 7_233_026_411;
const DATE = 1082;
const BIGINT = 20;
const NUMERIC = 1700;

/** PostgreSQL. One connection at a time writes; reads have others. */
export class PostgresDriver implements Driver {
  readonly name: string;
  readonly hasPrimaryKeys = true;
  readonly rowId = { name: 'ctid', type: 'tid' } as const;
  // Collation "C" compares text by bytes, whatever the database's own.
  readonly columnTypes = { text: 'varchar collate "C"', date: 'date', smallint: 'smallint', integer: 'integer', bigint: 'bigint' } as const;
  readonly #pool: pg.Pool;
  /** Bytes for what is done here and not by PostgreSQL. */
  readonly #memory: number;
  readonly #queue = new SerialQueue();
  #isClosed = false;

  private constructor(name: string, pool: pg.Pool, memory: number) {
    this.#memory = memory;
    this.name = name;
    this.#pool = pool;
  }

  static async open(url: string, memory: number): Promise<PostgresDriver> {
    const name = printable(url);
    const pool = new pg.Pool({
      connectionString: url,
      max: 4,
      connectionTimeoutMillis: 5000,
      application_name: 'tidemill',
      keepAlive: true,
      types: { getTypeParser },
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, though its types do not say so
      onConnect: prepareClient,
    });
    // A connection that breaks while nobody uses it is replaced when somebody does.
    pool.on('error', () => {});
    const driver = new PostgresDriver(name, pool, memory);
    try {
      const [row] = await driver.read((session) => session.all('show server_encoding'));
      const encoding = row?.['server_encoding'];
      if (encoding !== 'UTF8')
        throw fail('TM_ERR_DATABASE_UNAVAILABLE', `${driver.name} has the encoding ${encoding}; Tidemill needs a database in UTF8`);
    } catch (error) {
      await driver.close();
      throw error;
    }
    return driver;
  }

  write<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#queue.run(() =>
      this.#connected(async (client) => {
        const session = new PostgresSession(client, this.#toError);
        await session.run('begin');
        await session.run('select pg_advisory_xact_lock($1)', [LOCK]);
        const result = await work(session);
        await session.run('commit');
        return result;
      }),
    );
  }

  read<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#connected((client) => work(new PostgresSession(client, this.#toError)));
  }

  async copyTo(file: string, format: 'csv' | 'json' | 'parquet', sql: string): Promise<void> {
    if (format === 'parquet') {
      const json = `${file}.json`;
      try {
        await this.copyTo(json, 'json', sql);
        await jsonToParquet(json, await this.#columnsOf(sql), file, this.#memory);
      } finally {
        await rm(json, { force: true });
      }
      return;
    }
    // JSON text holds neither line ends nor these two control characters, so that as CSV it stays just as it is.
    const asJson = `copy (select row_to_json(r) from (${sql}) as r) to stdout (format csv, delimiter E'\\x01', quote E'\\x02')`;
    const asCsv = `copy (${sql}) to stdout (format csv, header true)`;
    await this.#connected(async (client) => {
      const source = client.query(copyTo(format === 'json' ? asJson : asCsv));
      let failed: unknown;
      source.on('error', (cause) => (failed = this.#toError(cause)));
      await pipeline(source, createWriteStream(file)).catch((error: unknown) => {
        throw failed ?? error;
      });
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.idle();
    await this.#pool.end();
  }

  /** The columns of a query and DuckDB's names of their types. */
  async #columnsOf(sql: string): Promise<[name: string, type: string][]> {
    const { fields } = await this.#connected((client) => client.query(`select * from (${sql}) as r limit 0`));
    const names = new Map([
      [BIGINT, 'BIGINT'],
      [23, 'INTEGER'],
      [21, 'SMALLINT'],
      [DATE, 'DATE'],
    ]);
    return fields.map((f) => [f.name, names.get(f.dataTypeID) ?? 'VARCHAR']);
  }

  async #connected<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let result: T;
    try {
      result = await work(client);
    } catch (error) {
      await release(client);
      throw error;
    }
    client.release();
    return result;
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  readonly #toError = (cause: unknown): Error => postgresError(cause, this.name);
}

/** The pool waits for it before it hands the connection out. */
async function prepareClient(client: pg.ClientBase): Promise<void> {
  // A connection that breaks tells whoever waits for a query; without a listener, it would end the process as well.
  client.on('error', () => {});
  await client.query("set datestyle to 'ISO'");
}

/** Give a connection back out of a transaction that is not to be committed; one that does not answer is thrown away. */
async function release(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}

/** Safe integers as numbers and dates as text; the rest as the driver has it. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === BIGINT || oid === NUMERIC) return Number;
  if (oid === DATE) return String;
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}

/** The URL without the password. Errors: TM_ERR_DATABASE_URL, which does not tell it either. */
function printable(text: string): string {
  if (!URL.canParse(text))
    throw fail('TM_ERR_DATABASE_URL', 'The postgres:// URL is not well formed: postgres://user:password@host:port/database');
  const url = new URL(text);
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}
