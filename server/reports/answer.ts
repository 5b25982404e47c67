import { formatDay, type Day } from '../../engine/period.js';
import type { Row } from '../database/database.js';
import type { DatabaseReader } from '../database/open-database.js';
import { fail } from '../errors.js';
import { plan, type Grounds } from './planner.js';
import { queryError } from './query-error.js';
import { digestOf, type Query } from './query.js';
import { ALL, parsePeriod, shifted, shiftOf, type Range } from './range.js';
import { statementOf } from './statement.js';
import { METRICS } from './vocabulary.js';

/** A metric's value; null for a ratio to nothing. */
export type Value = number | null;

export interface Figure {
  readonly value: Value;
  /** With a comparison: the value of the other period, and what lies between, absolutely and in per cent of the other. */
  readonly previous?: Value;
  readonly change?: Value;
  readonly changePercent?: Value;
}

export interface Days {
  readonly from: string;
  readonly to: string;
}

export interface Answer {
  readonly query: Query;
  readonly digest: string;
  readonly period: Days;
  readonly compare?: Days;
  /** The table of each metric, in their order. */
  readonly tables: readonly string[];
  readonly rows: readonly { readonly by: readonly (string | number)[]; readonly metrics: readonly Figure[] }[];
  /** The number of rows without the limit. */
  readonly total: number;
}

/**
 * Answer a query from the tables; `today` is a day of the dataset's zone, for periods that are told from there.
 * Errors: TM_ERR_QUERY, TM_ERR_TABLE_UNKNOWN (nothing was injected yet), and those of reading.
 */
export async function answer(database: DatabaseReader, query: Query, today: Day): Promise<Answer> {
  const range = query.period === undefined ? ALL : parsePeriod(query.period, today);
  const grounds: Grounds = { shapes: await database.tables(), sites: [], range, ...comparison(query, range) };
  if (grounds.shapes.length === 0) throw fail('TM_ERR_TABLE_UNKNOWN', `${database.name} has no tables yet; tidemill process makes them`);
  const counted = grounds.shapes.some(({ table }) => table === 'l3_visitor') && query.metrics.some((m) => METRICS[m]?.sum === 'visitors');
  const sites = counted ? await database.select({ sql: 'select distinct site from l3_visitor', values: [] }) : [];
  const known = { ...grounds, sites: sites.map((row) => String(row['site'])) };
  const sources = plan(query, known);
  const rows = await database.select(statementOf(query, sources, known));
  const figures = (row: Row): Figure[] =>
    sources.map(({ metric }, i) => figureOf(row, i, metric.per !== undefined, grounds.compare !== undefined));
  return {
    query,
    digest: digestOf(query),
    period: daysOf(range),
    ...(grounds.compare && { compare: daysOf(grounds.compare.range) }),
    tables: sources.map(({ shape }) => shape.table),
    rows: rows.map((row) => ({ by: (query.by ?? []).map((_, k) => row[`k${k}`] as string | number), metrics: figures(row) })),
    total: Number(rows[0]?.['total'] ?? 0),
  };
}

function comparison({ compare }: Query, range: Range): Pick<Grounds, 'compare'> {
  if (compare === undefined) return {};
  if (range.first === ALL.first || range.last === ALL.last) throw queryError('/compare', "all days have none before them: give a 'period'");
  const shift = shiftOf(range, compare);
  return { compare: { ...shift, range: shifted(range, shift) } };
}

const daysOf = ({ first, last }: Range): Days => ({ from: formatDay(first), to: formatDay(last) });

function figureOf(row: Row, i: number, isRatio: boolean, isCompared: boolean): Figure {
  const valueOf = (prefix: string): Value => {
    // The sum of no rows is NULL.
    const sum = Number(row[`${prefix}n${i}`] ?? 0);
    if (!isRatio) return sum;
    const per = Number(row[`${prefix}d${i}`] ?? 0);
    return per === 0 ? null : sum / per;
  };
  const value = valueOf('');
  if (!isCompared) return { value };
  const previous = valueOf('p');
  const change = value === null || previous === null ? null : value - previous;
  return { value, previous, change, changePercent: change === null || !previous ? null : (100 * change) / previous };
}
