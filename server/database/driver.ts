import type { Batch } from '../../engine/column.js';
import type { Granularity } from '../../engine/period.js';
import type { Row } from './database.js';
import type { ColumnType, TableShape } from './table-shape.js';

export type Value = string | number;

/** Where batches of beans go: the table of the shape, or one that has its columns and no key. */
export interface LoadTarget {
  readonly table: string;
  readonly shape: TableShape;
}

/** Batches of beans, and what a period table has before the beans' columns: granularity and period (days since the epoch). */
export interface Load {
  readonly period?: { readonly granularity: Granularity; readonly first: number };
  readonly batches: Iterable<Batch>;
}

/** One connection, inside one transaction where it came from `write`. One call at a time. Values are `$1`, `$2`, … in the text. */
export interface SqlSession {
  /** The number of rows that a statement changed. Without values several may stand in the text, and the number says nothing. */
  run(sql: string, values?: readonly Value[]): Promise<number>;
  /** All rows. */
  all(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /**
   * Add the rows of batches to a table, and tell how many it took. The caller knows that their keys are new there. There is one load
   * or more: of a period table each with its period, of a master table without.
   */
  load(target: LoadTarget, loads: readonly Load[]): Promise<number>;
  /** Called before the rows of the table `from` are copied to the one of `shape`: see that their keys fit. */
  makeRoom(shape: TableShape, from: string): Promise<void>;
}

/** What differs between databases. SQL that both understand is written once, above this. Errors are TidemillErrors. */
export interface Driver {
  readonly name: string;
  /** The column types' names, with what makes text compare by bytes. */
  readonly columnTypes: Readonly<Record<ColumnType, string>>;
  /** What tells the rows of a table apart inside one transaction. */
  readonly rowId: { readonly name: string; readonly type: string };
  /**
   * How many rows a statement may choose by their row ids, which are whole numbers then: what that takes cannot be put out of memory.
   * None where any number will do.
   */
  readonly rowsAtOnce?: number;
  /** Whether tables of sums get a primary key; where not, they are unique by construction. */
  readonly hasPrimaryKeys: boolean;
  /** In one transaction, one after the other. */
  write<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Beside what is being written. */
  read<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Write a query's rows to a file; what it held is replaced. */
  copyTo(file: string, format: 'csv' | 'json' | 'parquet', sql: string): Promise<void>;
  close(): Promise<void>;
}
