import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { diskBytes } from '../../engine/store/disk-bytes.js';
import { thisBuild, type Build } from './builds.js';
import { runModule, type Ended, type Usage } from './child.js';

/** What `run --json` and `import --json` print, as far as it is measured. */
export interface Summary {
  readonly processors: readonly {
    readonly processor: string;
    readonly jobs: number;
    readonly recordsIn: number;
    readonly recordsOut: number;
    readonly busyMs: number;
  }[];
  readonly ms: { readonly import: number; readonly process: number; readonly total: number };
}

export interface TidemillRun extends Ended, Usage {
  /** By name: read, accepted, rejected, … */
  readonly counters: Readonly<Record<string, number>>;
  /** Of `run` only. */
  readonly summary: Summary | undefined;
  readonly database: string;
  readonly storeBytes: number;
  /** Files below the folder of its data. */
  readonly fileCount: number;
}

export interface TidemillOptions {
  readonly command: 'run' | 'import';
  readonly files: readonly string[];
  /** The folder of its data: dropped before, unless it is added to. */
  readonly data: string;
  readonly adds?: boolean;
  /** Default: this one. */
  readonly build?: Build;
  readonly workers?: number;
  /** The cores that it may use. */
  readonly pin?: readonly number[] | undefined;
  readonly more?: readonly string[];
}

/** Run the command line in a process of its own, on a dataset that is not there yet, or on one that gets more. */
export async function runTidemill(options: TidemillOptions): Promise<TidemillRun> {
  const { command, files, data, adds = false, build = thisBuild, workers, pin, more = [] } = options;
  if (!adds) rmSync(data, { recursive: true, force: true });
  const threads = workers === undefined ? [] : ['--workers', String(workers)];
  const ended = await runModule('server/cli.js', [command, '--json', '--data', data, ...threads, ...more, ...files], pin, build.root);
  const printed = JSON.parse(ended.stdout) as Summary & { import: { counters: Record<string, number> } } & {
    counters: Record<string, number>;
  };
  return {
    ...ended,
    counters: command === 'run' ? printed.import.counters : printed.counters,
    summary: command === 'run' ? printed : undefined,
    database: path.join(data, 'analytics/analytics.duckdb'),
    storeBytes: diskBytes(path.join(data, 'analytics/store')),
    fileCount: readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length,
  };
}

/** Throws unless so many lines were read, and, where `accepted`, all of them taken. */
export function checkLines({ counters }: TidemillRun, lines: number, accepted: boolean): void {
  if (counters['read'] === lines && (!accepted || counters['accepted'] === lines)) return;
  throw new Error(`of ${lines} lines Tidemill says ${JSON.stringify(counters)}`);
}
