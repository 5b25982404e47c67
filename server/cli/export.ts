import type { Invocation } from './program.js';
import { reading } from './reading.js';
import { forUser } from './umask.js';

export interface ExportCommandOptions {
  readonly format: 'csv' | 'json' | 'parquet';
  readonly out?: string;
  readonly spreadsheet?: true;
}

export async function exportCommand({ options }: Invocation<ExportCommandOptions>, table: string): Promise<void> {
  await reading(options, async (database) => {
    const isMade = options.out === undefined ? undefined : forUser(options.out);
    await database.exportTable(table, {
      format: options.format,
      out: options.out ?? process.stdout,
      spreadsheet: options.spreadsheet === true,
    });
    isMade?.();
  });
}
