import { parseDay, periodOf } from '../../engine/period.js';
import { mergeRows, replaceRows } from './change-rows.js';
import { CountedBatches } from './counted-batches.js';
import type { Injection, InjectionReport, TableReport } from './database.js';
import type { Driver, SqlSession } from './driver.js';
import { countAllRows, insert, upsert } from './sql.js';
import { ledgerShape, shapeOf, type TableShape } from './table-shape.js';

/** The work of `AnalyticsDatabase.inject`, inside the transaction of `session`. */
export async function injectAll(session: SqlSession, driver: Driver, injection: Injection): Promise<InjectionReport> {
  const { granularity, period } = injection;
  const first = parseDay(period);
  if (Number.isNaN(first) || periodOf(granularity, first).first !== first) {
    throw new RangeError(`'${period}' is not the first day of a ${granularity}`);
  }
  const tables: TableReport[] = [];
  const beans: Record<string, number> = {};
  const shapes = injection.tables.map((table) => shapeOf(table.type));
  const values = shapes.some((shape) => shape.kind === 'period') ? [granularity, period] : [];
  const there = new Map(
    (shapes.length === 0 ? [] : await session.all(countAllRows(shapes), values)).map(({ i, n }) => [Number(i), Number(n)]),
  );
  for (const [i, table] of injection.tables.entries()) {
    const shape = shapes[i] as TableShape;
    const batches = new CountedBatches(table, shape);
    const change = { session, driver, shape, batches, before: there.get(i) ?? 0 };
    const changes = await (shape.kind === 'master' ? mergeRows(change) : replaceRows(change, { granularity, period, first }));
    tables.push({ table: shape.table, ...changes, beans: batches.beans, sums: batches.sums });
    beans[table.type.name] = batches.beans;
  }
  const report = { package: injection.package, tables, rows: tables.reduce((n, t) => n + t.beans, 0), beans };
  await writeLedger(session, injection, report);
  return report;
}

async function writeLedger(session: SqlSession, injection: Injection, report: InjectionReport): Promise<void> {
  const { package: path, processor, job, granularity, period, injectedAt } = injection;
  const ofPeriod = 'processor = $1 and granularity = $2 and period = cast($3 as date)';
  const key = [processor, granularity, period];
  const entries = await session.all(`select package from injection where package = $4 or (${ofPeriod})`, [...key, path]);
  const superseded = entries.some((entry) => entry['package'] !== path);
  if (superseded) await session.run(`delete from injection where ${ofPeriod} and package <> $4`, [...key, path]);
  const hasChanged = report.tables.some((t) => t.inserted + t.updated + t.removed > 0);
  // What is run again and changes no row keeps the entry of the job that put the rows there.
  if (entries.length > 0 && !superseded && !hasChanged) return;
  const beans = JSON.stringify(report.beans);
  // An upsert costs DuckDB several times an insert.
  await session.run(entries.length === 0 ? insert(ledgerShape) : upsert(ledgerShape), [
    path,
    processor,
    job,
    granularity,
    period,
    injectedAt,
    report.rows,
    beans,
  ]);
}
