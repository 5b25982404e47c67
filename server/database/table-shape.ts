import type { AggregateType, Measure } from '../../engine/bean.js';
import { fail } from '../errors.js';

export type ColumnType = 'text' | 'date' | 'smallint' | 'integer' | 'bigint';

export interface ColumnShape {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * A table as both databases have it. A period table holds sums of days, weeks and months: it begins with granularity and period.
 * A master table holds one row a key for all time, and takes news by its measures. Plain data: it crosses threads as it is.
 */
export interface TableShape {
  readonly table: string;
  readonly kind: 'period' | 'master' | 'ledger';
  readonly columns: readonly ColumnShape[];
  /** The columns that are unique together. Every other column is a measure, or in the ledger a fact. */
  readonly key: readonly string[];
  readonly measures: Readonly<Record<string, Measure>>;
}

const text = (name: string): ColumnShape => ({ name, type: 'text' });

/** What was injected, one row a package. Times are ms since the epoch; `beans` is JSON, the number of beans of each type. */
export const ledgerShape: TableShape = {
  table: 'injection',
  kind: 'ledger',
  columns: [
    text('package'),
    text('processor'),
    text('job'),
    text('granularity'),
    { name: 'period', type: 'date' },
    { name: 'injected_at', type: 'bigint' },
    { name: 'rows', type: 'bigint' },
    text('beans'),
  ],
  key: ['package'],
  measures: {},
};

/** Integer keys of a known small range; every other integer is a BIGINT. */
const NARROW: Readonly<Record<string, ColumnType>> = { hour: 'smallint', from_s: 'integer' };

// PostgreSQL cuts names at 63 bytes; the names of constraints and indexes add a few to the table's.
const TABLE = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * The table of an aggregate. Its name says its kind: `l2_…` is a master table, anything else a period table.
 * Errors: TM_ERR_DECLARATION where the type has no table, or one that no database can hold.
 */
export function shapeOf(type: AggregateType): TableShape {
  const { name, table, key, measures, fields } = type;
  const wrong = (why: string): Error => fail('TM_ERR_DECLARATION', `${name}: ${why}`);
  if (table === undefined) throw wrong('it has no table');
  if (!TABLE.test(table)) throw wrong(`'${table}' is not a name for a table (lower-case letters, digits, '_', at most 48)`);
  if (table === ledgerShape.table || table.startsWith('tidemill_')) throw wrong(`the table '${table}' is Tidemill's own`);
  if (key.length === 0 || Object.keys(measures).length === 0) throw wrong('it has no key or no measure');
  const isMaster = table.startsWith('l2_');
  if (isMaster && Object.values(measures).some((m) => m.op === 'sum')) throw wrong('a sum needs a period, and tables l2_… have none');

  const own = Object.entries(fields).map(([field, kind]): ColumnShape => {
    if (kind === 'string') return text(field);
    if (kind !== 'integer') throw wrong(`'${field}' is neither a string nor an integer`);
    return { name: field, type: (key.includes(field) ? NARROW[field] : undefined) ?? 'bigint' };
  });
  const columns = isMaster ? own : [text('granularity'), { name: 'period', type: 'date' } as const, ...own];
  const seen = new Set<string>();
  for (const column of columns) {
    if (column.name.length > 63) throw wrong(`the column '${column.name}' is longer than 63 letters`);
    if (seen.has(column.name.toLowerCase())) throw wrong(`the table '${table}' would have two columns '${column.name}'`);
    seen.add(column.name.toLowerCase());
  }
  return { table, kind: isMaster ? 'master' : 'period', columns, key: isMaster ? key : ['granularity', 'period', ...key], measures };
}

/** The columns that a batch of beans fills, in their order: all but the period's. */
export function beanColumns(shape: TableShape): readonly ColumnShape[] {
  return shape.kind === 'period' ? shape.columns.slice(2) : shape.columns;
}

/** The measures that add up over rows. */
export function sumColumns(shape: TableShape): readonly string[] {
  return shape.columns.map((c) => c.name).filter((name) => shape.measures[name]?.op === 'sum');
}

const RANGES = { smallint: 2 ** 15, integer: 2 ** 31, date: 2 ** 31, bigint: 2 ** 53 } as const;

/** See that a bean's integer is one, and fits its column. Errors: TM_ERR_BEAN_INVALID. */
export function checkInteger(value: number, column: ColumnShape): void {
  const range = RANGES[column.type as keyof typeof RANGES];
  // Written so that NaN fails.
  if (!(value < range && value >= -range && Math.trunc(value) === value)) throw notFor(value, column);
}

function notFor(value: number, { name, type }: ColumnShape): Error {
  if (Number.isFinite(value) && !Number.isInteger(value))
    return fail('TM_ERR_BEAN_INVALID', `${value} is not for the column '${name}' (${type}), which holds whole numbers`);
  const why = type === 'bigint' ? ': from 2^53 on numbers are not exact any more' : '';
  return fail('TM_ERR_BEAN_INVALID', `${value} does not fit the column '${name}' (${type})${why}`);
}
