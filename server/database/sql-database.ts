import type { AggregateType } from '../../engine/bean.js';
import type { Granularity } from '../../engine/period.js';
import { fail } from '../errors.js';
import type { AnalyticsDatabase, ExportOptions, Injection, InjectionReport, LedgerRow, Query, Row, RowFilter, Totals } from './database.js';
import type { Driver } from './driver.js';
import { exportRows } from './export.js';
import { injectAll } from './inject.js';
import { ensureTables, migrateAll, readShapes } from './migrate.js';
import * as sql from './sql.js';
import { shapeOf, sumColumns, type TableShape } from './table-shape.js';

/** The analytics database over a driver. */
export class SqlDatabase implements AnalyticsDatabase {
  readonly #driver: Driver;
  /** Tables that are known to be there, of the shape that this process knows. */
  readonly #shapes = new Map<string, TableShape>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  get name(): string {
    return this.#driver.name;
  }

  async migrate(types: Iterable<AggregateType>): Promise<void> {
    await this.#ensure([...types].map(shapeOf));
  }

  async inject(injection: Injection): Promise<InjectionReport> {
    const [report] = await this.injectTogether([injection]);
    return report as InjectionReport;
  }

  async injectTogether(injections: readonly Injection[]): Promise<readonly InjectionReport[]> {
    if (injections.length === 0) return [];
    const types = new Map(injections.flatMap(({ tables }) => tables.map(({ type }) => [type.name, type])));
    const shapes = [...types.values()].map(shapeOf);
    if (shapes.some((s) => JSON.stringify(this.#shapes.get(s.table)) !== JSON.stringify(s))) await this.#ensure(shapes);
    return this.#driver.write((session) => injectAll(session, this.#driver, injections));
  }

  async tables(): Promise<readonly TableShape[]> {
    return this.#driver.read((session) => readShapes(session, this.#driver));
  }

  async ledger(): Promise<readonly LedgerRow[]> {
    const rows = await this.#driver.read(async (session) => {
      // Who made the file may have been killed before its tables were.
      if ((await readShapes(session, this.#driver)).length === 0) return [];
      return session.all(
        'select package, processor, job, granularity, cast(period as varchar) as period, injected_at, "rows", beans from injection order by injected_at, package',
      );
    });
    return rows.map((r) => ({
      package: String(r['package']),
      processor: String(r['processor']),
      job: String(r['job']),
      granularity: r['granularity'] as Granularity,
      period: String(r['period']),
      injectedAt: Number(r['injected_at']),
      rows: Number(r['rows']),
      beans: JSON.parse(String(r['beans'])) as Record<string, number>,
    }));
  }

  async totals(table: string, filter: RowFilter = {}): Promise<Totals> {
    const shape = await this.#shape(table);
    const query = sql.selectTotals(shape, filter);
    const [row] = await this.#driver.read((session) => session.all(query.sql, query.values));
    return { rows: Number(row?.['n']), sums: Object.fromEntries(sumColumns(shape).map((name, i) => [name, Number(row?.[`s${i}`])])) };
  }

  async top(table: string, by: string, n: number, filter: RowFilter = {}): Promise<readonly Row[]> {
    const shape = await this.#shape(table);
    if (!sumColumns(shape).includes(by)) throw fail('TM_ERR_TABLE_UNKNOWN', `The table '${table}' has no sum '${by}'`);
    const query = sql.selectTop(shape, by, n, filter);
    return this.#driver.read((session) => session.all(query.sql, query.values));
  }

  async select(query: Query): Promise<readonly Row[]> {
    return this.#driver.read((session) => session.all(query.sql, query.values));
  }

  async exportTable(table: string, options: ExportOptions): Promise<void> {
    await exportRows(this.#driver, await this.#shape(table), options);
  }

  async close(): Promise<void> {
    await this.#driver.close();
  }

  async #ensure(shapes: readonly TableShape[]): Promise<void> {
    await this.#driver.write(async (session) => {
      await migrateAll(session, this.#driver);
      await ensureTables(session, this.#driver, shapes);
    });
    for (const shape of shapes) this.#shapes.set(shape.table, shape);
  }

  /** A table that is there, whether or not this process knows its bean type. */
  async #shape(table: string): Promise<TableShape> {
    const known = this.#shapes.get(table);
    if (known) return known;
    const shapes = await this.tables();
    const shape = shapes.find((s) => s.table === table);
    if (!shape) {
      const names = shapes.map((s) => s.table);
      throw fail('TM_ERR_TABLE_UNKNOWN', `There is no table '${table}'. There are: ${names.join(', ') || 'none yet'}`, {
        data: { table, tables: names },
      });
    }
    return shape;
  }
}
