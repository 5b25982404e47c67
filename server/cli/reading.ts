import { existsSync } from 'node:fs';
import { openDatabaseForReading, type DatabaseReader } from '../database/open-database.js';
import { isPostgres } from '../database/url.js';
import { openForReading, type Dataset } from '../dataset.js';
import { fail } from '../errors.js';
import { databaseShare } from '../memory.js';
import { datasetOptions, type Common } from './program.js';

/** Work on a dataset's analytics database, which is there, and close it. */
export async function reading<T>(options: Common, work: (database: DatabaseReader, dataset: Dataset) => Promise<T>): Promise<T> {
  const dataset = await openForReading(datasetOptions(options));
  await dataset.store.close();
  if (!isPostgres(dataset.database) && !existsSync(dataset.database)) {
    throw fail('TM_ERR_TABLE_UNKNOWN', `there is no database ${dataset.database} yet; tidemill process makes it`);
  }
  const database = await openDatabaseForReading(dataset.database, { memory: databaseShare(dataset.memory) });
  try {
    return await work(database, dataset);
  } finally {
    await database.close();
  }
}
