import duckdb from '@duckdb/node-bindings';
import { BIGINT, DATE, DuckDBDataChunk, DuckDBTableFunction, INTEGER, SMALLINT, VARCHAR } from './node-api.js';
import { numberColumn, stringColumn, type Batch, type Dictionary } from '../../../engine/column.js';
import { arrayBytes, collectGarbage } from '../../../engine/heap.js';
import { checkInteger, type ColumnShape } from '../table-shape.js';
import { STRING_BYTES, stringTable, type StringTable } from './string-table.js';

/** Rows of a DuckDB chunk, 2,048. */
const CHUNK_ROWS = duckdb.vector_size();

/** So many bytes of arrays that were scanned may wait for V8, which would let three times as many come together. */
const GARBAGE_BYTES = 24 * 1024 * 1024;

const types = { text: VARCHAR, date: DATE, smallint: SMALLINT, integer: INTEGER, bigint: BIGINT } as const;

/** What one thread of DuckDB's holds: its last chunk points into these tables until it asks for the next. */
interface ScanThread {
  tables: StringTable[];
}

/**
 * Batches as a table that a DuckDB connection can select from: `select * from tidemill_batches()`.
 *
 * DuckDB asks for the next chunk from a thread of its own and waits until this one has filled it in; all else (copying the strings,
 * compressing, writing) it does on its threads, in parallel. What is left here is 16 bytes a string and 8 a number to copy.
 * Batches are read as their turn comes, so that however many there are they can be one statement.
 * One scan at a time: the connection's statements are serial. `begin` it, run the statement, `end` it.
 */
export class BatchScan {
  readonly function: DuckDBTableFunction;
  #columns: readonly ColumnShape[] = [];
  #batches: Iterator<Batch> = [].values();
  #tables = new WeakMap<Dictionary, StringTable>();
  #batch: Batch | undefined;
  #row = 0;
  /** Bytes of arrays that were there when garbage was last collected. */
  #live = 0;
  #error: Error | undefined;
  readonly #words = new Uint32Array(CHUNK_ROWS * 4);
  readonly #integers = new Int32Array(CHUNK_ROWS);
  readonly #shorts = new Int16Array(CHUNK_ROWS);

  constructor(threads: number) {
    this.function = DuckDBTableFunction.create({
      name: 'tidemill_batches',
      bindFunction: (info) => {
        for (const { name, type } of this.#columns) info.addResultColumn(name, types[type]);
      },
      initFunction: (info) => info.setMaxThreads(threads),
      localInitFunction: (info) => info.setInitData({ tables: [] } satisfies ScanThread),
      mainFunction: (info, chunk) => this.#next(chunk, info.localInitData as ScanThread),
    });
  }

  begin(columns: readonly ColumnShape[], batches: Iterable<Batch>): void {
    this.#columns = columns;
    this.#batches = batches[Symbol.iterator]();
    this.#batch = undefined;
    this.#live = arrayBytes();
    this.#error = undefined;
  }

  /** Let go of the batches. Errors: TM_ERR_BEAN_INVALID and whatever made the scan fail. */
  end(): void {
    this.#batches.return?.();
    this.#batches = [].values();
    this.#batch = undefined;
    this.#tables = new WeakMap();
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
  }

  /** The rows as chunks, for an appender. A chunk is good until the next one is asked for. */
  *chunks(): Generator<DuckDBDataChunk> {
    const chunk = DuckDBDataChunk.create(this.#columns.map(({ type }) => types[type]));
    const thread: ScanThread = { tables: [] };
    for (;;) {
      chunk.reset();
      this.#next(chunk, thread);
      if (chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  #next(chunk: DuckDBDataChunk, thread: ScanThread): void {
    try {
      if (this.#error) throw this.#error;
      const batch = this.#batch ?? this.#read();
      const rows = batch === undefined ? 0 : Math.min(CHUNK_ROWS, batch.rows - this.#row);
      duckdb.data_chunk_set_size(chunk.chunk, rows);
      thread.tables = [];
      if (batch === undefined) return;
      for (const [i, column] of this.#columns.entries()) {
        const vector = duckdb.data_chunk_get_vector(chunk.chunk, i);
        if (column.type === 'text') thread.tables.push(this.#fillText(vector, batch, column.name, rows));
        else this.#fillNumbers(vector, column, numberColumn(batch, column.name).values, rows);
      }
      this.#row += rows;
      if (this.#row === batch.rows) this.#batch = undefined;
    } catch (error) {
      // DuckDB would pass on the message only.
      this.#error ??= error as Error;
      throw error;
    }
  }

  #read(): Batch | undefined {
    this.#row = 0;
    if (arrayBytes() > this.#live + GARBAGE_BYTES) {
      collectGarbage();
      this.#live = arrayBytes();
    }
    const { value, done } = this.#batches.next();
    return (this.#batch = done === true ? undefined : value);
  }

  #fillNumbers(vector: duckdb.Vector, column: ColumnShape, values: Float64Array, rows: number): void {
    if (column.type === 'bigint') this.#fillBigint(vector, column, values, rows);
    else this.#fillNarrow(vector, column, values, rows);
  }

  #fillText(vector: duckdb.Vector, batch: Batch, name: string, rows: number): StringTable {
    const { dictionary, codes } = stringColumn(batch, name);
    let table = this.#tables.get(dictionary);
    if (table === undefined) this.#tables.set(dictionary, (table = stringTable(dictionary)));
    const { words: from } = table;
    const to = this.#words;
    for (let i = 0, row = this.#row; i < rows; i++, row++) {
      const code = (codes[row] as number) * 4;
      const at = i * 4;
      to[at] = from[code] as number;
      to[at + 1] = from[code + 1] as number;
      to[at + 2] = from[code + 2] as number;
      to[at + 3] = from[code + 3] as number;
    }
    duckdb.copy_data_to_vector(vector, 0, to.buffer, 0, rows * STRING_BYTES);
    return table;
  }

  /** Safe integers as two words each: cheaper than a BigInt64Array, which makes an object of every value. */
  #fillBigint(vector: duckdb.Vector, column: ColumnShape, values: Float64Array, rows: number): void {
    const to = this.#words;
    for (let i = 0, row = this.#row; i < rows; i++, row++) {
      const value = values[row] as number;
      checkInteger(value, column);
      const high = Math.floor(value / 2 ** 32);
      to[i * 2] = value - high * 2 ** 32;
      to[i * 2 + 1] = high;
    }
    duckdb.copy_data_to_vector(vector, 0, to.buffer, 0, rows * 8);
  }

  #fillNarrow(vector: duckdb.Vector, column: ColumnShape, values: Float64Array, rows: number): void {
    const to = column.type === 'smallint' ? this.#shorts : this.#integers;
    for (let i = 0, row = this.#row; i < rows; i++, row++) {
      const value = values[row] as number;
      checkInteger(value, column);
      to[i] = value;
    }
    duckdb.copy_data_to_vector(vector, 0, to.buffer, 0, rows * to.BYTES_PER_ELEMENT);
  }
}
