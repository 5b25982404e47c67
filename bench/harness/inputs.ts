import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { traffic, type TrafficOptions } from '../generate/traffic.js';
import { pageViews, type PageViewOptions } from '../generate/page-views.js';
import { joined, writeFiles, type Piece } from '../generate/write.js';
import { built, cache } from './places.js';
import { repeatedLog } from './repeated-log.js';
import { say } from './say.js';

export interface Input {
  readonly file: string;
  readonly lines: number;
  readonly bytes: number;
  /** What it is, for people. */
  readonly what: string;
}

/** What is told of an input, without its place on this machine. */
export function inputFigures({ lines, bytes, what }: Input): unknown {
  return { lines, bytes, what };
}

const DAY = { days: 1, start: '2016-02-24' };
/** The first of many days. */
export const FIRST_DAY = '2016-01-01';
/** A log is of a week, or of fewer days where it has not so many lines for each. */
const LINES_A_DAY = 50_000;

/** Impressions of one day as JSON lines. */
export function impressionsOfADay(lines: number): Input {
  return generated({ impressions: lines, seed: 1, format: 'impressions', ...DAY }, 'generated JSON lines of one day');
}

/** Lines of a combined log: a week's, or those of `log` again and again. */
export function combinedLog(lines: number, log: string | undefined): Input {
  if (log === undefined) {
    const days = Math.min(7, Math.ceil(lines / LINES_A_DAY));
    const what = `generated lines of a combined log of ${days === 1 ? 'one day' : `${days} days`}`;
    return generated({ impressions: lines, seed: 1, format: 'combined', days, start: '2016-02-22' }, what);
  }
  const whole = readFileSync(log);
  const bytes = whole[0] === 0x1f && whole[1] === 0x8b ? gunzipSync(whole) : whole;
  const name = path.basename(log).replace(/\.gz$/, '');
  const file = path.join(cache, `${lines}-lines-of-${digestOf([bytes])}-${name}`);
  once(file, () => repeatedLog(bytes, lines));
  return { file, lines, bytes: statSync(file).size, what: `lines of ${name}, its copies with addresses of their own` };
}

/** Lines of a combined log spread over `days` days from 2016-01-01 on, as visits come. */
export function logOfDays(lines: number, days: number): Input {
  const what = days === 1 ? 'generated lines of a combined log of one day' : `generated lines of a combined log of ${days} days`;
  return generated({ impressions: lines, seed: 1, format: 'combined', days, start: FIRST_DAY }, what);
}

/** So many page views on each of some days, in the combined format; other visitors with another seed. */
export function logOfPageViews(options: PageViewOptions): Input {
  const { start, days, each, seed } = options;
  const file = path.join(cache, `${each}-views-${start}-days${days}-seed${seed}-${generatorDigest()}.log`);
  once(file, () => joined(pageViews(options)));
  return { file, lines: days * each, bytes: statSync(file).size, what: `generated page views in a combined log of ${days} days` };
}

/** The day `n` days after another: `yyyy-mm-dd`. */
export function dayAfter(day: string, n: number): string {
  return new Date(Date.parse(day) + n * 86_400_000).toISOString().slice(0, 10);
}

/** Bytes that are free where inputs and scratch folders are, or would be without the inputs that are kept. */
export function freeBytes(): number {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(cache);
  const kept = readdirSync(cache).map((name) => statSync(path.join(cache, name), { throwIfNoEntry: false }));
  return bavail * bsize + kept.reduce((n, s) => n + (s?.isFile() === true ? s.size : 0), 0);
}

/** Drop all inputs that were kept. */
export function dropInputs(): void {
  rmSync(cache, { recursive: true, force: true });
}

function generated(options: Required<TrafficOptions>, what: string): Input {
  const { impressions, days, start, seed, format } = options;
  const file = path.join(cache, `${impressions}-${format}-${start}-days${days}-seed${seed}-${generatorDigest()}`);
  once(file, () => traffic(options));
  return { file, lines: impressions, bytes: statSync(file).size, what };
}

/** Two runs at a time write the same, each under a name of its own until it is whole. */
function once(file: string, pieces: () => Iterable<Piece>): void {
  if (existsSync(file)) return;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  say(`  writing ${file}`);
  const own = `${file}.${process.pid}`;
  writeFiles(pieces(), own);
  renameSync(own, file);
}

/** A changed generator writes other lines under the same options. */
function generatorDigest(): string {
  const folder = built('bench/generate');
  const modules = readdirSync(folder).filter((name) => name.endsWith('.js'));
  return digestOf(modules.toSorted().map((name) => readFileSync(path.join(folder, name))));
}

function digestOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex').slice(0, 8);
}
