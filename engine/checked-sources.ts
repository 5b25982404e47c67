import { bad, refusing } from './check-batch.js';
import { arrayOf, checkedColumn, shown } from './check-column.js';
import { wrong } from './declared.js';
import { didYouMean } from './nearest.js';
import { knownOf } from './known-sources.js';
import type { Chosen, Rows, Source } from './sources.js';
import type { Batch, Column } from './column.js';
import type { Context } from './processor.js';

/*
 * What the functions in sums return: it is used long before the sums are, so that it is checked where it comes in. Functions that
 * the toolkit made are taken as they are. Errors: TM_ERR_TASK_BAD_BATCH.
 */

/** A field of a batch. Errors: TM_ERR_DECLARATION where it has none of that name. */
export function columnAs({ type, columns }: Batch, field: string): Column {
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (column === undefined) throw wrong(`a batch of ${type} has no field '${field}'${didYouMean(field, Object.keys(columns))}`);
  return column;
}

export function columnFrom(source: Exclude<Source, string | 1>, batch: Batch, context: Context): Column {
  const column = source(batch, context);
  if (knownOf(source) !== undefined) return column;
  const name = source.name || 'function';
  return checkedColumn(column, batch.rows, refusing('sumsByKey:', batch.type, name, `a source returned a column for ${batch.type},`));
}

export function chosenBy(choose: Rows, batch: Batch, context: Context): Chosen {
  const chosen: Partial<{ mask: unknown; rows: unknown; columns: Record<string, unknown> }> = choose(batch, context);
  if (knownOf(choose) !== undefined) return chosen as Chosen;
  const who = 'sumsByKey:';
  const of = `a choice of rows of ${batch.type}`;
  const refuse = (what: string, row?: number): never => {
    throw bad(who, `${of} ${what}`, { type: batch.type, ...(row === undefined ? {} : { row }) });
  };
  if (typeof chosen !== 'object' || chosen === null) return refuse(`is ${shown(chosen)}, not a mask or a list of rows`);
  if ('mask' in chosen) return { mask: arrayOf('Uint8Array', chosen.mask, 'mask', batch.rows, refuse) };
  const rows = arrayOf('Uint32Array', chosen.rows, 'rows', undefined, refuse);
  for (let i = 0; i < rows.length; i++)
    if ((rows[i] as number) >= batch.rows) refuse(`has the row ${rows[i]}, where there are ${batch.rows}`, i);
  const columns = Object.entries(chosen.columns ?? {}).map(([field, column]) => {
    return [field, checkedColumn(column, rows.length, refusing(who, batch.type, field, of))] as const;
  });
  return { rows, columns: Object.fromEntries(columns) };
}
