import { engineErrors, TidemillError } from '../../engine/errors.js';
import { isDiskFull } from '../../engine/store/disk.js';
import { formatPeriod, type Period } from '../../engine/period.js';
import { fail, serverErrors } from '../errors.js';
import { renderTable, type TableColumn } from '../terminal/table.js';
import { columnsOf, visible } from '../terminal/text.js';

/** What a write of ours failed with: a stream forgets it. */
let notWritten: Error | undefined;

/** Errors: what the write failed with, EPIPE where the reader of our output went away: what nobody reads need not be made. */
export function print(line = ''): void {
  const { stdout } = process;
  stdout.write(`${line}\n`);
  if (stdout.errored) throw (notWritten = stdout.errored);
}

/** What drives a terminal and JSON lets through as it is: C1 controls, and what hides or reorders text. */
const LIVELY = /[\x7f-\x9f]|(?![\u200c\u200d])[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON of data, with escapes for what could drive a terminal: to programs it is the same. */
export function printJson(value: unknown, indent?: number): void {
  print(JSON.stringify(value, null, indent).replace(LIVELY, escaped));
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}

export function printTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): void {
  for (const line of renderTable(columns, rows, columnsOf(process.stdout)).trimEnd().split('\n')) print(line);
}

/** A job or a package with its period as people write it. */
export function withPeriod<T extends { readonly period: Period }>(what: T): Omit<T, 'period'> & { readonly period: string } {
  return { ...what, period: formatPeriod(what.period) };
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
  if (isReaderGone(error)) return 0;
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
  return isDiskFull(error) ? fail('TM_ERR_DISK_FULL', (error as Error).message, { cause: error }) : undefined;
}

/** The reader of our output went away, as `head` does: no error of ours. A database that is lost breaks a pipe too. */
function isReaderGone(error: unknown): boolean {
  const isExport = error instanceof TidemillError && error.code === 'TM_ERR_EXPORT_FAILED';
  const { code } = ((isExport ? error.cause : error) ?? {}) as NodeJS.ErrnoException;
  return code === 'EPIPE' && (isExport || error === notWritten);
}
