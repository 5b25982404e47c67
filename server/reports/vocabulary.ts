import { sumColumns, type TableShape } from '../database/table-shape.js';

/** Tables of Tidemill's own in which a dimension stands, and its column there. */
interface Dimension {
  readonly column: string;
  readonly tables: readonly string[];
}

const places = ['l3_country', 'l3_region', 'l3_city'];

export const DIMENSIONS: Readonly<Record<string, Dimension>> = {
  type: { column: 'type', tables: ['l3_objecttype', 'l3_object', 'l3_download'] },
  object: { column: 'object', tables: ['l3_object', 'l3_download'] },
  entry: { column: 'object', tables: ['l3_sessionentry'] },
  exit: { column: 'object', tables: ['l3_sessionexit'] },
  previous: { column: 'object_from', tables: ['l3_clickstream'] },
  next: { column: 'object_to', tables: ['l3_clickstream'] },
  term: { column: 'term', tables: ['l3_internalsearch'] },
  referrer: { column: 'referrer', tables: ['l3_referrer'] },
  browser: { column: 'browser', tables: ['l3_browser'] },
  os: { column: 'os', tables: ['l3_os'] },
  device: { column: 'device', tables: ['l3_device'] },
  ip: { column: 'ip', tables: ['l3_ip'] },
  hour: { column: 'hour', tables: ['l3_sessionhour'] },
  duration: { column: 'from_s', tables: ['l3_sessionduration'] },
  country: { column: 'country', tables: places },
  region: { column: 'region', tables: places.slice(1) },
  city: { column: 'city', tables: places.slice(2) },
  segment: { column: 'segment', tables: ['l3_segment'] },
  recommendation: { column: 'recommendation', tables: ['l3_recommendation'] },
};

export const PERIODS = ['day', 'week', 'month'] as const;

/** A sum, or the ratio of two sums of one table. */
export interface Metric {
  readonly sum: string;
  readonly per?: string;
  /** The only table that counts it. Default: any that has the sum. */
  readonly table?: string;
}

export const METRICS: Readonly<Record<string, Metric>> = {
  views: { sum: 'views' },
  downloads: { sum: 'downloads' },
  searches: { sum: 'searches' },
  impressions: { sum: 'impressions' },
  sessions: { sum: 'sessions' },
  bounces: { sum: 'bounces' },
  visitors: { sum: 'visitors' },
  clicks: { sum: 'clicks' },
  entries: { sum: 'sessions', table: 'l3_sessionentry' },
  exits: { sum: 'sessions', table: 'l3_sessionexit' },
  bounceRate: { sum: 'bounces', per: 'sessions' },
  impressionsPerSession: { sum: 'impressions', per: 'sessions' },
  /** Ms. */
  averageDuration: { sum: 'duration_ms', per: 'sessions' },
};

/** Tables of Tidemill's own: all those of a dimension, and those without one. */
const OWN = new Set(['l3_session', 'l3_visitor', ...Object.values(DIMENSIONS).flatMap(({ tables }) => tables)]);

/** In these a session may stand in several rows, so that rows of different values do not add up. */
const OVERLAPPING = new Set(['l3_segment', 'l3_recommendation']);

export const isOwn = (table: string): boolean => OWN.has(table);

export const addsUp = (table: string, { sum }: Metric): boolean => sum !== 'visitors' && !OVERLAPPING.has(table);

/** The column of a dimension in a table. In a table of one's own every column of the key is a dimension by its name. */
export function columnIn({ table, key }: TableShape, dimension: string): string | undefined {
  if (dimension === 'site') return key.includes('site') ? 'site' : undefined;
  if (!isOwn(table)) return key.slice(2).includes(dimension) ? dimension : undefined;
  const known = Object.hasOwn(DIMENSIONS, dimension) ? DIMENSIONS[dimension] : undefined;
  return known?.tables.includes(table) === true ? known.column : undefined;
}

/** The metrics by name: Tidemill's own, and `table.column` of each sum of other tables. */
export function metricsOf(shapes: readonly TableShape[]): ReadonlyMap<string, Metric> {
  const others = shapes
    .filter(({ table, kind }) => kind === 'period' && !isOwn(table))
    .flatMap((shape) => sumColumns(shape).map((sum): [string, Metric] => [`${shape.table}.${sum}`, { sum, table: shape.table }]));
  return new Map([...Object.entries(METRICS), ...others]);
}

export function dimensionsOf(shapes: readonly TableShape[]): readonly string[] {
  const others = shapes.filter(({ table, kind }) => kind === 'period' && !isOwn(table)).flatMap(({ key }) => key.slice(2));
  return [...new Set(['site', ...Object.keys(DIMENSIONS), ...PERIODS, ...others])];
}
