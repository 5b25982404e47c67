import type { DuckDBAppender, DuckDBConnection, DuckDBValue } from './node-api.js';
import type { Batch } from '../../../engine/column.js';
import { arrayBytes } from '../../../engine/heap.js';
import { formatDay } from '../../../engine/period.js';
import type { Row } from '../database.js';
import type { Load, LoadTarget, SqlSession, Value } from '../driver.js';
import { id } from '../sql.js';
import { beanColumns, type ColumnShape } from '../table-shape.js';
import { STRING_BYTES } from './string-table.js';
import type { BatchScan } from './batch-scan.js';
import type { Loader } from './duckdb-file.js';

/**
 * So few rows go through an appender: it costs a third of a statement (measured with 30 rows: 1.3 ms against 4.5), and a day's
 * injection is mostly small tables. It keeps them until the next statement, so that the same table of several injections costs once.
 */
const FEW_ROWS = 4096;

/**
 * Rows of a row group: where there are no more, threads have nothing to share, and wake each other for nothing. Rows that take so many
 * bytes before are many as well.
 */
export const ROW_GROUP = 122_880;
const MANY_BYTES = 24 * 1024 * 1024;

/** Four of DuckDB's pages. */
const COLUMN_BYTES = 4 * 262_144;
/** Granularity and period, which a batch need not have. */
const FIXED_COLUMNS = 2;

/** The batches of all loads, each with the columns of its period. */
function* inPeriods(loads: readonly Load[]): Generator<Batch> {
  for (const { period, batches } of loads) {
    for (const batch of batches) yield period === undefined ? batch : withPeriod(batch, period);
  }
}

/** The batch with the columns that are the same for all its rows. */
function withPeriod(batch: Batch, { granularity, first }: NonNullable<Load['period']>): Batch {
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

  async load({ table, shape }: LoadTarget, loads: readonly Load[]): Promise<number> {
    const loader = this.#loader;
    if (!loader) throw new TypeError('this session only reads');
    // The period of all rows is a constant of the statement; periods of some rows each are columns like others.
    const only = loads.length === 1 ? loads[0]?.period : undefined;
    const { few, rows, threadBytes, all } = split(only === undefined ? inPeriods(loads) : (loads[0] as Load).batches);
    if (few && rows <= FEW_ROWS && table === shape.table && shape.kind === 'period') {
      return this.#append(table, loader.scan, shape.columns, only === undefined ? few : few.map((batch) => withPeriod(batch, only)));
    }
    const columns = only === undefined ? shape.columns : beanColumns(shape);
    const fixed = only === undefined ? [] : [`'${only.granularity}' as granularity`, `date '${formatDay(only.first)}' as period`];
    const names = columns.map((c) => id(c.name));
    if (!few) await loader.setPhase('loading', threadBytes);
    loader.scan.begin(columns, all);
    try {
      // However many rows: statements of some each would leave a trail of small row groups, which DuckDB merges at twice the cost.
      return await this.#execute(
        `insert into ${id(table)} (${shape.columns.map((c) => id(c.name)).join(', ')}) select ${[...fixed, ...names].join(', ')} from tidemill_batches()`,
      );
    } finally {
      // The scan's own error says more than what DuckDB makes of it.
      loader.scan.end();
      if (!few) await loader.setPhase('loaded');
    }
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

function plainRow(row: Readonly<Record<string, DuckDBValue>>): Row {
  const out: Record<string, string | number> = {};
  for (const name in row) {
    const value = row[name];
    out[name] = typeof value === 'bigint' ? Number(value) : (value as string | number);
  }
  return out;
}

function bindings(values: readonly Value[]): DuckDBValue[] {
  return values.map((v) => (typeof v === 'number' ? BigInt(v) : v));
}

/**
 * The batches: `all`, to be read once, and where they are not many also as `few`. `rows` are those read to tell; as they are, a row group
 * takes `threadBytes`.
 */
function split(batches: Iterable<Batch>): { few?: Batch[]; rows: number; threadBytes: number; all: Iterable<Batch> } {
  const iterator = batches[Symbol.iterator]();
  const read: Batch[] = [];
  let rows = 0;
  const most = arrayBytes() + MANY_BYTES;
  while (rows <= ROW_GROUP && arrayBytes() <= most) {
    const { value, done } = iterator.next();
    if (done === true) return { few: read, rows, threadBytes: 0, all: read };
    read.push(value);
    rows += value.rows;
  }
  return { rows, threadBytes: rowGroupBytes(read, rows), all: chain(read, iterator) };
}

/** What DuckDB holds of a row group until it is written: its values, and pages of each column to compress them to: an estimate, bounded by the budget. */
function rowGroupBytes(batches: readonly Batch[], rows: number): number {
  const values = batches.flatMap((batch) => Object.values(batch.columns).map((column) => columnBytes(column, batch.rows)));
  const columns = FIXED_COLUMNS + Object.keys(batches[0]?.columns ?? {}).length;
  return (values.reduce((sum, n) => sum + n, 0) / rows) * ROW_GROUP + columns * COLUMN_BYTES;
}

function columnBytes(column: Batch['columns'][string], rows: number): number {
  if (column.kind !== 'string') return rows * 8;
  const { offsets } = column.dictionary;
  let bytes = column.codes.length * STRING_BYTES;
  for (const code of column.codes) bytes += (offsets[code + 1] as number) - (offsets[code] as number);
  return bytes;
}

function* chain(first: Batch[], rest: Iterator<Batch>): Generator<Batch> {
  try {
    // Each is let go of when it has been read.
    for (let batch = first.shift(); batch !== undefined; batch = first.shift()) yield batch;
    for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
  } finally {
    rest.return?.();
  }
}
