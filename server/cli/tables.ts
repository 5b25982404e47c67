import { formatCount } from '../terminal/format.js';
import { sumColumns } from '../database/table-shape.js';
import { print, printJson, printTable } from './output.js';
import type { Invocation } from './program.js';
import { reading } from './reading.js';

/** The tables of the analytics database: key, what is counted, rows. */
export async function tables({ options }: Invocation<object>): Promise<void> {
  const found = await reading(options, async (database) => {
    const shapes = await database.tables();
    return Promise.all(shapes.map(async (shape) => ({ ...shape, rows: (await database.totals(shape.table)).rows })));
  });
  if (options.json === true) {
    printJson(found.map(({ table, kind, columns, key, rows }) => ({ table, kind, columns, key, rows })));
    return;
  }
  if (found.length === 0) return print('no tables yet; tidemill process makes them');
  printTable(
    [{ title: 'table' }, { title: 'key' }, { title: 'counts' }, { title: 'rows', align: 'right' }],
    found.map((shape) => [shape.table, shape.key.join(', '), sumColumns(shape).join(', '), formatCount(shape.rows)]),
  );
}
