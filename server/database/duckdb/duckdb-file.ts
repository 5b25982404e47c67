import { totalmem } from 'node:os';
import { DuckDBInstance, type DuckDBConnection } from './node-api.js';
import { BatchScan } from './batch-scan.js';
import { duckDbError } from './duckdb-errors.js';
import { makeWhole } from './new-file.js';
import { claimFile } from './open-files.js';

export interface DuckDbOptions {
  readonly threads: number;
  /** Those for loads of more than a row group. Default: `threads`. */
  readonly loadThreads?: number | undefined;
}

/** What DuckDB may use, as it writes settings. What does not fit into its memory goes to a folder beside the file. */
interface Limits {
  readonly memory: string;
  readonly threads: number;
  /** A commit by which the WAL would get larger goes into the file itself. */
  readonly wal: string;
}

/**
 * Each checkpoint writes the last row group of a table anew and leaves a hole where it was. With DuckDB's 16 MB for the WAL, a week of a
 * log in daily injections made the file half as large again as with 128, and took a tenth more of DuckDB's time. But what has had a large
 * load is not worth to be written twice: 3 % less time for two million impressions (measured both).
 */
interface Phases {
  /** From a load of more than a row group on, to the end of its transaction. */
  readonly loading: Limits;
  /** For small loads, comparing large periods, and what users ask for: a sum over a million long paths takes half a GB. */
  readonly otherwise: Limits;
}

/**
 * Rows that are loaded go to the file as they come, and what has been written would only stay to be read again. Each thread fills row
 * groups of its own (measured at 5.7 M rows with two: with 64 MB for both 22 MB more in the process than with 40, in the same time).
 */
function phasesOf({ threads, loadThreads = threads }: DuckDbOptions): Phases {
  const usual = 256;
  const host = Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2 ** 20;
  return {
    loading: { memory: `${Math.min(usual, 20 * loadThreads)}MB`, threads: loadThreads, wal: '0MB' },
    otherwise: { memory: `${Math.max(usual, Math.floor(host / 16))}MB`, threads, wal: '128MB' },
  };
}

export interface Loader {
  readonly scan: BatchScan;
  /** Over a connection of its own: where others hold more than that just now the limits stay, and no transaction suffers for it. */
  setPhase(phase: keyof Phases): Promise<void>;
}

/** The one connection that writes, the one that sets limits, and the instance that makes others. */
export interface Opened extends Loader {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly control: DuckDBConnection;
}

/**
 * An open DuckDB file, and who uses it: it is closed only when nobody does, since a connection closed under a running statement
 * takes the process with it. After a fatal error of DuckDB the next user gets it opened anew, recovered from its WAL.
 */
export class DuckDbFile {
  readonly path: string;
  readonly #options: DuckDbOptions;
  readonly #users = new Set<Promise<void>>();
  #opened: Promise<Opened> | undefined;
  #unclaim: (() => void) | undefined;

  private constructor(path: string, options: DuckDbOptions, unclaim: () => void) {
    this.path = path;
    this.#options = options;
    this.#unclaim = unclaim;
  }

  /** Errors: TM_ERR_DATABASE_LOCKED, TM_ERR_DATABASE_UNAVAILABLE, TM_ERR_DISK_FULL. */
  static async open(path: string, options: DuckDbOptions): Promise<DuckDbFile> {
    const unclaim = await claimFile(path);
    const file = new DuckDbFile(path, options, unclaim);
    try {
      await file.#open();
    } catch (error) {
      unclaim();
      throw error;
    }
    return file;
  }

  /** Use the file until `done` is called. */
  async acquire(): Promise<Opened & { done(): void }> {
    const opened = await this.#open();
    let resolve = (): void => {};
    const user = new Promise<void>((r) => (resolve = r));
    this.#users.add(user);
    const done = (): void => {
      this.#users.delete(user);
      resolve();
    };
    return { ...opened, done };
  }

  /** DuckDB has given up on the instance. */
  markBroken(): void {
    this.#opened = this.#opened?.then(async (opened) => {
      await this.#close(opened);
      return this.#start();
    });
    // Whoever needs it next is told.
    this.#opened?.catch(() => {});
  }

  async close(): Promise<void> {
    const unclaim = this.#unclaim;
    this.#unclaim = undefined;
    const opened = await this.#opened?.catch(() => {});
    this.#opened = undefined;
    if (opened) await this.#close(opened);
    unclaim?.();
  }

  async #open(): Promise<Opened> {
    if (!this.#unclaim) throw duckDbError(new Error('it has been closed'), this.path, true);
    const opening = (this.#opened ??= this.#start());
    try {
      return await opening;
    } catch (cause) {
      if (this.#opened === opening) this.#opened = undefined;
      throw duckDbError(cause, this.path, true);
    }
  }

  async #start(): Promise<Opened> {
    const phases = phasesOf(this.#options);
    await makeWhole(this.path);
    const instance = await DuckDBInstance.create(this.path, {
      threads: String(phases.otherwise.threads),
      memory_limit: phases.otherwise.memory,
      // Rows are asked for in the order of their keys; keeping that of their arrival would make the writing threads wait for each other.
      preserve_insertion_order: 'false',
      wal_autocheckpoint: phases.otherwise.wal,
      // Nothing is fetched from the network behind the user's back.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const writer = await instance.connect();
    const scan = new BatchScan(phases.loading.threads);
    writer.registerTableFunction(scan.function);
    const control = await instance.connect();
    let now: keyof Phases = 'otherwise';
    const setPhase = async (phase: keyof Phases): Promise<void> => {
      if (phase === now) return;
      const { memory, threads, wal } = phases[phase];
      // Memory first: where that is refused, threads stay too.
      await control.run(`set memory_limit = '${memory}'; set threads = ${threads}; set wal_autocheckpoint = '${wal}'`).then(
        () => (now = phase),
        () => {},
      );
    };
    return { instance, writer, control, scan, setPhase };
  }

  async #close({ instance, writer, control }: Opened): Promise<void> {
    await Promise.all(this.#users);
    control.closeSync();
    writer.closeSync();
    // Writes what is in the WAL into the file, and gives the lock back.
    instance.closeSync();
  }
}
