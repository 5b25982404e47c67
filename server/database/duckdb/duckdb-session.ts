import type { DuckDBAppender, DuckDBConnection, DuckDBValue } from './node-api.js';
import type { Batch, Column, Dictionary } from '../../../engine/column.js';
import { collectGarbage } from '../../../engine/heap.js';
import { formatDay } from '../../../engine/period.js';
import type { Row } from '../database.js';
import type { LoadTarget, SqlSession, Value } from '../driver.js';
import { id } from '../sql.js';
import { beanColumns, type ColumnShape } from '../table-shape.js';
import type { BatchScan } from './batch-scan.js';
import type { Loader } from './duckdb-file.js';

/**
 * Batches are loaded by the group: a statement each would leave a trail of small row groups, which DuckDB merges afterwards at twice
 * the cost (measured: 1.1 M rows in statements of 262,144 took 2.5 s of CPU, in one statement 1.3 s). Two groups are in memory at once,
 * and what DuckDB makes of one: with twice the bytes 5.7 M rows take a tenth less time, and 80 MB more.
 */
const GROUP_BYTES = 24 * 1024 * 1024;

/**
 * So few rows go through an appender: it costs a third of a statement (measured with 30 rows: 1.3 ms against 4.5), and a day's
 * injection is mostly small tables. It keeps them until the next statement, so that the same table of several injections costs once.
 */
const FEW_ROWS = 4096;

const FIXED: readonly ColumnShape[] = [
  { name: 'granularity', type: 'text' },
  { name: 'period', type: 'date' },
];

/** The batch with the columns that are the same for all its rows. */
function withPeriod(batch: Batch, { granularity, first }: NonNullable<LoadTarget['period']>): Batch {
  const bytes = Buffer.from(granularity);
  const dictionary = { size: 1, offsets: Uint32Array.of(0, bytes.length), bytes };
  const columns = {
    ...batch.columns,
    granularity: { kind: 'string', dictionary, codes: new Uint32Array(batch.rows) },
    period: { kind: 'number', values: new Float64Array(batch.rows).fill(first) },
  } as const;
  return { ...batch, columns };
}

/** One DuckDB connection. Values come and go as numbers: integers in the database are safe ones. */
export class DuckDbSession implements SqlSession {
  readonly #connection: DuckDBConnection;
  readonly #toError: (cause: unknown) => Error;
  readonly #loader: Loader | undefined;
  /** By table: rows that are still to be written. */
  readonly #appenders = new Map<string, DuckDBAppender>();

  /** `toError` makes our errors of DuckDB's. Without a `loader` the session cannot load. */
  constructor(connection: DuckDBConnection, toError: (cause: unknown) => Error, loader?: Loader) {
    this.#connection = connection;
    this.#toError = toError;
    this.#loader = loader;
  }

  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    this.#writeAppended();
    return this.#execute(sql, values);
  }

  async all(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    this.#writeAppended();
    try {
      return (await this.#connection.runAndReadAll(sql, bindings(values))).getRowObjects().map(plainRow);
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  async load({ table, shape, period }: LoadTarget, batches: AsyncIterable<Batch>): Promise<number> {
    const loader = this.#loader;
    if (!loader) throw new TypeError('this session only reads');
    const { scan } = loader;
    const columns = beanColumns(shape);
    const names = columns.map((c) => id(c.name));
    const fixed = period ? [`'${period.granularity}' as granularity`, `date '${formatDay(period.first)}' as period`] : [];
    const into = [...(period ? ['granularity', 'period'] : []), ...names].join(', ');
    const insert = `insert into ${id(table)} (${into}) select ${[...fixed, ...names].join(', ')} from tidemill_batches()`;
    let rows = 0;
    const loadGroup = async (group: readonly Batch[]): Promise<void> => {
      const records = group.reduce((n, batch) => n + batch.rows, 0);
      if (period && records <= FEW_ROWS) {
        rows += await this.#append(
          table,
          scan,
          [...FIXED, ...columns],
          group.map((batch) => withPeriod(batch, period)),
        );
        return;
      }
      scan.begin(columns, group);
      try {
        rows += await this.#execute(insert);
      } finally {
        // The scan's own error says more than what DuckDB makes of it.
        scan.end();
      }
    };

    // While DuckDB works on one group, the next is read.
    let loading: Promise<void> | undefined;
    try {
      for await (const group of groups(batches)) {
        if (loading !== undefined) {
          await loading;
          // The arrays of the group before: V8 would let those of two or three come together (measured: 25 MB at 20 million impressions).
          collectGarbage();
          await loader.limitMemory('loading');
        }
        loading = loadGroup(group);
        // It may fail long before it is awaited.
        loading.catch(() => {});
      }
    } finally {
      try {
        // Even where reading fails: nothing else may be asked of the connection before it has ended.
        await loading;
      } finally {
        await loader.limitMemory('otherwise');
      }
    }
    return rows;
  }

  /** The columns must be all of the table's, in its order. The rows are in the table before the next statement is. */
  async #append(table: string, scan: BatchScan, columns: readonly ColumnShape[], batches: readonly Batch[]): Promise<number> {
    let rows = 0;
    scan.begin(columns, batches);
    try {
      const appender = this.#appenders.get(table) ?? (await this.#connection.createAppender(table));
      this.#appenders.set(table, appender);
      for (const chunk of scan.chunks()) {
        appender.appendDataChunk(chunk);
        rows += chunk.rowCount;
      }
    } catch (cause) {
      scan.end();
      throw this.#toError(cause);
    }
    scan.end();
    return rows;
  }

  async #execute(sql: string, values: readonly Value[] = []): Promise<number> {
    try {
      return (await this.#connection.run(sql, bindings(values))).rowsChanged;
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  #writeAppended(): void {
    try {
      for (const [table, appender] of this.#appenders) {
        appender.closeSync();
        this.#appenders.delete(table);
      }
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  /** Forget rows that are still to be written: an appender that is merely left would write them when it is collected. */
  discard(): void {
    for (const appender of this.#appenders.values()) {
      appender.clear();
      try {
        appender.closeSync();
      } catch {
        // It says again what it could not write.
      }
    }
    this.#appenders.clear();
  }

  makeRoom(): Promise<void> {
    return Promise.resolve();
  }
}

export function plainRow(row: Readonly<Record<string, DuckDBValue>>): Row {
  const out: Record<string, string | number> = {};
  for (const name in row) {
    const value = row[name];
    out[name] = typeof value === 'bigint' ? Number(value) : (value as string | number);
  }
  return out;
}

export function bindings(values: readonly Value[]): DuckDBValue[] {
  return values.map((v) => (typeof v === 'number' ? BigInt(v) : v));
}

async function* groups(batches: AsyncIterable<Batch>): AsyncGenerator<Batch[]> {
  let group: Batch[] = [];
  let bytes = 0;
  const seen = new Set<Dictionary>();
  for await (const batch of batches) {
    group.push(batch);
    for (const column of Object.values(batch.columns)) bytes += columnBytes(column, seen);
    if (bytes >= GROUP_BYTES) {
      yield group;
      group = [];
      bytes = 0;
      seen.clear();
    }
  }
  if (group.length > 0) yield group;
}

/** What a column holds in memory; a dictionary that was seen counts no more. */
function columnBytes(column: Column, seen: Set<Dictionary>): number {
  if (column.kind === 'number') return column.values.byteLength;
  if (column.kind !== 'string') return 0;
  const { dictionary, codes } = column;
  if (seen.has(dictionary)) return codes.byteLength;
  seen.add(dictionary);
  return codes.byteLength + (dictionary.offsets[dictionary.size] as number) + dictionary.size * 20;
}
