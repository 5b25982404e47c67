import type { Writable } from 'node:stream';
import type { AggregateType } from '../../engine/bean.js';
import type { Batch } from '../../engine/column.js';
import type { Granularity } from '../../engine/period.js';
import type { TableShape } from './table-shape.js';

/** A row by column: numbers for integers, strings for text, `yyyy-mm-dd` for dates. */
export type Row = Readonly<Record<string, string | number>>;

/** A statement that only reads; `$1`, `$2`, … in it are the values. */
export interface Query {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** One table's part of an injection. */
export interface InjectedTable {
  readonly type: AggregateType;
  /** Its beans, as columns. No key comes twice, and dictionaries hold well-formed UTF-8 without NUL. Read once. */
  readonly batches: Iterable<Batch>;
}

/** All sums of one package, which are all sums of its processor for that period. */
export interface Injection {
  readonly package: string;
  readonly processor: string;
  readonly job: string;
  readonly granularity: Granularity;
  /** The first day of the period, `yyyy-mm-dd`. */
  readonly period: string;
  /** Ms since the epoch. */
  readonly injectedAt: number;
  readonly tables: readonly InjectedTable[];
}

/**
 * What became of one table's rows. `before` and `after` count the rows of the period, or of a master table all rows.
 * before = unchanged + updated + removed; after = unchanged + updated + inserted.
 */
export interface TableReport {
  readonly table: string;
  readonly before: number;
  readonly after: number;
  /** Rows with a key that was not there. */
  readonly inserted: number;
  /** Rows with a key that was there with other values. */
  readonly updated: number;
  /** Rows whose key does not come any more. Always 0 in a master table. */
  readonly removed: number;
  /** Rows that are as they were. They were not written again. */
  readonly unchanged: number;
  /** Beans of this injection, and what they add up to by sum. */
  readonly beans: number;
  readonly sums: Readonly<Record<string, number>>;
}

export interface InjectionReport {
  readonly package: string;
  readonly tables: readonly TableReport[];
  /** Beans of all tables. */
  readonly rows: number;
  /** The number of beans by bean type. */
  readonly beans: Readonly<Record<string, number>>;
}

/** One row of the ledger: a package whose sums are in the database. */
export interface LedgerRow {
  readonly package: string;
  readonly processor: string;
  readonly job: string;
  readonly granularity: Granularity;
  readonly period: string;
  readonly injectedAt: number;
  readonly rows: number;
  readonly beans: Readonly<Record<string, number>>;
}

/** Which rows of a table: all that hold every condition given. `from` and `to` are first days of periods, both included. */
export interface RowFilter {
  readonly granularity?: Granularity;
  readonly from?: string;
  readonly to?: string;
}

export interface Totals {
  readonly rows: number;
  /** By sum; exact up to 2^53. */
  readonly sums: Readonly<Record<string, number>>;
}

export interface ExportOptions {
  /** csv: RFC 4180 with a header and `\n`; json: one object a line; parquet. UTF-8, in the order of the key. */
  readonly format: 'csv' | 'json' | 'parquet';
  /** A file, which appears whole or not at all, or a stream, which is left open. */
  readonly out: string | Writable;
  /**
   * For people who open the CSV in a spreadsheet: text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, which a
   * spreadsheet takes for a formula, gets a `'` before it. Off by default: programs want the text as it is.
   */
  readonly spreadsheet?: boolean;
}

/**
 * The analytics database of spec §6. Two implementations, DuckDB and PostgreSQL; `openDatabase` chooses.
 *
 * Write calls run one after the other in the order of the calls, each in one transaction: it happens whole or not at all, and what is
 * read meanwhile is the state before it. Every method may be called at any time between `openDatabase` and `close`. A failed call
 * leaves the database usable.
 *
 * A DuckDB file is for one open database in one thread of one process: whoever else needs it asks that thread. That thread must be
 * closed, not terminated: a worker that ends while DuckDB works for it ends the process (a fault of its binding). And a process that
 * calls `process.exit()` in the very thread that injects does not end before the statement, which then waits for ever: close first.
 *
 * Errors of all methods: TM_ERR_DATABASE_UNAVAILABLE, TM_ERR_DATABASE_FAILED, TM_ERR_DISK_FULL; and what an iterator of batches throws.
 */
export interface AnalyticsDatabase {
  /** How people call it: the file, or the URL without the password. */
  readonly name: string;

  /**
   * Bring the tables up to this version and make those of the bean types. Call it first; again changes nothing.
   * Errors: TM_ERR_DATABASE_VERSION (set up by a newer version), TM_ERR_DATABASE_TABLE (a table of another shape), TM_ERR_DECLARATION.
   */
  migrate(types: Iterable<AggregateType>): Promise<void>;

  /**
   * Put a package's sums in the place of its period's, and write the ledger, in one transaction.
   * In each table of the injection the period's rows become exactly the beans given: no batches, no rows. A table `l2_…` is merged
   * by its measures instead, and the order of injections does not matter. Other ledger rows of the same processor, granularity and
   * period are removed: their package was superseded. The same injection again changes nothing, the ledger row included.
   * Memory does not grow with the number of rows. A bean type that `migrate` has not seen gets its table here.
   * Errors: TM_ERR_BEAN_INVALID (a batch is not of the type, or a number does not fit its column), TM_ERR_DATABASE_TABLE.
   */
  inject(injection: Injection): Promise<InjectionReport>;

  /**
   * Several injections in one transaction: all of them or, where one fails, none. They end as if one came after the other, and are
   * made a table at a time. What they change of a master table the report of the first says for all.
   */
  injectTogether(injections: readonly Injection[]): Promise<readonly InjectionReport[]>;

  /** The tables there are, by name, with the ledger. None where nothing was migrated yet. Errors: TM_ERR_DATABASE_VERSION. */
  tables(): Promise<readonly TableShape[]>;

  /** What was injected, oldest first. */
  ledger(): Promise<readonly LedgerRow[]>;

  /** Count and add up rows. Errors: TM_ERR_TABLE_UNKNOWN. */
  totals(table: string, filter?: RowFilter): Promise<Totals>;

  /**
   * The n greatest by one sum, then by key. Rows of several periods are added up: right for all sums but visitors, which only their
   * own period counts. Errors: TM_ERR_TABLE_UNKNOWN.
   */
  top(table: string, by: string, n: number, filter?: RowFilter): Promise<readonly Row[]>;

  /** All rows of a statement that only reads, in the SQL that both databases share. Never a user's text. */
  select(query: Query): Promise<readonly Row[]>;

  /** Errors: TM_ERR_TABLE_UNKNOWN, TM_ERR_EXPORT_FAILED. */
  exportTable(table: string, options: ExportOptions): Promise<void>;

  /** Wait for the calls under way, and let go of the file or the connections. Again does nothing. */
  close(): Promise<void>;
}
