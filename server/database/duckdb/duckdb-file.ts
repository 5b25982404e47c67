import { rm } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection } from './node-api.js';
import { BatchScan } from './batch-scan.js';
import { duckDbError } from './duckdb-errors.js';
import { makeWhole } from './new-file.js';
import { claimFile } from './open-files.js';
import { bytes, phaseSetter, phasesOf, type DuckDbOptions, type SetPhase } from './phases.js';
import { spillFolder } from './spill-folder.js';

export interface Loader {
  readonly scan: BatchScan;
  readonly setPhase: SetPhase;
}

/** The one connection that writes, the one that sets limits, and the instance that makes others. */
export interface Opened extends Loader {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly control: DuckDBConnection;
  /** The folder for what does not fit into memory; DuckDB makes it when it needs it. */
  readonly spill: string;
}

/**
 * An open DuckDB file, and who uses it: it is closed only when nobody does, since a connection closed under a running statement
 * takes the process with it. After a fatal error of DuckDB the next user gets it opened anew, recovered from its WAL.
 * Opened for reading it is not written to: what is in its WAL is read from there.
 */
export class DuckDbFile {
  readonly path: string;
  readonly #mode: 'read' | 'write';
  readonly #options: DuckDbOptions;
  readonly #users = new Set<Promise<void>>();
  #opened: Promise<Opened> | undefined;
  #unclaim: (() => void) | undefined;

  private constructor(path: string, mode: 'read' | 'write', options: DuckDbOptions, unclaim: () => void) {
    this.path = path;
    this.#mode = mode;
    this.#options = options;
    this.#unclaim = unclaim;
  }

  /** Errors: TM_ERR_DATABASE_LOCKED, TM_ERR_DATABASE_UNAVAILABLE, TM_ERR_DATABASE_DAMAGED, TM_ERR_DISK_FULL. */
  static async open(path: string, mode: 'read' | 'write', options: DuckDbOptions): Promise<DuckDbFile> {
    const unclaim = await claimFile(path);
    const file = new DuckDbFile(path, mode, options, unclaim);
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
    const isRead = this.#mode === 'read';
    if (!isRead) await makeWhole(this.path);
    const spill = await spillFolder(this.path, this.#mode);
    const instance = await DuckDBInstance.create(this.path, {
      access_mode: isRead ? 'READ_ONLY' : 'READ_WRITE',
      threads: String(phases.otherwise.threads),
      memory_limit: bytes(phases.otherwise.memory),
      temp_directory: spill,
      // Rows are asked for in the order of their keys; keeping that of their arrival would make the writing threads wait for each other.
      preserve_insertion_order: 'false',
      wal_autocheckpoint: phases.otherwise.wal,
      // Nothing is fetched from the network behind the user's back.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    // Nobody else has the file now: what is there is of a process that was killed.
    if (!isRead) await rm(spill, { recursive: true, force: true });
    const writer = await instance.connect();
    const scan = new BatchScan(phases.loading.threads);
    writer.registerTableFunction(scan.function);
    const control = await instance.connect();
    return { instance, writer, control, scan, setPhase: phaseSetter(control, phases), spill };
  }

  async #close({ instance, writer, control, spill }: Opened): Promise<void> {
    await Promise.all(this.#users);
    control.closeSync();
    writer.closeSync();
    // Writes what is in the WAL into the file, and gives the lock back.
    instance.closeSync();
    await rm(spill, { recursive: true, force: true });
  }
}
