import { availableParallelism } from 'node:os';
import { fail } from '../errors.js';
import type { AnalyticsDatabase } from './database.js';
import type { Driver } from './driver.js';
import { SqlDatabase } from './sql-database.js';

export interface DatabaseOptions {
  /** DuckDB: threads of its own. Default: the cores. */
  readonly threads?: number;
  /** DuckDB: those for loads of many rows. Default: `threads`. */
  readonly loadThreads?: number;
}

/**
 * Open the analytics database: a `postgres://` or `postgresql://` URL is PostgreSQL, a path is DuckDB, whose file is made where
 * there is none. The driver is loaded here and not before: most commands need neither.
 * Errors: TM_ERR_DATABASE_URL, TM_ERR_DATABASE_UNAVAILABLE, TM_ERR_DATABASE_LOCKED.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<AnalyticsDatabase> {
  return new SqlDatabase(await openDriver(url, options));
}

export async function openDriver(url: string, { threads = availableParallelism(), loadThreads }: DatabaseOptions = {}): Promise<Driver> {
  if (/^postgres(ql)?:\/\//i.test(url)) {
    const { PostgresDriver } = await import('./postgres/postgres-driver.js');
    return PostgresDriver.open(url);
  }
  // The rest of an unknown URL stays untold: there may be a password in it.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined)
    throw fail(
      'TM_ERR_DATABASE_URL',
      `'${scheme}://' is not a kind of database that Tidemill knows: give a file path or a postgres:// URL`,
    );
  if (url === '') throw fail('TM_ERR_DATABASE_URL', 'The path of the database is empty');
  const { DuckDbDriver } = await import('./duckdb/duckdb-driver.js');
  return DuckDbDriver.open(url, { threads, loadThreads });
}
