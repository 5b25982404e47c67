/**
 * The statements, in the SQL that DuckDB and PostgreSQL share. Text compares by bytes in both (`columnTypes` sees to it), and no
 * column is ever NULL, so that `=` and `<` need no care.
 */
import { fail } from '../errors.js';
import type { Query, RowFilter } from './database.js';
import type { Driver, Value } from './driver.js';
import { sumColumns, type ColumnShape, type TableShape } from './table-shape.js';

/** Where the rows of an injection wait for being compared with those that are there. */
export const INCOMING = 'tidemill_incoming';
const DIFFERENCE = 'tidemill_difference';

/** A name as an identifier. */
export const id = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const list = (names: readonly string[], prefix = ''): string => names.map((n) => prefix + id(n)).join(', ');
const every = (names: readonly string[]): string => names.map((n) => `s.${id(n)} = t.${id(n)}`).join(' and ');
const named = (columns: readonly ColumnShape[]): string[] => columns.map((c) => c.name);

function definitions(columns: readonly ColumnShape[], driver: Driver): string {
  return columns.map((c) => `${id(c.name)} ${driver.columnTypes[c.type]} not null`).join(', ');
}

export function createTable(shape: TableShape, driver: Driver): string {
  // The ledger's key is also what tells a second row of a package from the first, so it has an index in every database.
  const isKeyed = shape.kind === 'ledger' || driver.hasPrimaryKeys;
  const key = isKeyed ? `, constraint ${id(`${shape.table}_pkey`)} primary key (${list(shape.key)})` : '';
  return `create table if not exists ${id(shape.table)} (${definitions(shape.columns, driver)}${key})`;
}

export function createIncoming(shape: TableShape, driver: Driver): string {
  return `create temporary table ${INCOMING} (${definitions(shape.columns, driver)})`;
}

export const dropIncoming = `drop table ${INCOMING}`;

/**
 * The rows of several tables by period, (i, granularity, period, n) each, where there are any; `''` for both in a table without.
 * First so many granularities are given, then so many periods; other combinations of them may come too.
 */
export function countAllRows(shapes: readonly TableShape[], granularities: number, periods: number): string {
  const asked = [
    `t.granularity in (${times(granularities, (i) => `cast($${i + 1} as varchar)`).join(', ')})`,
    `t.period in (${times(periods, (i) => `cast($${granularities + i + 1} as date)`).join(', ')})`,
  ].join(' and ');
  const rows = shapes.map((shape, i) =>
    shape.kind === 'period'
      ? `select ${i} as i, t.granularity, cast(t.period as varchar) as period, 1 as n from ${id(shape.table)} as t where ${asked}`
      : `select ${i} as i, '' as granularity, '' as period, count(*) as n from ${id(shape.table)}`,
  );
  return `select i, granularity, period, sum(n) as n from (${rows.join(' union all ')}) as counted group by i, granularity, period`;
}

/** The ledger's rows of some packages, and of some processors' periods; other combinations of these come too. Values: in this order. */
export function findLedger(packages: number, processors: number, periods: number): string {
  const given = (n: number, before: number): string => times(n, (i) => `$${before + i + 1}`).join(', ');
  const dates = times(periods, (i) => `cast($${packages + processors + i + 1} as date)`).join(', ');
  return (
    'select package, processor, granularity, cast(period as varchar) as period from injection ' +
    `where package in (${given(packages, 0)}) or (processor in (${given(processors, packages)}) and period in (${dates}))`
  );
}

/** Take packages out of the ledger. */
export const removeFromLedger = (packages: number): string =>
  `delete from injection where package in (${times(packages, (i) => `$${i + 1}`).join(', ')})`;

/** Pairs of row ids, of the row that is there and of the incoming one, where they differ or one is missing; and their period. */
export function createDifference(driver: Driver): string {
  return `create temporary table ${DIFFERENCE} (period ${driver.columnTypes.date}, there ${driver.rowId.type}, came ${driver.rowId.type})`;
}

export const dropDifference = `drop table ${DIFFERENCE}`;

/**
 * The one statement that compares whole rows: what follows goes by row ids, which is half the time (measured).
 * $1 is the granularity, which all incoming rows have; then so many periods are given.
 */
export function findDifference(shape: TableShape, { rowId }: Driver, periods: number): string {
  const differs = Object.keys(shape.measures).map((n) => `s.${id(n)} <> t.${id(n)}`);
  const given = times(periods, (i) => `cast($${i + 2} as date)`).join(', ');
  const there = `(select t.${rowId.name} as tidemill_row, t.* from ${id(shape.table)} as t where t.granularity = cast($1 as varchar) and t.period in (${given})) as t`;
  const came = `(select s.${rowId.name} as tidemill_row, s.* from ${INCOMING} as s) as s`;
  const onlyOne = 't.tidemill_row is null or s.tidemill_row is null';
  const key = shape.key.filter((name) => name !== 'granularity');
  return `insert into ${DIFFERENCE} select coalesce(t.period, s.period), t.tidemill_row, s.tidemill_row from ${there} full join ${came} on ${every(key)} where ${[onlyOne, ...differs].join(' or ')}`;
}

/** By period: rows there that differ or do not come, rows that come and differ or are not there, and pairs of both. */
export const countDifference = `select cast(period as varchar) as period, count(there) as there, count(came) as came, count(*) as pairs from ${DIFFERENCE} group by period`;

/** Row ids, from `from` on and below `to`. Those of rows that are not committed yet are no safe integers. */
export interface RowRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** The ranges of so many row ids that hold any which differ, (first) each as text, in their order. */
export function findRanges(side: 'there' | 'came', size: number): string {
  const ranges = `select distinct ${side} - ${side} % ${size} as n from ${DIFFERENCE} where ${side} is not null`;
  return `select cast(n as varchar) as first from (${ranges}) as ranges order by n`;
}

/** A row's id among those that differ, of a range or all. */
function isChanged(row: string, side: 'there' | 'came', range: RowRange | undefined): string {
  const of = (column: string): string => (range === undefined ? '' : ` and ${column} >= ${range.from} and ${column} < ${range.to}`);
  return `${row} in (select ${side} from ${DIFFERENCE} where ${side} is not null${of(side)})${of(row)}`;
}

export function deleteChanged(shape: TableShape, { rowId }: Driver, range?: RowRange): string {
  return `delete from ${id(shape.table)} as t where ${isChanged(`t.${rowId.name}`, 'there', range)}`;
}

export function insertChanged(shape: TableShape, { rowId }: Driver, range?: RowRange): string {
  const from = `${INCOMING} as s where ${isChanged(`s.${rowId.name}`, 'came', range)}`;
  return `insert into ${id(shape.table)} (${list(named(shape.columns))}) select ${list(named(shape.columns), 's.')} from ${from}`;
}

/** Add to a master table the keys that it has not. */
export function insertMissing(shape: TableShape): string {
  const columns = named(shape.columns);
  const there = `select 1 from ${id(shape.table)} as t where ${every(shape.key)}`;
  return `insert into ${id(shape.table)} (${list(columns)}) select ${list(columns, 's.')} from ${INCOMING} as s where not exists (${there})`;
}

/** Let a master table's rows take what came in, by their measures; rows that it does not change are not touched. */
export function updateMaster(shape: TableShape): string {
  const changes = Object.entries(shape.measures).map(([name, measure]) => {
    const [s, t] = [`s.${id(name)}`, `t.${id(name)}`];
    if (measure.op === 'latest') {
      const [sAt, tAt] = [`s.${id(measure.at)}`, `t.${id(measure.at)}`];
      return { name, s, t, when: `(${sAt} > ${tAt} or (${sAt} = ${tAt} and ${s} > ${t}))` };
    }
    return { name, s, t, when: measure.op === 'min' ? `${s} < ${t}` : `${s} > ${t}` };
  });
  const set = changes.map((c) => `${id(c.name)} = case when ${c.when} then ${c.s} else ${c.t} end`).join(', ');
  const any = changes.map((c) => c.when).join(' or ');
  return `update ${id(shape.table)} as t set ${set} from ${INCOMING} as s where ${every(shape.key)} and (${any})`;
}

/** Rows: one value a column, in their order. */
export function insert(shape: TableShape, rows = 1): string {
  const width = shape.columns.length;
  const values = times(rows, (row) => {
    const cells = shape.columns.map((c, i) => (c.type === 'date' ? `cast($${row * width + i + 1} as date)` : `$${row * width + i + 1}`));
    return `(${cells.join(', ')})`;
  });
  return `insert into ${id(shape.table)} (${list(named(shape.columns))}) values ${values.join(', ')}`;
}

const times = (n: number, make: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => make(i));

/** A row, or a new state of the row with its key: one value a column, in their order. */
export function upsert(shape: TableShape): string {
  const rest = named(shape.columns).filter((n) => !shape.key.includes(n));
  const set = rest.map((n) => `${id(n)} = excluded.${id(n)}`).join(', ');
  return `${insert(shape)} on conflict (${list(shape.key)}) do update set ${set}`;
}

function where(shape: TableShape, filter: RowFilter, values: Value[]): string {
  const conditions: string[] = [];
  const add = (column: string, operator: string, value: string | undefined): void => {
    if (value === undefined) return;
    const type = shape.columns.find((c) => c.name === column)?.type;
    if (type === undefined) throw fail('TM_ERR_TABLE_UNKNOWN', `The table '${shape.table}' has no column '${column}'`);
    values.push(value);
    conditions.push(`t.${id(column)} ${operator} ${type === 'date' ? `cast($${values.length} as date)` : `$${values.length}`}`);
  };
  add('granularity', '=', filter.granularity);
  add('period', '>=', filter.from);
  add('period', '<=', filter.to);
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

export function selectTotals(shape: TableShape, filter: RowFilter): Query {
  const values: Value[] = [];
  const sums = sumColumns(shape).map((n, i) => `, coalesce(sum(t.${id(n)}), 0) as s${i}`);
  return { sql: `select count(*) as n${sums.join('')} from ${id(shape.table)} as t${where(shape, filter, values)}`, values };
}

export function selectTop(shape: TableShape, by: string, n: number, filter: RowFilter): Query {
  const values: Value[] = [];
  const dimensions = list(shape.kind === 'period' ? shape.key.slice(2) : shape.key, 't.');
  const sums = sumColumns(shape).map((name) => `sum(t.${id(name)}) as ${id(name)}`);
  const from = `${id(shape.table)} as t${where(shape, filter, values)}`;
  values.push(n);
  const sql = `select ${[dimensions, ...sums].join(', ')} from ${from} group by ${dimensions} order by sum(t.${id(by)}) desc, ${dimensions} limit cast($${values.length} as bigint)`;
  return { sql, values };
}

/** All rows for an export. Without values: COPY takes none. */
export function selectExport(shape: TableShape, spreadsheet: boolean): string {
  const columns = shape.columns.map((c) => {
    const t = `t.${id(c.name)}`;
    if (!spreadsheet || c.type !== 'text') return t;
    return `case when left(${t}, 1) in ('=', '+', '-', '@', chr(9), chr(13)) then chr(39) || ${t} else ${t} end as ${id(c.name)}`;
  });
  return `select ${columns.join(', ')} from ${id(shape.table)} as t order by ${list(shape.key, 't.')}`;
}
