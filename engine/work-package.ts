import { createHash } from 'node:crypto';
import { formatDay, isoWeek, type Day, type Period } from './period.js';
import type { Layout } from './processor.js';

/** Where a block lies in its part file. `offset` and `bytes` are those of the block, without its frame. */
export interface BlockRef {
  readonly type: string;
  readonly records: number;
  readonly offset: number;
  readonly bytes: number;
}

/** One file of a package. `checksum` is the CRC-32 of the whole file. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
  readonly checksum: number;
  readonly blocks: readonly BlockRef[];
}

/** The metadata record of a work package (spec §4). A package exists when its record does. */
export interface WorkPackage {
  /** `/<dataset>/<location>/…`, without a trailing slash. */
  readonly path: string;
  readonly location: string;
  /** The days that its beans are of. */
  readonly period: Period;
  /** A purged package has no parts any more; what is counted here stays true of what it held. */
  readonly state: 'complete' | 'purged';
  readonly createdAt: number;
  /** The processor and the job that made it; absent for raw data. */
  readonly processor?: string;
  readonly job?: string;
  /** Paths of the packages it was made from, in order. */
  readonly inputs: readonly string[];
  readonly parts: readonly Part[];
  /** Number of beans by type. */
  readonly beans: Readonly<Record<string, number>>;
  /** What was counted on the way, such as the lines read and rejected of raw data. */
  readonly counters: Readonly<Record<string, number>>;
  /** A part with records that were refused, each with its reason. */
  readonly rejects?: Part;
  /** The report of an injection. */
  readonly report?: unknown;
}

/** Some blocks of a file, as tasks read them. */
export interface PartFile {
  readonly file: string;
  readonly blocks: readonly BlockRef[];
}

/** Number of beans by type in some parts. */
export function countBeans(parts: readonly Part[]): Record<string, number> {
  const beans: Record<string, number> = {};
  for (const part of parts) for (const b of part.blocks) beans[b.type] = (beans[b.type] ?? 0) + b.records;
  return beans;
}

export function recordsOf(p: WorkPackage): number {
  return Object.values(p.beans).reduce((n, records) => n + records, 0);
}

/** What stays of a package when its beans are purged: all that was counted, and its report; refused records go with the beans. */
export function withoutBeans(p: WorkPackage): WorkPackage {
  const { rejects: _rejects, ...kept } = p;
  return { ...kept, state: 'purged', parts: [] };
}

/** The path of a package that sensor or import captured: `<source>-<n>-<ms>` in its day. */
export function rawPath(dataset: string, location: string, day: Day, source: string, n: number, ms: number): string {
  return `${directory(dataset, location, 'day-time', { granularity: 'day', first: day })}/${source}-${String(n).padStart(6, '0')}-${ms}`;
}

/**
 * The path of a package that a job makes. It depends on nothing but what the job is made of: a second run finds the first
 * one's place. In a day-time location the package keeps the name of its only input. With `again` it is another place: what
 * was made of the first one shall be seen to be stale.
 */
export function outputPath(
  dataset: string,
  location: string,
  layout: Layout,
  processor: string,
  period: Period,
  inputs: readonly string[],
  again?: number,
): string {
  const dir = directory(dataset, location, layout, period);
  const name = inputs[0]?.slice(inputs[0].lastIndexOf('/') + 1) ?? '';
  const more = again === undefined ? [] : [`again-${again}`];
  return `${dir}/${layout === 'day-time' ? [name, ...more].join('-') : uuid([processor, ...inputs, ...more].join('\n'))}`;
}

function directory(dataset: string, location: string, layout: Layout, period: Period): string {
  const [yyyy, mm, dd] = formatDay(period.first).split('-') as [string, string, string];
  const root = `/${dataset}/${location}`;
  if (layout === 'monthly') return `${root}/${yyyy}/${mm}`;
  if (layout === 'day-time' || layout === 'daily') return `${root}/${yyyy}/${mm}/${dd}`;
  const { year, week } = isoWeek(period.first);
  const inWeek = `${root}/${year}/W${String(week).padStart(2, '0')}`;
  return layout === 'weekly' ? inWeek : `${inWeek}/${yyyy}/${mm}/${dd}`;
}

/** A name-based UUID (RFC 9562, version 8) from SHA-256. */
function uuid(name: string): string {
  const b = createHash('sha256').update(name).digest().subarray(0, 16);
  b[6] = ((b[6] as number) & 0x0f) | 0x80;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const hex = b.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
