import { TidemillError } from '../../engine/errors.js';
import { engineErrors } from '../../engine/errors.js';
import { serverErrors } from '../errors.js';
import { renderTable, type TableColumn } from '../terminal/table.js';
import { columnsOf, visible } from '../terminal/text.js';

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

export function printTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): void {
  for (const line of renderTable(columns, rows, columnsOf(process.stdout)).trimEnd().split('\n')) print(line);
}

/** Tell the user what went wrong and what to do; answers the exit code. */
export function reportError(error: unknown, json: boolean): number {
  if (isBrokenPipe(error)) return 0;
  const known = error instanceof TidemillError ? error : undefined;
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

/** The reader of our output went away, as `head` does: no error of ours. */
function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
}
