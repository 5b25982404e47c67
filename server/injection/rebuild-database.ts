import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { TidemillError } from '../../engine/index.js';
import { openDatabaseForReading } from '../database/open-database.js';
import { isPostgres } from '../database/url.js';
import { fail } from '../errors.js';

/**
 * Move the file of an analytics database out of the way, with its log of changes: `process` makes one that is not there anew, and injects
 * again what had been. The dataset must be locked. Answers where the file is now; nothing where there was none.
 * Errors: TM_ERR_USAGE of a database that is no file, TM_ERR_DATABASE_LOCKED where somebody has it open.
 */
export async function setDatabaseAside(database: string): Promise<string | undefined> {
  if (isPostgres(database))
    throw fail('TM_ERR_USAGE', 'only a DuckDB file can be made again in its place; name another PostgreSQL database, which gets all sums');
  if (!existsSync(database)) return undefined;
  await refuseOpen(database);
  let aside = `${database}.damaged`;
  for (let n = 2; existsSync(aside); n++) aside = `${database}.damaged-${n}`;
  // A log without its file would be set aside by whoever makes that anew; the file without its log would lack what came last.
  if (existsSync(`${database}.wal`)) await rename(`${database}.wal`, `${aside}.wal`);
  await rename(database, aside);
  return aside;
}

async function refuseOpen(database: string): Promise<void> {
  try {
    await (await openDatabaseForReading(database, { threads: 1 })).close();
  } catch (error) {
    if (!(error instanceof TidemillError) || error.code === 'TM_ERR_DATABASE_LOCKED') throw error;
  }
}
