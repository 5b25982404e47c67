import { fail } from '../errors.js';
import { openForReading } from '../dataset.js';
import { openDatabaseForReading } from '../database/open-database.js';
import { databaseShare } from '../memory.js';
import { isPostgres } from '../database/url.js';
import { datasetOptions, type Invocation } from './program.js';
import { forUser } from './umask.js';
import { existsSync } from 'node:fs';

export interface ExportCommandOptions {
  readonly format: 'csv' | 'json' | 'parquet';
  readonly out?: string;
  readonly spreadsheet?: true;
}

export async function exportCommand({ options }: Invocation<ExportCommandOptions>, table: string): Promise<void> {
  const dataset = await openForReading(datasetOptions(options));
  await dataset.store.close();
  if (!isPostgres(dataset.database) && !existsSync(dataset.database)) {
    throw fail('TM_ERR_TABLE_UNKNOWN', `there is no database ${dataset.database} yet; tidemill process makes it`);
  }
  const database = await openDatabaseForReading(dataset.database, { memory: databaseShare(dataset.memory) });
  try {
    const isMade = options.out === undefined ? undefined : forUser(options.out);
    await database.exportTable(table, {
      format: options.format,
      out: options.out ?? process.stdout,
      spreadsheet: options.spreadsheet === true,
    });
    isMade?.();
  } finally {
    await database.close();
  }
}
