import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { stringColumn, type Batch } from '../../../engine/column.js';
import type { Row } from '../database.js';
import type { Load, LoadTarget, SqlSession, Value } from '../driver.js';
import { id } from '../sql.js';
import { beanColumns, type TableShape } from '../table-shape.js';
import { BinaryRows, copyHeader, copyTrailer } from './binary-rows.js';

/** A row of a B-tree index has at most 2,704 bytes, with a few for each column. */
const KEY_BYTES = 2600;

/** One PostgreSQL connection. */
export class PostgresSession implements SqlSession {
  readonly #client: ClientBase;
  readonly #toError: (cause: unknown) => Error;

  constructor(client: ClientBase, toError: (cause: unknown) => Error) {
    this.#client = client;
    this.#toError = toError;
  }

  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    try {
      return (await this.#client.query(sql, [...values])).rowCount ?? 0;
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  async all(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(sql, [...values])).rows;
    } catch (cause) {
      throw this.#toError(cause);
    }
  }

  async load(target: LoadTarget, loads: readonly Load[]): Promise<number> {
    let rows = 0;
    const { table, shape } = target;
    const iterator = inPeriods(loads);
    try {
      let next = iterator.next();
      let fits = ({ batch }: Piece): boolean => table !== shape.table || longestKey(shape, batch) <= KEY_BYTES;
      while (!next.done) {
        if (!fits(next.value)) {
          await this.#dropKey(shape);
          fits = () => true;
        }
        const copied = await this.#copy(target, next, iterator, fits);
        rows += copied.rows;
        next = copied.next;
      }
    } finally {
      iterator.return(undefined);
    }
    // So that what is compared next is planned with the numbers of rows that there are.
    if (table !== shape.table) await this.run(`analyze ${id(table)}`);
    return rows;
  }

  async makeRoom(shape: TableShape, from: string): Promise<void> {
    const lengths = shape.columns
      .filter((c) => c.type === 'text' && shape.key.includes(c.name) && c.name !== 'granularity')
      .map((c) => `octet_length(${id(c.name)})`);
    if (lengths.length === 0) return;
    const [row] = await this.all(`select max(${lengths.join(' + ')}) as n from ${id(from)}`);
    if (Number(row?.['n']) + 8 * shape.key.length > KEY_BYTES) await this.#dropKey(shape);
  }

  /** One COPY of the batches up to the end or to one that does not fit, which is `next`. */
  async #copy(
    target: LoadTarget,
    first: IteratorYieldResult<Piece>,
    iterator: Iterator<Piece>,
    fits: (piece: Piece) => boolean,
  ): Promise<{ rows: number; next: IteratorResult<Piece> }> {
    const rows = new BinaryRows(target.shape);
    const names = target.shape.columns.map((c) => id(c.name));
    let next: IteratorResult<Piece> = first;
    let thrown: Error | undefined;
    const chunks = async function* (): AsyncGenerator<Buffer> {
      try {
        yield copyHeader;
        while (!next.done && fits(next.value)) {
          yield* rows.encode(next.value.batch, next.value.period);
          next = iterator.next();
        }
        yield copyTrailer;
      } catch (error) {
        thrown = error as Error;
        throw error;
      }
    };
    const stream = this.#client.query(copyFrom(`copy ${id(target.table)} (${names.join(', ')}) from stdin (format binary)`));
    try {
      await pipeline(chunks, stream);
    } catch (cause) {
      throw thrown ?? this.#toError(cause);
    }
    return { rows: stream.rowCount, next };
  }

  /**
   * A table whose keys have grown too long for an index row does without its primary key, for a day's sums must not fail because of
   * one long path; its rows are still unique, by construction. An index by period takes its place.
   */
  async #dropKey(shape: TableShape): Promise<void> {
    const name = `${shape.table}_pkey`;
    const [row] = await this.all('select count(*) as n from pg_constraint where conrelid = to_regclass($1) and conname = $2', [
      id(shape.table),
      name,
    ]);
    if (Number(row?.['n']) === 0) return;
    await this.run(`alter table ${id(shape.table)} drop constraint ${id(name)}`);
    const short = shape.kind === 'period' ? 'granularity, period' : 'site';
    if (shape.columns.some((c) => c.name === 'site'))
      await this.run(`create index ${id(`${shape.table}_period`)} on ${id(shape.table)} (${short})`);
  }
}

interface Piece {
  readonly period: Load['period'];
  readonly batch: Batch;
}

function* inPeriods(loads: readonly Load[]): Generator<Piece, undefined> {
  for (const { period, batches } of loads) for (const batch of batches) yield { period, batch };
}

/** No key of the batch is longer, in bytes of an index row. */
function longestKey(shape: TableShape, batch: Batch): number {
  let bytes = 8 * shape.key.length;
  for (const { name, type } of beanColumns(shape)) {
    if (type !== 'text' || !shape.key.includes(name)) continue;
    const { offsets, size } = stringColumn(batch, name).dictionary;
    let longest = 0;
    for (let i = 0; i < size; i++) longest = Math.max(longest, (offsets[i + 1] as number) - (offsets[i] as number));
    bytes += longest;
  }
  return bytes;
}
