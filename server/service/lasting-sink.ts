import path from 'node:path';
import type { Delivery, Sink, TaskEvent } from '../../engine/index.js';
import { hasRoom, isDiskFull } from '../../engine/store/disk.js';
import type { WriterStart } from '../injection/messages.js';
import { isPostgres } from '../database/url.js';
import { DatabaseSink } from '../injection/database-sink.js';
import { noteOf } from './notes.js';
import type { Clock } from './clock.js';
import type { DatabaseStatus } from './contract.js';

/** After these the database was not reached, or lost: it may come back by itself. */
const AWAY = new Set(['TM_ERR_DATABASE_UNAVAILABLE', 'TM_ERR_DATABASE_LOCKED', 'TM_ERR_WRITER_LOST', 'TM_ERR_DISK_FULL']);
/** How long after it was away it is tried again, ms. */
const TRY_AGAIN = 15_000;
/** How long after the disk of a DuckDB file was full it is looked whether it has room, ms. */
const LOOK_FOR_ROOM = 3000;
/** A disk that takes so much is not full, bytes. */
const ROOM = 1 << 20;
/** How long a DuckDB file is kept open without an injection, ms: nobody else can read it meanwhile. */
const IDLE = 3_000;

export function isAway(code: string | undefined): boolean {
  return code !== undefined && AWAY.has(code);
}

export interface LastingSinkOptions extends WriterStart {
  readonly clock: Clock;
  readonly onTask: (event: TaskEvent) => void;
  /** Told each time that the database was opened, before it is used; `holds` tells whether it has the sums of a package. */
  readonly onOpened: (holds: (packagePath: string) => boolean) => Promise<void>;
  /** Told when it is there again after it was away. */
  readonly onBack: () => void;
}

/**
 * The analytics database for as long as a service lives: opened when it is needed, opened again when its thread or the
 * database was lost, and let go of while nothing is injected where others could not read it else (DuckDB).
 */
export class LastingSink implements Sink {
  readonly #o: LastingSinkOptions;
  readonly #kind: DatabaseStatus['kind'];
  #opened: Promise<DatabaseSink> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #under = 0;
  #isClosed = false;
  #status: DatabaseStatus;
  #callOff: () => void = () => undefined;

  constructor(options: LastingSinkOptions) {
    this.#o = options;
    this.#kind = isPostgres(options.database) ? 'postgres' : 'duckdb';
    this.#status = { kind: this.#kind, state: 'ok' };
  }

  get status(): DatabaseStatus {
    return this.#status;
  }

  /** Open the database once, to see that it is there; what goes wrong is in the status, and tried again. */
  async look(): Promise<void> {
    await this.#use(() => Promise.resolve()).catch(() => undefined);
  }

  async deliver(delivery: Delivery): Promise<unknown> {
    const report = await this.#use((sink) => sink.deliver(delivery));
    this.#status = { ...this.#status, lastInjectionAt: this.#o.clock.now() };
    return report;
  }

  /** Wait for what is under way, and let go of the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#callOff();
    this.#release();
    await this.#closing;
  }

  async #use<T>(work: (sink: DatabaseSink) => Promise<T>): Promise<T> {
    this.#under++;
    this.#callOff();
    try {
      const result = await work(await this.#open());
      const { kind, lastInjectionAt } = this.#status;
      const wasAway = isAway(this.#status.error?.code);
      this.#status = { kind, state: 'ok', ...(lastInjectionAt === undefined ? {} : { lastInjectionAt }) };
      if (wasAway) this.#o.onBack();
      return result;
    } catch (error) {
      const note = noteOf(error);
      if (isAway(note.code) || note.code.startsWith('TM_ERR_DATABASE_')) this.#status = { ...this.#status, state: 'failed', error: note };
      if (isAway(note.code)) this.#release();
      throw error;
    } finally {
      if (--this.#under === 0 && !this.#isClosed) this.#plan();
    }
  }

  /** What comes next when nothing is under way. */
  #plan(): void {
    const { clock } = this.#o;
    const { error } = this.#status;
    if (this.#kind === 'duckdb' && isDiskFull(error)) this.#callOff = clock.at(clock.now() + LOOK_FOR_ROOM, () => void this.#lookForRoom());
    else if (isAway(error?.code)) this.#callOff = clock.at(clock.now() + TRY_AGAIN, () => void this.look());
    else if (this.#kind === 'duckdb') this.#callOff = clock.at(clock.now() + IDLE, () => this.#release());
  }

  /** A file that opens well may still have no room to grow. */
  async #lookForRoom(): Promise<void> {
    // Where that cannot be told, DuckDB says what is wrong.
    const isRoom = await hasRoom(path.dirname(this.#o.database), ROOM).catch(() => true);
    if (isRoom) await this.look();
    else if (this.#under === 0 && !this.#isClosed) this.#plan();
  }

  async #open(): Promise<DatabaseSink> {
    await this.#closing;
    const { database, memory, types, onTask } = this.#o;
    this.#opened ??= DatabaseSink.open({ database, memory, types }, onTask).then(async (sink) => {
      try {
        await this.#o.onOpened((at) => sink.holds(at));
      } catch (error) {
        await sink.close();
        throw error;
      }
      return sink;
    });
    const opened = this.#opened;
    return opened.catch((error: unknown) => {
      if (this.#opened === opened) this.#opened = undefined;
      throw error;
    });
  }

  #release(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const before = this.#closing;
    this.#closing = opened.then(
      async (sink) => {
        await before;
        await sink.close();
      },
      () => before,
    );
  }
}
