import { availableParallelism } from 'node:os';
import { databaseShare, memoryBudget } from '../memory.js';
import type { AnalyticsDatabase } from './database.js';
import type { Driver } from './driver.js';
import { SqlDatabase } from './sql-database.js';
import { checkDatabaseUrl, isPostgres } from './url.js';

export interface DatabaseOptions {
  /** DuckDB: threads of its own. Default: the cores. */
  readonly threads?: number;
  /** DuckDB: those for loads of many rows. Default: `threads`. */
  readonly loadThreads?: number;
  /** DuckDB: bytes that it may hold. Default: its share of the default budget. */
  readonly memory?: number;
}

/** What can be asked of a database that is not written to. */
export type DatabaseReader = Pick<AnalyticsDatabase, 'name' | 'tables' | 'ledger' | 'totals' | 'top' | 'select' | 'exportTable' | 'close'>;

/**
 * Open the analytics database: a `postgres://` or `postgresql://` URL is PostgreSQL, a path is DuckDB, whose file is made where
 * there is none. The driver is loaded here and not before: most commands need neither.
 * Errors: TM_ERR_DATABASE_URL, TM_ERR_DATABASE_UNAVAILABLE, TM_ERR_DATABASE_DAMAGED, TM_ERR_DATABASE_LOCKED.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<AnalyticsDatabase> {
  return new SqlDatabase(await openDriver(url, 'write', options));
}

/**
 * Open a database that is there to read it: of a DuckDB file nothing is changed, and no right to change it is needed. Several may read
 * one at a time. Errors: as `openDatabase`.
 */
export async function openDatabaseForReading(url: string, options: DatabaseOptions = {}): Promise<DatabaseReader> {
  return new SqlDatabase(await openDriver(url, 'read', options));
}

/** The driver of a database; PostgreSQL's reads and writes. */
export async function openDriver(
  url: string,
  mode: 'read' | 'write',
  { threads = availableParallelism(), loadThreads, memory = databaseShare(memoryBudget()) }: DatabaseOptions = {},
): Promise<Driver> {
  if (isPostgres(url)) {
    const { PostgresDriver } = await import('./postgres/postgres-driver.js');
    return PostgresDriver.open(url, memory);
  }
  checkDatabaseUrl(url);
  const { DuckDbDriver } = await import('./duckdb/duckdb-driver.js');
  return DuckDbDriver.open(url, mode, { threads, loadThreads, memory });
}
