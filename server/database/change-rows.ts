import { mergeByKey } from '../../engine/aggregate.js';
import type { Batch } from '../../engine/column.js';
import type { Granularity } from '../../engine/period.js';
import { concatBatches } from '../../engine/rows.js';
import { fail } from '../errors.js';
import type { CountedBatches } from './counted-batches.js';
import type { TableReport } from './database.js';
import type { Driver, Load, LoadTarget, SqlSession } from './driver.js';
import * as sql from './sql.js';
import type { TableShape } from './table-shape.js';

export type RowChanges = Pick<TableReport, 'before' | 'after' | 'inserted' | 'updated' | 'removed' | 'unchanged'>;

/** A table in a transaction. */
export interface Table {
  readonly session: SqlSession;
  readonly driver: Driver;
  readonly shape: TableShape;
}

/** What comes for a table of periods: all rows of one. */
export interface PeriodRows {
  readonly granularity: Granularity;
  /** Its first day, `yyyy-mm-dd` and as days since the epoch. */
  readonly period: string;
  readonly first: number;
  readonly batches: CountedBatches;
  /** Rows of the period that are there. */
  readonly before: number;
}

/**
 * Make the rows of some periods, no two the same, those of the batches, and write only what is different. Statements are of all
 * periods at once: for small ones their number is what costs.
 */
export async function replaceRows(table: Table, periods: readonly PeriodRows[]): Promise<RowChanges[]> {
  // The usual case, and the heavy one: a period's first injection has nothing to be compared with.
  const fresh = periods.filter(({ before }) => before === 0);
  if (fresh.length > 0) await load(table, table.shape.table, fresh);
  const changes = new Map<PeriodRows, RowChanges>(fresh.map((p) => [p, onlyInserted(p.batches.beans)]));
  for (const granularity of new Set(periods.map((p) => p.granularity))) {
    const others = periods.filter((p) => p.granularity === granularity && p.before > 0);
    if (others.length > 0) for (const [p, change] of await compareRows(table, granularity, others)) changes.set(p, change);
  }
  return periods.map((p) => changes.get(p) as RowChanges);
}

/** The same for periods of one granularity that have rows. */
async function compareRows(table: Table, granularity: Granularity, periods: readonly PeriodRows[]): Promise<[PeriodRows, RowChanges][]> {
  const { session, driver, shape } = table;
  return throughIncoming(table, periods, async () => {
    await session.run(sql.createDifference(driver));
    await session.run(sql.findDifference(shape, driver, periods.length), [granularity, ...periods.map((p) => p.period)]);
    const found = new Map((await session.all(sql.countDifference)).map((row) => [String(row['period']), row]));
    const counts = periods.map((p) => {
      const row = found.get(p.period);
      return { p, there: Number(row?.['there'] ?? 0), came: Number(row?.['came'] ?? 0), pairs: Number(row?.['pairs'] ?? 0) };
    });
    const all = (side: 'there' | 'came'): number => counts.reduce((n, c) => n + c[side], 0);
    for (const range of await rangesOf(table, 'there', all('there'))) await session.run(sql.deleteChanged(shape, driver, range));
    for (const range of await rangesOf(table, 'came', all('came'))) await session.run(sql.insertChanged(shape, driver, range));
    await session.run(sql.dropDifference);
    return counts.map(({ p, there, came, pairs }): [PeriodRows, RowChanges] => {
      const { before } = p;
      // A pair is an updated row; where it is none, one half is missing.
      const updated = there + came - pairs;
      const [inserted, removed] = [came - updated, there - updated];
      return [p, { before, after: before - there + came, inserted, updated, removed, unchanged: before - there }];
    });
  });
}

/** The ranges of row ids to change one after the other: one of all where there are no more rows than the driver takes at once. */
async function rangesOf({ session, driver }: Table, side: 'there' | 'came', rows: number): Promise<(sql.RowRange | undefined)[]> {
  if (rows === 0) return [];
  const { rowsAtOnce: size = Infinity } = driver;
  if (rows <= size) return [undefined];
  const found = await session.all(sql.findRanges(side, size));
  return found.map((row) => {
    const from = BigInt(String(row['first']));
    return { from, to: from + BigInt(size) };
  });
}

/** Let a master table, which has `before` rows, take the rows of some batches, by its measures. */
export async function mergeRows(table: Table, given: readonly CountedBatches[], before: number): Promise<RowChanges> {
  const { session, shape } = table;
  const [only] = given;
  // A key of several batches is to come once.
  const loads = given.length === 1 && only !== undefined ? [{ batches: only }] : merged(given);
  if (before === 0) return onlyInserted(await load(table, shape.table, loads));
  return throughIncoming(table, loads, async () => {
    const updated = await session.run(sql.updateMaster(shape));
    const inserted = await session.run(sql.insertMissing(shape));
    return { before, after: before + inserted, inserted, updated, removed: 0, unchanged: before - updated };
  });
}

function merged(given: readonly CountedBatches[]): Load[] {
  const [type] = given.map((g) => g.type);
  const batches = given.flatMap((g) => [...g]);
  return type === undefined || batches.length === 0 ? [] : [{ batches: [mergeByKey(type, concatBatches(batches))] }];
}

const onlyInserted = (rows: number): RowChanges => ({ before: 0, after: rows, inserted: rows, updated: 0, removed: 0, unchanged: 0 });

async function throughIncoming<T>(table: Table, rows: readonly Rows[], work: () => Promise<T>): Promise<T> {
  const { session, driver, shape } = table;
  await session.run(sql.createIncoming(shape, driver));
  await load(table, sql.INCOMING, rows);
  await session.makeRoom(shape, sql.INCOMING);
  const result = await work();
  await session.run(sql.dropIncoming);
  return result;
}

type Rows = Pick<PeriodRows, 'granularity' | 'first' | 'batches'> | Load;

async function load({ session, driver, shape }: Table, to: LoadTarget['table'], rows: readonly Rows[]): Promise<number> {
  let sent = 0;
  const counted = function* (batches: Load['batches']): Iterable<Batch> {
    for (const batch of batches) {
      sent += batch.rows;
      yield batch;
    }
  };
  const loads = rows.map((r): Load => ('first' in r ? { period: r, batches: counted(r.batches) } : { batches: counted(r.batches) }));
  const taken = await session.load({ table: to, shape }, loads);
  if (taken === sent) return taken;
  throw fail('TM_ERR_DATABASE_FAILED', `${driver.name} took ${taken} of ${sent} rows into '${to}'`);
}
