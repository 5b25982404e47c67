import { formatDay, type Granularity } from '../../engine/period.js';
import type { Value } from '../database/driver.js';
import { id } from '../database/sql.js';
import type { Query as Statement } from '../database/database.js';
import type { TableShape } from '../database/table-shape.js';
import type { Grounds, Source } from './planner.js';
import { queryError, unknownName } from './query-error.js';
import type { Condition, Filter, Query } from './query.js';
import type { Range, Shift } from './range.js';
import { columnIn, PERIODS } from './vocabulary.js';

/**
 * One statement for all sources: each gives rows (k0, k1, its sums), which are added up by key. Columns: `k0`, `k1` the dimensions;
 * of metric i `n<i>` its sum and `d<i>` what it is divided by, and `pn<i>`, `pd<i>` those of the period compared with; `total` the
 * number of rows without the limit.
 */
export function statementOf(query: Query, sources: readonly Source[], grounds: Grounds): Statement {
  const values: Value[] = [];
  const bind = (value: Value): string => `$${values.push(value)}`;
  const by = query.by ?? [];
  const sums = sources.flatMap(({ metric }, i) => {
    const own = metric.per === undefined ? [`n${i}`] : [`n${i}`, `d${i}`];
    return grounds.compare ? [...own, ...own.map((name) => `p${name}`)] : own;
  });
  const part = (source: Source, i: number, range: Range, prefix: string, shift?: Shift): string => {
    const { shape, granularity, metric } = source;
    const keys = by.map((name, k) => `${keyOf(name, shape, shift)} as k${k}`);
    const given: Readonly<Record<string, string | undefined>> = { [`${prefix}n${i}`]: metric.sum, [`${prefix}d${i}`]: metric.per };
    const cells = sums.map((name) => `${given[name] === undefined ? 'cast(0 as bigint)' : `t.${id(given[name])}`} as ${name}`);
    return `select ${[...keys, ...cells].join(', ')} from ${id(shape.table)} as t where ${where(query, shape, granularity, range, bind)}`;
  };
  const parts = sources.flatMap((source, i) => {
    const now = part(source, i, grounds.range, '');
    return grounds.compare ? [now, part(source, i, grounds.compare.range, 'p', grounds.compare)] : [now];
  });
  const keys = by.map((_, k) => `k${k}`);
  const added = sums.map((name) => `cast(sum(${name}) as bigint) as ${name}`);
  const group = keys.length === 0 ? '' : ` group by ${keys.join(', ')}`;
  const shown = by.map((name, k) => ((PERIODS as readonly string[]).includes(name) ? `cast(k${k} as varchar) as k${k}` : `k${k}`));
  const inner = `select ${[...keys, ...added].join(', ')} from (${parts.join(' union all ')}) as parts${group}`;
  const order = [orderOf(query, sources), ...keys].join(', ');
  const limit = query.limit === undefined ? '' : ` limit cast(${bind(query.limit)} as bigint)`;
  // The order is that of the inner columns: a date's text sorts as the date does.
  const sql = `select ${[...shown, ...sums, 'count(*) over () as total'].join(', ')} from (${inner}) as answer order by ${order}${limit}`;
  return { sql, values };
}

function keyOf(name: string, shape: TableShape, shift: Shift | undefined): string {
  if (!(PERIODS as readonly string[]).includes(name)) return `t.${id(columnIn(shape, name) as string)}`;
  const period =
    shift === undefined ? 't.period' : `cast(t.period + ${shift.unit === 'day' ? shift.count : `interval '${shift.count} month'`} as date)`;
  return name === 'day' ? period : `cast(date_trunc('${name}', ${period}) as date)`;
}

type Bind = (value: Value) => string;

function where(query: Query, shape: TableShape, granularity: Granularity, range: Range, bind: Bind): string {
  const conditions = [
    `t.granularity = '${granularity}'`,
    `t.period >= cast(${bind(formatDay(range.first))} as date)`,
    `t.period <= cast(${bind(formatDay(range.last))} as date)`,
  ];
  if (query.sites) conditions.push(`t.site in (${query.sites.map((site) => textOf(site, bind)).join(', ')})`);
  if (query.filter) conditions.push(filterOf(query.filter, shape, bind, '/filter'));
  return conditions.join(' and ');
}

const textOf = (value: string | number, bind: Bind): string => `cast(${bind(String(value))} as varchar)`;

function filterOf(filter: Filter, shape: TableShape, bind: Bind, pointer: string): string {
  const every = (filters: readonly Filter[], word: 'and' | 'or'): string =>
    `(${filters.map((f, i) => filterOf(f, shape, bind, `${pointer}/${word}/${i}`)).join(` ${word} `)})`;
  if ('and' in filter) return every(filter.and, 'and');
  if ('or' in filter) return every(filter.or, 'or');
  if ('not' in filter) return `not (${filterOf(filter.not, shape, bind, `${pointer}/not`)})`;
  return conditionOf(filter, shape, bind, pointer);
}

function conditionOf({ dimension, operator, values }: Condition, shape: TableShape, bind: Bind, pointer: string): string {
  const name = columnIn(shape, dimension) as string;
  const column = `t.${id(name)}`;
  const isText = shape.columns.find((c) => c.name === name)?.type === 'text';
  const any = values.map((value, i) => {
    if (isText) {
      const text = textOf(value, bind);
      if (operator === 'contains') return `position(${text} in ${column}) > 0`;
      return operator === 'starts' ? `left(${column}, length(${text})) = ${text}` : `${column} = ${text}`;
    }
    if (operator === 'contains' || operator === 'starts')
      throw queryError(`${pointer}/operator`, `'${dimension}' is a number: is or isNot`);
    if (!/^-?\d{1,15}$/.test(String(value))) throw queryError(`${pointer}/values/${i}`, `'${dimension}' is a whole number`);
    return `${column} = cast(${bind(Number(value))} as bigint)`;
  });
  return `${operator === 'isNot' ? 'not ' : ''}(${any.join(' or ')})`;
}

function orderOf({ order, metrics, by = [] }: Query, sources: readonly Source[]): string {
  const period = by.find((name) => (PERIODS as readonly string[]).includes(name));
  const wanted = order ?? period ?? `-${metrics[0]}`;
  const isDown = wanted.startsWith('-');
  const name = isDown ? wanted.slice(1) : wanted;
  const direction = isDown ? 'desc' : 'asc';
  if (by.includes(name)) return `k${by.indexOf(name)} ${direction}`;
  const i = metrics.indexOf(name);
  if (i < 0) throw unknownName('/order', 'metric or dimension of this query', name, [...metrics, ...by]);
  const value = sources[i]?.metric.per === undefined ? `n${i}` : `cast(n${i} as double precision) / nullif(d${i}, 0)`;
  return `${value} ${direction} nulls last`;
}
