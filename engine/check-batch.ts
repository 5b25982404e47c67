import { checkedColumn, shown, type Refuse } from './check-column.js';
import { fail } from './errors.js';
import { didYouMean } from './nearest.js';
import type { BeanType } from './bean.js';
import type { Batch, Column } from './column.js';

/**
 * A batch that code of the user's returned, as plain objects around the same arrays, after a look at all that the engine takes
 * for granted. Of a type in `types` it has exactly the fields, with values of their types; of any other type its columns
 * may be any. `who` is the processor and its function. Errors: TM_ERR_TASK_BAD_BATCH.
 */
export function checkedBatch(given: unknown, types: ReadonlyMap<string, BeanType>, who: string): Batch {
  if (typeof given !== 'object' || given === null) throw bad(who, `returned ${shown(given)}, not a batch`);
  const { type, rows, columns } = given as Partial<Record<keyof Batch, unknown>>;
  if (typeof type !== 'string' || type === '') throw bad(who, `returned a batch whose type is ${shown(type)}`);
  const batch = `returned a batch of ${type}`;
  if (!(Number.isInteger(rows) && (rows as number) >= 0 && (rows as number) < 2 ** 32))
    throw bad(who, `${batch} with ${shown(rows)} for the number of its rows`, { type });
  if (typeof columns !== 'object' || columns === null)
    throw bad(who, `${batch} whose columns are ${shown(columns)}, not an object`, { type });
  const declared = types.get(type);
  if (declared !== undefined) {
    for (const field of Object.keys(columns)) {
      if (Object.hasOwn(declared.fields, field)) continue;
      const known = Object.keys(declared.fields);
      throw bad(who, `${batch} with a column '${field}', which is no field of ${type}${didYouMean(field, known)}`, { type, field });
    }
  }
  const checked: [string, Column][] = [];
  for (const field of Object.keys(declared?.fields ?? columns)) {
    const column = Object.hasOwn(columns, field) ? (columns as Record<string, unknown>)[field] : undefined;
    if (column === undefined) throw bad(who, `${batch} without the column '${field}'`, { type, field });
    checked.push([field, checkedColumn(column, rows as number, refusing(who, type, field, batch), declared?.fields[field])]);
  }
  return { type, rows: rows as number, columns: Object.fromEntries(checked) };
}

/** Refuses the column of a field. */
export function refusing(who: string, type: string, field: string, returned: string): Refuse {
  return (what, row) => {
    const where = row === undefined ? '' : ` (row ${row})`;
    throw bad(who, `${returned} whose column '${field}' ${what}${where}`, { type, field, ...(row === undefined ? {} : { row }) });
  };
}

/** The error of a batch that is not well-formed: the code is at fault, so that no other try helps. */
export function bad(who: string, what: string, data: Readonly<Record<string, unknown>> = {}): Error {
  return fail('TM_ERR_TASK_BAD_BATCH', `${who} ${what}`, { data });
}
