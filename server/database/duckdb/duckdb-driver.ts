import type { DuckDBConnection } from './node-api.js';
import type { Driver, SqlSession } from '../driver.js';
import { SerialQueue } from '../serial-queue.js';
import { duckDbError, isFatal } from './duckdb-errors.js';
import { DuckDbFile } from './duckdb-file.js';
import { DuckDbSession, ROW_GROUP } from './duckdb-session.js';
import type { DuckDbOptions } from './phases.js';

const FORMATS = {
  csv: "format csv, header true, delimiter ',', quote '\"', escape '\"'",
  json: 'format json',
  parquet: 'format parquet, compression zstd',
} as const;

/** DuckDB in a file. One connection writes, in a queue; every read has a connection of its own, for one must not be used twice at once. */
export class DuckDbDriver implements Driver {
  readonly hasPrimaryKeys = false;
  readonly rowId = { name: 'rowid', type: 'bigint' } as const;
  readonly rowsAtOnce = 4 * ROW_GROUP;
  readonly columnTypes = { text: 'VARCHAR', date: 'DATE', smallint: 'SMALLINT', integer: 'INTEGER', bigint: 'BIGINT' } as const;
  readonly #file: DuckDbFile;
  readonly #queue = new SerialQueue();

  private constructor(file: DuckDbFile) {
    this.#file = file;
  }

  static async open(path: string, mode: 'read' | 'write', options: DuckDbOptions): Promise<DuckDbDriver> {
    return new DuckDbDriver(await DuckDbFile.open(path, mode, options));
  }

  get name(): string {
    return this.#file.path;
  }

  write<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const { writer, done, ...loader } = await this.#file.acquire();
      const session = new DuckDbSession(writer, this.#toError, loader);
      try {
        await session.run('begin');
        const result = await work(session);
        await session.run('commit');
        return result;
      } catch (error) {
        session.discard();
        // There may be no transaction any more; what went wrong is already known.
        await writer.run('rollback').catch(() => {});
        throw error;
      } finally {
        await loader.setPhase('otherwise');
        done();
      }
    });
  }

  async read<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    const { connection, done } = await this.#reader();
    try {
      return await work(new DuckDbSession(connection, this.#toError));
    } finally {
      done();
    }
  }

  async copyTo(file: string, format: 'csv' | 'json' | 'parquet', sql: string): Promise<void> {
    // The caller's file is one that is not finished yet: another of DuckDB's own would only be left where the disk is full.
    const to = `'${file.replaceAll("'", "''")}' (${FORMATS[format]}, use_tmp_file false)`;
    await this.read((session) => session.run(`copy (${sql}) to ${to}`));
  }

  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#file.close();
  }

  async #reader(): Promise<{ connection: DuckDBConnection; done(): void }> {
    const { instance, done } = await this.#file.acquire();
    try {
      const connection = await instance.connect();
      return {
        connection,
        done: () => {
          connection.closeSync();
          done();
        },
      };
    } catch (cause) {
      done();
      throw this.#toError(cause);
    }
  }

  readonly #toError = (cause: unknown): Error => {
    if (isFatal(cause)) this.#file.markBroken();
    return duckDbError(cause, this.name);
  };
}
