import { describe, expect, test } from 'vitest';
import { L2Object, L3Browser, L3Object } from '#processors/beans.js';
import { rowsOf } from '../../support/rows-of.js';
import { codeOf, inject, injection, type Databases } from './harness.js';

const browser = (site: string, name: string, sessions: number) => ({ site, browser: name, sessions, impressions: sessions * 2 });

export function readTests(databases: () => Databases): void {
  describe('reading', () => {
    const filled = async () => {
      const db = await databases().open([L3Browser, L3Object]);
      await inject(db, L3Browser, [browser('a', 'Firefox', 1), browser('a', 'Chrome', 5), browser('b', 'Chrome', 2)]);
      await inject(db, L3Browser, [browser('a', 'Firefox', 9), browser('b', 'Chrome', 2)], { period: '2016-03-02' });
      await inject(db, L3Browser, [browser('a', 'Firefox', 100)], { granularity: 'month', period: '2016-03-01' });
      return db;
    };

    test('totals count and add up the rows asked for', async () => {
      const db = await filled();
      expect(await db.totals('l3_browser', { granularity: 'day' })).toEqual({ rows: 5, sums: { sessions: 19, impressions: 38 } });
      expect(await db.totals('l3_browser', { granularity: 'day', from: '2016-03-02', to: '2016-03-02' })).toEqual({
        rows: 2,
        sums: { sessions: 11, impressions: 22 },
      });
      expect(await db.totals('l3_object')).toEqual({ rows: 0, sums: { views: 0 } });
      expect(await db.totals('injection')).toEqual({ rows: 3, sums: {} });
    });

    test('top adds up the periods asked for, greatest first, then by key', async () => {
      const db = await filled();
      expect(await db.top('l3_browser', 'sessions', 2, { granularity: 'day' })).toEqual([
        browser('a', 'Firefox', 10),
        browser('a', 'Chrome', 5),
      ]);
      expect(await db.top('l3_browser', 'impressions', 9, { granularity: 'day', from: '2016-03-01', to: '2016-03-01' })).toEqual([
        browser('a', 'Chrome', 5),
        browser('b', 'Chrome', 2),
        browser('a', 'Firefox', 1),
      ]);
      expect(await codeOf(db.top('l3_browser', 'browser', 2))).toBe('TM_ERR_TABLE_UNKNOWN');
    });

    test('rows are exported in the order of the key', async () => {
      const rows = await rowsOf(await filled(), 'l3_browser');
      expect(rows.map((r) => `${r['granularity']} ${r['period']} ${r['site']} ${r['browser']}`)).toEqual([
        'day 2016-03-01 a Chrome',
        'day 2016-03-01 a Firefox',
        'day 2016-03-01 b Chrome',
        'day 2016-03-02 a Firefox',
        'day 2016-03-02 b Chrome',
        'month 2016-03-01 a Firefox',
      ]);
    });

    test('what is read while an injection is under way is the state before it', async () => {
      const db = await filled();
      const during: unknown[] = [];
      await databases().injectAround(db, injection([{ type: L3Browser, batches: [] }]), async () => {
        during.push(await db.totals('l3_browser'), (await db.ledger()).length);
      });
      expect(during).toEqual([{ rows: 6, sums: { sessions: 119, impressions: 238 } }, 3]);
      expect(await db.totals('l3_browser')).toMatchObject({ rows: 3 });
    });

    test('an unknown table is an error that names those there are', async () => {
      const db = await filled();
      await expect(db.totals('l3_nothing')).rejects.toMatchObject({
        code: 'TM_ERR_TABLE_UNKNOWN',
        data: { tables: ['l3_browser', 'l3_object', 'injection'] },
      });
      expect(await codeOf(rowsOf(db, 'l3_nothing'))).toBe('TM_ERR_TABLE_UNKNOWN');
      const masters = await databases().open([L2Object]);
      await expect(masters.totals('l2_object', { granularity: 'day' })).rejects.toThrow("has no column 'granularity'");
    });

    test('a closed database says so, and may be closed again', async () => {
      const db = await filled();
      await db.close();
      await db.close();
      expect(await codeOf(db.totals('l3_browser'))).toBe('TM_ERR_DATABASE_UNAVAILABLE');
      expect(await codeOf(inject(db, L3Browser, []))).toBe('TM_ERR_DATABASE_UNAVAILABLE');
    });
  });
}
