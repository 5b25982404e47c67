import { randomUUID } from 'node:crypto';
import type { AggregateType } from '#engine/bean.js';
import { batchOf, type Bean } from '#engine/bean-batch.js';
import type { Batch } from '#engine/column.js';
import type { AnalyticsDatabase, Injection, InjectionReport, Row, TableReport } from '#server/database/database.js';
import type { Driver } from '#server/database/driver.js';
import { injectAll } from '#server/database/inject.js';
import { openDriver } from '#server/database/open-database.js';
import { SqlDatabase } from '#server/database/sql-database.js';
import { rowsOf } from '../../support/rows-of.js';

/** An empty database of its own for each test, and SQL behind Tidemill's back. */
export interface TestDatabase {
  readonly url: string;
  /** While no Tidemill has it open. */
  execute(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export type MakeDatabase = () => Promise<TestDatabase>;

/** Databases of the test that runs, and what is open of them. */
export class Databases {
  readonly #make: MakeDatabase;
  #open: AnalyticsDatabase[] = [];
  #made: TestDatabase[] = [];
  readonly #drivers = new WeakMap<AnalyticsDatabase, Driver>();

  constructor(make: MakeDatabase) {
    this.#make = make;
  }

  async make(): Promise<TestDatabase> {
    const made = await this.#make();
    this.#made.push(made);
    return made;
  }

  async open(types: readonly AggregateType[] = [], url?: string): Promise<AnalyticsDatabase> {
    const driver = await openDriver(url ?? (await this.make()).url, 'write', { threads: 2 });
    const db = new SqlDatabase(driver);
    this.#open.push(db);
    this.#drivers.set(db, driver);
    try {
      await db.migrate(types);
    } catch (error) {
      await db.close();
      throw error;
    }
    return db;
  }

  /** Inject, and do something when all is written but not committed. */
  async injectAround(db: AnalyticsDatabase, one: Injection, before: () => Promise<void>): Promise<void> {
    const driver = this.#drivers.get(db)!;
    await driver.write(async (session) => {
      await injectAll(session, driver, [one]);
      await before();
    });
  }

  async end(): Promise<void> {
    for (const db of this.#open) await db.close();
    for (const made of this.#made) await made.drop();
    this.#open = [];
    this.#made = [];
  }
}

/** Beans of one type as batches of so many rows. */
export function* batches(type: AggregateType, beans: readonly Bean[], rows = beans.length): Generator<Batch> {
  for (let i = 0; i < beans.length; i += rows) yield batchOf(type, beans.slice(i, i + rows));
}

export const injection = (tables: Injection['tables'], over: Partial<Injection> = {}): Injection => ({
  package: `/analytics/sesinjected/2016/03/01/${randomUUID()}`,
  processor: 'SessionInjection',
  job: 'job-1',
  granularity: 'day',
  period: '2016-03-01',
  injectedAt: 1_456_900_000_000,
  tables,
  ...over,
});

/** Inject beans of one type and return what is said of its table. */
export async function inject(
  db: AnalyticsDatabase,
  type: AggregateType,
  beans: readonly Bean[],
  over?: Partial<Injection>,
): Promise<TableReport> {
  const report: InjectionReport = await db.inject(injection([{ type, batches: batches(type, beans) }], over));
  return report.tables[0]!;
}

/** Rows of a day's sums as their beans. */
export async function beansIn(db: AnalyticsDatabase, table: string, period = '2016-03-01'): Promise<Row[]> {
  const rows = (await rowsOf(db, table)).filter((row) => row['granularity'] === 'day' && row['period'] === period);
  return rows.map(({ granularity: _granularity, period: _period, ...bean }) => bean);
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
