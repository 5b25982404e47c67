import type { Granularity } from '../../engine/period.js';
import { sumColumns, type TableShape } from '../database/table-shape.js';
import { queryError, unknownName } from './query-error.js';
import type { Filter, Query } from './query.js';
import { isWhole, singlePeriod, type Range, type Shift } from './range.js';
import { addsUp, columnIn, dimensionsOf, isOwn, metricsOf, PERIODS, type Metric } from './vocabulary.js';

/** What the planner knows beside the query. */
export interface Grounds {
  readonly shapes: readonly TableShape[];
  /** The sites that have visitors: of different sites they do not add up. */
  readonly sites: readonly string[];
  readonly range: Range;
  readonly compare?: Shift & { readonly range: Range };
}

/** One metric of a plan: what is read of which table. */
export interface Source {
  readonly name: string;
  readonly metric: Metric;
  readonly shape: TableShape;
  /** Of the rows that are added up. */
  readonly granularity: Granularity;
}

const isPeriod = (dimension: string): dimension is Granularity => (PERIODS as readonly string[]).includes(dimension);

/**
 * The tables that answer a query. What none of them holds is refused: it takes the sessions themselves.
 * Errors: TM_ERR_QUERY.
 */
export function plan(query: Query, grounds: Grounds): readonly Source[] {
  const metrics = metricsOf(grounds.shapes);
  const dimensions = dimensionsOf(grounds.shapes);
  const by = query.by ?? [];
  for (const [i, name] of by.entries()) {
    if (!dimensions.includes(name)) throw unknownName(`/by/${i}`, 'dimension', name, dimensions);
    if (by.indexOf(name) < i) throw queryError(`/by/${i}`, `'${name}' is there twice`);
  }
  if (by.filter(isPeriod).length > 1) throw queryError('/by', 'only one of day, week and month');
  const filtered = filterDimensions(query.filter, '/filter').map(({ name, pointer }) => {
    if (!dimensions.includes(name)) throw unknownName(pointer, 'dimension', name, dimensions);
    if (isPeriod(name) || name === 'site') throw queryError(pointer, `give ${name === 'site' ? "'sites'" : "a 'period'"} in place of it`);
    return name;
  });
  checkComparison(by.find(isPeriod), grounds);
  return query.metrics.map((name, i) => {
    const metric = metrics.get(name);
    if (!metric) throw unknownName(`/metrics/${i}`, 'metric', name, [...metrics.keys()]);
    if (query.metrics.indexOf(name) < i) throw queryError(`/metrics/${i}`, `'${name}' is there twice`);
    const asked = [...new Set([...by.filter((d) => !isPeriod(d)), ...filtered])];
    return sourceOf(name, `/metrics/${i}`, metric, asked, query, grounds);
  });
}

function sourceOf(name: string, pointer: string, metric: Metric, asked: readonly string[], query: Query, grounds: Grounds): Source {
  const all = grounds.shapes.filter((shape) => shape.kind === 'period' && holds(shape, metric));
  const able = all
    .filter((shape) => asked.every((dimension) => columnIn(shape, dimension) !== undefined))
    .toSorted((a, b) => a.key.length - b.key.length || (a.table < b.table ? -1 : 1));
  if (able.length === 0) {
    const known = dimensionsOf(grounds.shapes).filter((d) => all.some((shape) => columnIn(shape, d) !== undefined));
    const of = asked.length === 0 ? '' : ` by ${asked.join(' and ')}`;
    throw queryError(
      pointer,
      `no table counts '${name}'${of}; that takes the sessions themselves, which queries do not read yet. Alone, '${name}' goes by ${known.join(', ') || 'nothing: its table is not there'}`,
    );
  }
  const fixed = (shape: TableShape): readonly string[] => [
    ...(query.by ?? []).flatMap((d) => columnIn(shape, d) ?? []),
    ...fixedBy(query.filter).flatMap((d) => columnIn(shape, d) ?? []),
    ...((query.sites ?? grounds.sites).length <= 1 || metric.sum !== 'visitors' ? ['site'] : []),
  ];
  const open = (shape: TableShape): readonly string[] =>
    addsUp(shape.table, metric) ? [] : shape.key.slice(2).filter((column) => !fixed(shape).includes(column));
  const shape = able.find((candidate) => open(candidate).length === 0);
  if (!shape) {
    const over = open(able[0] as TableShape).join(' and ');
    throw queryError(
      pointer,
      `'${name}' of different ${over} do not add up: one may stand in several. Ask by ${over}, or for a single one`,
    );
  }
  return { name, metric, shape, granularity: metric.sum === 'visitors' ? countedIn(name, pointer, query, grounds) : 'day' };
}

const holds = (shape: TableShape, { sum, per, table }: Metric): boolean =>
  (table === undefined ? isOwn(shape.table) : shape.table === table) &&
  [sum, per].every((column) => column === undefined || sumColumns(shape).includes(column));

/** The periods in which visitors are counted, each of them as a whole. */
function countedIn(name: string, pointer: string, query: Query, { range, compare }: Grounds): Granularity {
  const unit = query.by?.find(isPeriod);
  const ranges = compare ? [range, compare.range] : [range];
  if (unit !== undefined) {
    const isAll = query.period === undefined || query.period.trim().toLowerCase() === 'all';
    if (isAll || ranges.every((r) => isWhole(r, unit))) return unit;
    throw queryError(pointer, `'${name}' by ${unit} are counted in whole ${unit}s: let the period begin and end with one`);
  }
  const [first, ...others] = ranges.map(singlePeriod);
  if (first !== undefined && others.every((other) => other === first)) return first;
  throw queryError(
    pointer,
    `'${name}' are counted in one day, one ISO week or one month, and do not add up: give such a period, or ask by day, week or month`,
  );
}

function checkComparison(unit: Granularity | undefined, { compare }: Grounds): void {
  if (!compare || unit === undefined || unit === 'day') {
    if (compare?.unit === 'month' && unit === 'day')
      throw queryError('/compare', 'days of months of different length have no counterpart: compare by month, or other periods by day');
    return;
  }
  const fits = unit === 'month' ? compare.unit === 'month' : compare.unit === 'day' && compare.count % 7 === 0;
  if (!fits) throw queryError('/compare', `by ${unit}, a comparison takes a period of whole ${unit}s`);
}

/** The dimensions of which a filter lets one value pass. */
function fixedBy(filter: Filter | undefined): readonly string[] {
  if (filter === undefined) return [];
  if ('and' in filter) return filter.and.flatMap(fixedBy);
  return 'dimension' in filter && filter.operator === 'is' && filter.values.length === 1 ? [filter.dimension] : [];
}

function filterDimensions(filter: Filter | undefined, pointer: string): readonly { name: string; pointer: string }[] {
  if (filter === undefined) return [];
  if ('and' in filter) return filter.and.flatMap((f, i) => filterDimensions(f, `${pointer}/and/${i}`));
  if ('or' in filter) return filter.or.flatMap((f, i) => filterDimensions(f, `${pointer}/or/${i}`));
  if ('not' in filter) return filterDimensions(filter.not, `${pointer}/not`);
  return [{ name: filter.dimension, pointer: `${pointer}/dimension` }];
}
