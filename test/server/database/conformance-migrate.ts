import { describe, expect, test } from 'vitest';
import { aggregate, type AggregateType } from '#engine/bean.js';
import * as beans from '#processors/beans.js';
import { openDatabase } from '#server/database/open-database.js';
import { beansIn, codeOf, inject, type Databases } from './harness.js';

const types = Object.values(beans).filter((type): type is AggregateType => 'table' in type);

export function migrateTests(databases: () => Databases): void {
  describe('migrate', () => {
    test('makes a table of each bean type, and the ledger', async () => {
      const db = await databases().open(types);
      const tables = await db.tables();
      expect(tables.map((t) => t.table).toSorted()).toEqual([...types.map((t) => String(t.table)), 'injection'].toSorted());
      expect(tables.find((t) => t.table === 'l3_sessionhour')?.columns).toEqual([
        { name: 'granularity', type: 'text' },
        { name: 'period', type: 'date' },
        { name: 'site', type: 'text' },
        { name: 'hour', type: 'smallint' },
        { name: 'sessions', type: 'bigint' },
        { name: 'impressions', type: 'bigint' },
      ]);
      expect(tables.find((t) => t.table === 'l3_sessionduration')?.columns[3]).toEqual({ name: 'from_s', type: 'integer' });
      expect(tables.find((t) => t.table === 'l2_object')?.columns.map((c) => c.name)).toEqual([
        'site',
        'object',
        'type',
        'name',
        'first_seen',
        'last_seen',
        'name_seen',
      ]);
    });

    test('changes nothing the second time, in this process or the next', async () => {
      const made = await databases().make();
      const db = await databases().open(types, made.url);
      await inject(db, beans.L3Session, [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }]);
      await db.migrate(types);
      await db.close();
      const again = await databases().open(types, made.url);
      expect(await beansIn(again, 'l3_session')).toHaveLength(1);
      await again.close();
      expect((await made.execute('select * from tidemill_migration')).length).toBe(1);
    });

    test('nothing is in a database that nobody has migrated', async () => {
      const db = await openDatabase((await databases().make()).url, { threads: 1 });
      expect([await db.tables(), await db.ledger()]).toEqual([[], []]);
      await db.close();
    });

    test('refuses a database that a newer version has set up', async () => {
      const made = await databases().make();
      await (await databases().open(types, made.url)).close();
      await made.execute("insert into tidemill_migration values (1000, 'of the future', 0)");
      expect(await codeOf(databases().open(types, made.url))).toBe('TM_ERR_DATABASE_VERSION');
    });

    test('makes the table of a custom bean type when it is first injected', async () => {
      const db = await databases().open(types);
      const L3Order = aggregate('L3Order', {
        table: 'l3_order',
        key: { site: 'string', order: 'string', group: 'integer' },
        measures: { from: 'sum', slowest: 'max' },
      });
      const rows = [{ site: 's', order: 'select', group: -5, from: 7, slowest: 3 }];
      await inject(db, L3Order, rows);
      expect(await beansIn(db, 'l3_order')).toEqual(rows);
    });

    test('refuses a bean type whose table has another shape', async () => {
      const made = await databases().make();
      const before = aggregate('L3Colour', { table: 'l3_colour', key: { site: 'string', colour: 'string' }, measures: { views: 'sum' } });
      const after = aggregate('L3Colour', {
        table: 'l3_colour',
        key: { site: 'string', colour: 'string' },
        measures: { views: 'sum', clicks: 'sum' },
      });
      await (await databases().open([before], made.url)).close();
      expect(await codeOf(databases().open([after], made.url))).toBe('TM_ERR_DATABASE_TABLE');
      const db = await databases().open([before], made.url);
      expect(await codeOf(inject(db, after, []))).toBe('TM_ERR_DATABASE_TABLE');
    });

    const key = { site: 'string' } as const;
    test.each([
      ['no table', aggregate('T', { key, measures: { n: 'sum' } })],
      ['a table of ours', aggregate('T', { table: 'injection', key, measures: { n: 'sum' } })],
      ['a bad name', aggregate('T', { table: 'L3; drop', key, measures: { n: 'sum' } })],
      ['two columns of one name', aggregate('T', { table: 'l3_t', key, measures: { period: 'sum' } })],
      ['names that differ in case', aggregate('T', { table: 'l3_t', key, measures: { Site: 'sum' } })],
      ['no measure', aggregate('T', { table: 'l3_t', key, measures: {} })],
      ['a sum without a period', aggregate('T', { table: 'l2_t', key, measures: { n: 'sum' } })],
    ])('refuses a bean type with %s', async (_what, type) => {
      expect(await codeOf(databases().open([type]))).toBe('TM_ERR_DECLARATION');
    });
  });
}
