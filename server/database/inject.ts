import { parseDay, periodOf } from '../../engine/period.js';
import { mergeRows, replaceRows } from './change-rows.js';
import { CountedBatches } from './counted-batches.js';
import type { InjectedTable, Injection, InjectionReport, TableReport } from './database.js';
import type { Driver, SqlSession } from './driver.js';
import * as sql from './sql.js';
import { ledgerShape, shapeOf, type TableShape } from './table-shape.js';

/** Number of rows by table and, where it is of periods, period. */
class RowCounts {
  readonly #rows = new Map<string, number>();

  get(shape: TableShape, injection: Injection): number {
    return this.#rows.get(keyOf(shape, injection)) ?? 0;
  }

  set(shape: TableShape, injection: Pick<Injection, 'granularity' | 'period'>, rows: number): void {
    this.#rows.set(keyOf(shape, injection), rows);
  }
}

function keyOf({ kind, table }: TableShape, { granularity, period }: Pick<Injection, 'granularity' | 'period'>): string {
  return kind === 'period' ? `${granularity} ${period} ${table}` : table;
}

/** The work of `AnalyticsDatabase.injectTogether`, inside the transaction of `session`. */
export async function injectAll(session: SqlSession, driver: Driver, injections: readonly Injection[]): Promise<InjectionReport[]> {
  for (const { granularity, period } of injections) checkPeriod(granularity, period);
  const counts = await countRows(session, injections);
  const done = new Map<InjectedTable, TableReport>();
  // First what is merged, statement by statement: a database may gather rows that are only added up to the next statement.
  for (const kind of ['master', 'period'] as const) {
    for (const injection of injections) {
      for (const table of injection.tables) {
        const shape = shapeOf(table.type);
        if (shape.kind !== kind) continue;
        const batches = new CountedBatches(table, shape);
        const change = { session, driver, shape, batches, before: counts.get(shape, injection) };
        const { granularity, period } = injection;
        const changes = await (kind === 'master'
          ? mergeRows(change)
          : replaceRows(change, { granularity, period, first: parseDay(period) }));
        counts.set(shape, injection, changes.after);
        done.set(table, { table: shape.table, ...changes, beans: batches.beans, sums: batches.sums });
      }
    }
  }
  const reports = injections.map((injection) => reportOf(injection, done));
  await writeLedger(session, injections, reports);
  return reports;
}

function reportOf(injection: Injection, done: ReadonlyMap<InjectedTable, TableReport>): InjectionReport {
  const tables = injection.tables.map((table) => done.get(table) as TableReport);
  const beans = Object.fromEntries(injection.tables.map(({ type }, i) => [type.name, (tables[i] as TableReport).beans]));
  return { package: injection.package, tables, rows: tables.reduce((n, t) => n + t.beans, 0), beans };
}

function checkPeriod(granularity: Injection['granularity'], period: string): void {
  const first = parseDay(period);
  if (Number.isNaN(first) || periodOf(granularity, first).first !== first) {
    throw new RangeError(`'${period}' is not the first day of a ${granularity}`);
  }
}

/** The rows that are there before, all in one statement: for small injections the number of statements is what costs. */
async function countRows(session: SqlSession, injections: readonly Injection[]): Promise<RowCounts> {
  const counts = new RowCounts();
  const shapes = [...new Map(injections.flatMap((i) => i.tables.map(({ type }) => [type.name, shapeOf(type)] as const))).values()];
  if (shapes.length === 0) return counts;
  const granularities = [...new Set(injections.map((i) => i.granularity))];
  const periods = [...new Set(injections.map((i) => i.period))];
  const values = shapes.some((shape) => shape.kind === 'period') ? [...granularities, ...periods] : [];
  for (const row of await session.all(sql.countAllRows(shapes, granularities.length, periods.length), values)) {
    const found = { granularity: row['granularity'] as Injection['granularity'], period: String(row['period']) };
    counts.set(shapes[Number(row['i'])] as TableShape, found, Number(row['n']));
  }
  return counts;
}

/** The ledger's rows of some injections: those of the packages that they supersede go. */
async function writeLedger(session: SqlSession, injections: readonly Injection[], reports: readonly InjectionReport[]): Promise<void> {
  const keys = injections.flatMap(({ package: path, processor, granularity, period }) => [path, processor, granularity, period]);
  const entries = await session.all(sql.findLedger(injections.length), keys);
  let added: (readonly (string | number)[])[] = [];
  for (const [i, injection] of injections.entries()) {
    const { package: path, processor, job, granularity, period, injectedAt } = injection;
    const report = reports[i] as InjectionReport;
    const ofPeriod = entries.filter((e) => e['processor'] === processor && e['granularity'] === granularity && e['period'] === period);
    const superseded = ofPeriod.some((e) => e['package'] !== path);
    if (superseded) await session.run(sql.supersede, [processor, granularity, period, path]);
    added = added.filter(([, p, , g, first]) => p !== processor || g !== granularity || first !== period);
    const isThere = entries.some((e) => e['package'] === path);
    const hasChanged = report.tables.some((t) => t.inserted + t.updated + t.removed > 0);
    // What is run again and changes no row keeps the entry of the job that put the rows there.
    if (isThere && !superseded && !hasChanged) continue;
    const row = [path, processor, job, granularity, period, injectedAt, report.rows, JSON.stringify(report.beans)];
    // An upsert costs DuckDB several times an insert.
    if (isThere) await session.run(sql.upsert(ledgerShape), row);
    else added.push(row);
  }
  if (added.length > 0) await session.run(sql.insert(ledgerShape, added.length), added.flat());
}
