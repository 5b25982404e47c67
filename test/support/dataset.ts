import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { awkwardLines } from '#bench/generate/awkward.js';
import { traffic, type TrafficOptions } from '#bench/generate/traffic.js';
import { openForWriting, type Dataset } from '#server/dataset.js';
import { Workshop, type WorkshopOptions } from '#server/workshop.js';
import type { ImportReport } from '#server/acquisition/import-files.js';
import type { Drained, Limits } from '#engine/index.js';
import { temporaryFolder } from './temporary-folder.js';

/** The clock of tests: later than anything that the generators make. */
export const NOW = Date.UTC(2026, 0, 1, 12);

/** The secret of all test datasets, so that hashes of visitors are the same in each. */
const VISITOR_KEY = '0123456789abcdef'.repeat(4);

export interface Setup {
  readonly zone?: string;
  /** The content of dataset.json, without the zone. */
  readonly settings?: object;
  /** Default 1: where it is not about them, a second one is mostly started for nothing. */
  readonly workers?: number;
  readonly limits?: Partial<Limits>;
  /** Default NOW. */
  readonly clock?: () => number;
  /** Default: the dataset's own DuckDB file. */
  readonly database?: string;
}

/** Write the settings and the key of a dataset that is not there yet. */
export function prepareDataset(data: string, { zone = 'UTC', settings = {} }: Setup = {}): string {
  const folder = path.join(data, 'analytics');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'dataset.json'), JSON.stringify({ timeZone: zone, ...settings }));
  writeFileSync(path.join(folder, 'visitor.key'), `${VISITOR_KEY}\n`);
  return folder;
}

/** Work on the dataset `analytics` of a data folder, as one process of the command line does. */
export async function working<T>(data: string, setup: Setup, use: (workshop: Workshop, dataset: Dataset) => Promise<T>): Promise<T> {
  const dataset = await openForWriting({ data, name: 'analytics', database: setup.database, environment: {} });
  const { workers = 1, limits, clock = () => NOW } = setup;
  const options: WorkshopOptions = { workers, limits, clock };
  const workshop = new Workshop(dataset, options);
  try {
    return await use(workshop, dataset);
  } finally {
    await workshop.close();
    await dataset.store.close();
  }
}

export type ImportSetup = Omit<Parameters<Workshop['import']>[1], 'site' | 'keep' | 'format'> &
  Partial<Pick<Parameters<Workshop['import']>[1], 'site' | 'keep' | 'format'>>;

export function importing(workshop: Workshop, files: readonly string[], options: ImportSetup = {}): Promise<ImportReport> {
  return workshop.import(files, { site: 'default', keep: [], format: 'auto', ...options });
}

/** Run all jobs, every period closed. Throws where one fails. */
export async function processing(workshop: Workshop): Promise<Drained> {
  const drained = await workshop.process({ close: true });
  if (drained.failed.length > 0) throw new Error(`jobs failed: ${JSON.stringify(drained.failed.map((j) => [j.processor, j.error]))}`);
  if (drained.waiting.length > 0) throw new Error(`jobs wait: ${drained.waiting.map((u) => u.key).join(', ')}`);
  return drained;
}

/** The main job into a new dataset: files, every period closed. */
export async function mainJob(
  files: readonly string[],
  setup: Setup & { readonly import?: ImportSetup } = {},
): Promise<{ data: string; report: ImportReport }> {
  const data = temporaryFolder();
  prepareDataset(data, setup);
  const report = await working(data, setup, async (workshop) => {
    const imported = await importing(workshop, files, setup.import);
    await processing(workshop);
    return imported;
  });
  return { data, report };
}

export function databaseOf(data: string): string {
  return path.join(data, 'analytics', 'analytics.duckdb');
}

export function trafficBytes(options: TrafficOptions): Buffer {
  return Buffer.concat([...traffic(options)].map((chunk) => chunk.bytes));
}

export function awkwardBytes(lines: number, seed = 1): Buffer {
  return Buffer.concat([...awkwardLines({ lines, seed })].map(({ bytes }) => bytes));
}

/** The lines of some bytes, each with its end. */
export function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, to + 1));
    from = to + 1;
  }
  if (from < bytes.length) lines.push(bytes.subarray(from));
  return lines;
}

/** Lines of impressions of some times, and all that are no impression for certain: all days of awkward lines take long. */
export function withTimes(bytes: Buffer, windows: readonly (readonly [from: string, to: string])[]): Buffer {
  const isWanted = (l: Buffer): boolean => {
    let time: unknown;
    try {
      time = (JSON.parse(l.toString()) as { time?: unknown } | null)?.time;
    } catch {
      return true;
    }
    return typeof time !== 'number' || windows.some(([from, to]) => time >= Date.parse(from) && time < Date.parse(to));
  };
  return Buffer.concat(linesOf(bytes).filter(isWanted));
}

/** A raw line of spec §2; `at` is its time. */
export function line(at: number, fields: object = {}): string {
  return `${JSON.stringify({ time: at, site: 'shop', object: '/', visitor: 'ann', ...fields })}\n`;
}
