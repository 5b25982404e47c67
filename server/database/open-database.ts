import { availableParallelism } from 'node:os';
import type { AnalyticsDatabase } from './database.js';
import type { Driver } from './driver.js';
import { SqlDatabase } from './sql-database.js';
import { checkDatabaseUrl, isPostgres } from './url.js';

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
  if (isPostgres(url)) {
    const { PostgresDriver } = await import('./postgres/postgres-driver.js');
    return PostgresDriver.open(url);
  }
  checkDatabaseUrl(url);
  const { DuckDbDriver } = await import('./duckdb/duckdb-driver.js');
  return DuckDbDriver.open(url, { threads, loadThreads });
}
