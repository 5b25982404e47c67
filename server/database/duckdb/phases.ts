import type { DuckDBConnection } from './node-api.js';

export interface DuckDbOptions {
  readonly threads: number;
  /** Those for loads of more than a row group. Default: `threads`. */
  readonly loadThreads?: number | undefined;
  /** Bytes that the database may hold; what does not fit goes to the disk. */
  readonly memory: number;
}

/** What DuckDB may use: bytes, threads, and a size as it writes settings. */
interface Limits {
  readonly memory: number;
  readonly threads: number;
  /** A commit by which the WAL would get larger goes into the file itself. */
  readonly wal: string;
}

/**
 * Each checkpoint writes the last row group of a table anew and leaves a hole where it was. With DuckDB's 16 MB for the WAL, a week of a
 * log in daily injections made the file half as large again as with 128, and took a tenth more of DuckDB's time. But what has had a large
 * load is not worth to be written twice: 3 % less time for two million impressions (measured both).
 */
export interface Phases {
  /** While a load of more than a row group runs: that statement, and no other. */
  readonly loading: Limits;
  /** From its end to that of its transaction: comparing what came with a large period takes what it needs. */
  readonly loaded: Limits;
  /** For small loads, and what users ask for: a sum over a million long paths takes half a GB. */
  readonly otherwise: Limits;
}

/** Each thread of a statement holds pages that it can give away to nobody. */
const THREAD_BYTES = 64 * 2 ** 20;

/**
 * The least for each thread of a load. Rows that are loaded go to the file as they come, and what has been written would only stay to be
 * read again. Each thread fills row groups of its own (measured at 5.7 M rows with two: with 64 MB for both 22 MB more in the process
 * than with 40, in the same time).
 */
const LOAD_BYTES = 20e6;

export function phasesOf({ threads, loadThreads = threads, memory }: DuckDbOptions): Phases {
  const most = Math.max(1, Math.floor(memory / THREAD_BYTES));
  const otherwise = { memory, threads: Math.min(threads, most), wal: '128MB' };
  const loading = Math.min(loadThreads, most);
  return {
    loading: { memory: Math.min(memory, LOAD_BYTES * loading), threads: loading, wal: '0MB' },
    loaded: { ...otherwise, wal: '0MB' },
    otherwise,
  };
}

/** `threadBytes`: what each thread of a load holds at once, where that may be much. */
export type SetPhase = (phase: keyof Phases, threadBytes?: number) => Promise<void>;

/** Sets the limits over a connection of its own: where others hold more than that just now they stay, and no transaction suffers for it. */
export function phaseSetter(control: DuckDBConnection, phases: Phases): SetPhase {
  let now: keyof Phases = 'otherwise';
  return async (phase, threadBytes = 0) => {
    if (phase === now) return;
    const { threads, wal, ...limits } = phases[phase];
    const memory = Math.min(phases.otherwise.memory, Math.max(limits.memory, threadBytes * threads));
    // Memory first: where that is refused, threads stay too.
    await control.run(`set memory_limit = '${bytes(memory)}'; set threads = ${threads}; set wal_autocheckpoint = '${wal}'`).then(
      () => (now = phase),
      () => {},
    );
  };
}

/** As DuckDB reads it. */
export function bytes(n: number): string {
  return `${Math.floor(n / 1000)}kB`;
}
