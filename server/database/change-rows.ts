import type { Granularity } from '../../engine/period.js';
import { fail } from '../errors.js';
import type { CountedBatches } from './counted-batches.js';
import type { TableReport } from './database.js';
import type { Driver, LoadTarget, SqlSession } from './driver.js';
import * as sql from './sql.js';
import type { TableShape } from './table-shape.js';

export type RowChanges = Pick<TableReport, 'before' | 'after' | 'inserted' | 'updated' | 'removed' | 'unchanged'>;

/** One table in a transaction, and what comes for it. */
export interface TableChange {
  readonly session: SqlSession;
  readonly driver: Driver;
  readonly shape: TableShape;
  readonly batches: CountedBatches;
  /** Rows that are there: of the period, or of a master table all. */
  readonly before: number;
}

export interface PeriodKey {
  readonly granularity: Granularity;
  /** Its first day, `yyyy-mm-dd` and as days since the epoch. */
  readonly period: string;
  readonly first: number;
}

/** Make the rows of a period those of the batches, and write only what is different. */
export async function replaceRows(change: TableChange, key: PeriodKey): Promise<RowChanges> {
  const { session, driver, shape, before } = change;
  const values = [key.granularity, key.period];
  // The usual case, and the heavy one: a period's first injection has nothing to be compared with.
  if (before === 0) return onlyInserted(await load(change, { table: shape.table, shape, period: key }));
  return throughIncoming(change, async () => {
    await session.run(sql.createDifference(driver));
    await session.run(sql.findDifference(shape, driver), values);
    const [found] = await session.all(sql.countDifference);
    const [there, came, pairs] = [Number(found?.['there']), Number(found?.['came']), Number(found?.['pairs'])];
    for (const range of await rangesOf(change, 'there', there)) await session.run(sql.deleteChanged(shape, driver, range));
    for (const range of await rangesOf(change, 'came', came)) await session.run(sql.insertChanged(shape, driver, range), values);
    await session.run(sql.dropDifference);
    // A pair is an updated row; where it is none, one half is missing.
    const updated = there + came - pairs;
    return { before, after: before - there + came, inserted: came - updated, updated, removed: there - updated, unchanged: before - there };
  });
}

/** The ranges of row ids to change one after the other: one of all where there are no more rows than the driver takes at once. */
async function rangesOf({ session, driver }: TableChange, side: 'there' | 'came', rows: number): Promise<(sql.RowRange | undefined)[]> {
  if (rows === 0) return [];
  const { rowsAtOnce: size = Infinity } = driver;
  if (rows <= size) return [undefined];
  const found = await session.all(sql.findRanges(side, size));
  return found.map((row) => {
    const from = BigInt(String(row['first']));
    return { from, to: from + BigInt(size) };
  });
}

/** Let a master table take the rows of the batches, by its measures. */
export async function mergeRows(change: TableChange): Promise<RowChanges> {
  const { session, shape, before } = change;
  if (before === 0) return onlyInserted(await load(change, { table: shape.table, shape }));
  return throughIncoming(change, async () => {
    const updated = await session.run(sql.updateMaster(shape));
    const inserted = await session.run(sql.insertMissing(shape));
    return { before, after: before + inserted, inserted, updated, removed: 0, unchanged: before - updated };
  });
}

const onlyInserted = (rows: number): RowChanges => ({ before: 0, after: rows, inserted: rows, updated: 0, removed: 0, unchanged: 0 });

async function throughIncoming<T>(change: TableChange, work: () => Promise<T>): Promise<T> {
  const { session, driver, shape } = change;
  await session.run(sql.createIncoming(shape, driver));
  await load(change, { table: sql.INCOMING, shape });
  await session.makeRoom(shape, sql.INCOMING);
  const result = await work();
  await session.run(sql.dropIncoming);
  return result;
}

async function load({ session, driver, batches }: TableChange, target: LoadTarget): Promise<number> {
  const rows = await session.load(target, batches);
  if (rows === batches.beans) return rows;
  throw fail('TM_ERR_DATABASE_FAILED', `${driver.name} took ${rows} of ${batches.beans} rows into '${target.table}'`);
}
