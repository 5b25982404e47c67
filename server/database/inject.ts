import { parseDay, periodOf, type Granularity } from '../../engine/period.js';
import { mergeRows, replaceRows, type RowChanges } from './change-rows.js';
import { CountedBatches } from './counted-batches.js';
import type { InjectedTable, Injection, InjectionReport, TableReport } from './database.js';
import type { Driver, SqlSession } from './driver.js';
import * as sql from './sql.js';
import { ledgerShape, shapeOf, type TableShape } from './table-shape.js';

/** One table's part of one injection. */
interface Part {
  readonly injection: Injection;
  readonly table: InjectedTable;
  readonly batches: CountedBatches;
}

/** What of some injections is for one table. */
interface Share {
  readonly shape: TableShape;
  readonly parts: Part[];
}

/** The work of `AnalyticsDatabase.injectTogether`, inside the transaction of `session`. */
export async function injectAll(session: SqlSession, driver: Driver, injections: readonly Injection[]): Promise<InjectionReport[]> {
  for (const { granularity, period } of injections) checkPeriod(granularity, period);
  const done = new Map<InjectedTable, TableReport>();
  for (const apart of withoutRepeats(injections)) await injectApart(session, driver, apart, done);
  const reports = injections.map((injection) => reportOf(injection, done));
  await writeLedger(session, injections, reports);
  return reports;
}

/** Groups of injections in their order, in none of which a period of a table comes twice. */
function withoutRepeats(injections: readonly Injection[]): Injection[][] {
  const groups: Injection[][] = [];
  let seen = new Set<string>();
  for (const injection of injections) {
    const { granularity, period, tables } = injection;
    const keys = tables.map(({ type }) => `${granularity} ${period} ${type.name}`);
    if (groups.length === 0 || keys.some((key) => seen.has(key))) {
      groups.push([]);
      seen = new Set();
    }
    groups.at(-1)?.push(injection);
    for (const key of keys) seen.add(key);
  }
  return groups;
}

/** Injections of different periods, a table at a time. */
async function injectApart(
  session: SqlSession,
  driver: Driver,
  injections: readonly Injection[],
  done: Map<InjectedTable, TableReport>,
): Promise<void> {
  const shares = sharesOf(injections);
  const before = await countRows(
    session,
    injections,
    shares.map((s) => s.shape),
  );
  // First what is merged, statement by statement: a database may gather rows that are only added up to the next statement.
  for (const kind of ['master', 'period'] as const) {
    for (const { shape, parts } of shares.filter((s) => s.shape.kind === kind)) {
      const target = { session, driver, shape };
      const changes =
        kind === 'master'
          ? onlyFirst(
              await mergeRows(
                target,
                parts.map((p) => p.batches),
                before(shape),
              ),
              parts.length,
            )
          : await replaceRows(
              target,
              parts.map(({ injection: { granularity, period }, batches }) => ({
                granularity,
                period,
                first: parseDay(period),
                batches,
                before: before(shape, granularity, period),
              })),
            );
      for (const [i, { table, batches }] of parts.entries())
        done.set(table, { table: shape.table, ...(changes[i] as RowChanges), beans: batches.beans, sums: batches.sums });
    }
  }
}

function sharesOf(injections: readonly Injection[]): Share[] {
  const shares = new Map<string, Share>();
  for (const injection of injections) {
    for (const table of injection.tables) {
      const { name } = table.type;
      const share = shares.get(name) ?? { shape: shapeOf(table.type), parts: [] };
      shares.set(name, share);
      share.parts.push({ injection, table, batches: new CountedBatches(table, share.shape) });
    }
  }
  return [...shares.values()];
}

/** What injections changed together, said once: the others found all done. */
function onlyFirst(changes: RowChanges, injections: number): RowChanges[] {
  const { after } = changes;
  const nothing = { before: after, after, inserted: 0, updated: 0, removed: 0, unchanged: after };
  return Array.from({ length: injections }, (_, i) => (i === 0 ? changes : nothing));
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

/** The rows of a table that are there before, and of a period of it; all found by one statement. */
async function countRows(
  session: SqlSession,
  injections: readonly Injection[],
  shapes: readonly TableShape[],
): Promise<(shape: TableShape, granularity?: Granularity, period?: string) => number> {
  const counts = new Map<string, number>();
  const granularities = [...new Set(injections.map((i) => i.granularity))];
  const periods = [...new Set(injections.map((i) => i.period))];
  const values = shapes.some((shape) => shape.kind === 'period') ? [...granularities, ...periods] : [];
  const rows = shapes.length === 0 ? [] : await session.all(sql.countAllRows(shapes, granularities.length, periods.length), values);
  for (const row of rows) counts.set([shapes[Number(row['i'])]?.table, row['granularity'], row['period']].join(' '), Number(row['n']));
  return ({ table }, granularity = '' as Granularity, period = '') => counts.get([table, granularity, period].join(' ')) ?? 0;
}

/** The ledger's rows of some injections: those of the packages that they supersede go. */
async function writeLedger(session: SqlSession, injections: readonly Injection[], reports: readonly InjectionReport[]): Promise<void> {
  const distinct = (of: (injection: Injection) => string): string[] => [...new Set(injections.map(of))];
  const [packages, processors, periods] = [distinct((i) => i.package), distinct((i) => i.processor), distinct((i) => i.period)];
  const found = sql.findLedger(packages.length, processors.length, periods.length);
  const entries = new Map<string, Set<string>>();
  const there = new Set<string>();
  for (const row of await session.all(found, [...packages, ...processors, ...periods])) {
    const [at, place] = [String(row['package']), placeOf(row as unknown as Injection)];
    there.add(at);
    entries.set(place, (entries.get(place) ?? new Set()).add(at));
  }
  const superseded = new Set<string>();
  const added = new Map<string, (string | number)[]>();
  const changed: (string | number)[][] = [];
  for (const [i, injection] of injections.entries()) {
    const { package: path, processor, job, granularity, period, injectedAt } = injection;
    const report = reports[i] as InjectionReport;
    const place = placeOf(injection);
    const others = [...(entries.get(place) ?? [])].filter((at) => at !== path);
    for (const at of others) superseded.add(at);
    added.delete(place);
    const isThere = there.has(path);
    const hasChanged = report.tables.some((t) => t.inserted + t.updated + t.removed > 0);
    // What is run again and changes no row keeps the entry of the job that put the rows there.
    if (isThere && others.length === 0 && !hasChanged) continue;
    const row = [path, processor, job, granularity, period, injectedAt, report.rows, JSON.stringify(report.beans)];
    // An upsert costs DuckDB several times an insert.
    if (isThere) changed.push(row);
    else added.set(place, row);
  }
  if (superseded.size > 0) await session.run(sql.removeFromLedger(superseded.size), [...superseded]);
  for (const row of changed) await session.run(sql.upsert(ledgerShape), row);
  if (added.size > 0) await session.run(sql.insert(ledgerShape, added.size), [...added.values()].flat());
}

/** Equal for injections of which the later supersedes the earlier. */
function placeOf({ processor, granularity, period }: Pick<Injection, 'processor' | 'granularity' | 'period'>): string {
  return `${processor} ${granularity} ${period}`;
}
