import { TidemillError } from '../../engine/errors.js';
import { engineErrors } from '../../engine/errors.js';
import { fail, serverErrors } from '../errors.js';
import { renderTable, type TableColumn } from '../terminal/table.js';
import { columnsOf, visible } from '../terminal/text.js';

/** Errors: what the write failed with, EPIPE where the reader of our output went away: what nobody reads need not be made. */
export function print(line = ''): void {
  const { stdout } = process;
  stdout.write(`${line}\n`);
  if (stdout.errored) throw stdout.errored;
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

export function printTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): void {
  for (const line of renderTable(columns, rows, columnsOf(process.stdout)).trimEnd().split('\n')) print(line);
}

/** A database's path or URL as it may be shown. */
export function withoutPassword(database: string): string {
  if (!URL.canParse(database)) return database;
  const url = new URL(database);
  if (url.password === '' && !url.searchParams.has('password')) return database;
  url.password = '';
  url.searchParams.delete('password');
  return url.href;
}

/** Tell the user what went wrong and what to do; answers the exit code. */
export function reportError(error: unknown, json: boolean): number {
  if (isBrokenPipe(error) || isBrokenPipe((error as Error | undefined)?.cause)) return 0;
  const known = error instanceof TidemillError ? error : asDiskFull(error);
  const code = known?.code ?? 'TM_ERR_INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stderr.write(`${JSON.stringify({ error: { code, message, data: known?.data ?? {} } })}\n`);
  else {
    process.stderr.write(`tidemill: ${visible(message)} (${code})\n`);
    const summary = summaryOf(code);
    if (summary !== undefined) process.stderr.write(`  ${summary}\n`);
    else if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  }
  return known?.exitCode ?? 1;
}

function summaryOf(code: string): string | undefined {
  const all: Readonly<Record<string, { readonly summary: string }>> = { ...engineErrors, ...serverErrors };
  return all[code]?.summary;
}

function asDiskFull(error: unknown): TidemillError | undefined {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? fail('TM_ERR_DISK_FULL', message, { cause: error }) : undefined;
}

/** The reader of our output went away, as `head` does: no error of ours. */
function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
}
