import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDay } from '#engine/period.js';
import { L3Browser, L3Country, L3Object, L3Session, L3SessionEntry, L3Visitor } from '#processors/beans.js';
import type { AnalyticsDatabase } from '#server/database/database.js';
import { answer, type Answer } from '#server/reports/answer.js';
import { parseQuery } from '#server/reports/query.js';
import { inject, type Databases } from './harness.js';

const TODAY = parseDay('2016-03-08');
const DAYS = ['2016-02-28', '2016-02-29', '2016-03-01', '2016-03-02', '2016-03-07'];
const ask = async (db: AnalyticsDatabase, query: unknown): Promise<Answer> => answer(db, parseQuery(query), TODAY);
const plain = (found: Answer): unknown[][] => found.rows.map(({ by, metrics }) => [...by, ...metrics.map(({ value }) => value)]);

export function queryTests(databases: () => Databases): void {
  describe('a query', () => {
    const rows = DAYS.flatMap((day, d) =>
      ['a', 'b'].flatMap((site, s) =>
        ['Firefox', 'Chrome', ''].map((browser, b) => ({
          day,
          site,
          browser,
          sessions: 1 + d * 7 + s * 3 + b,
          impressions: 5 * d + b + 2,
        })),
      ),
    );
    const filled = async (): Promise<AnalyticsDatabase> => {
      const db = await databases().open([L3Browser, L3Session, L3Visitor, L3Country, L3Object, L3SessionEntry]);
      for (const period of DAYS) {
        const beans = rows.filter(({ day }) => day === period).map(({ day: _day, ...bean }) => bean);
        await inject(db, L3Browser, beans, { period, processor: 'B' });
      }
      const session = { site: 'a', sessions: 4, impressions: 9, bounces: 1, duration_ms: 8000 };
      await inject(db, L3Session, [session], { period: '2016-03-01' });
      const visitor = { site: 'a', visitors: 3, sessions: 4, impressions: 9 };
      for (const granularity of ['day', 'week', 'month'] as const)
        await inject(db, L3Visitor, [visitor], {
          granularity,
          period: granularity === 'week' ? '2016-02-29' : '2016-03-01',
          processor: 'V',
        });
      await inject(db, L3Object, [{ site: 'a', type: 'page', object: '/x', views: 6 }], { period: '2016-03-01', processor: 'O' });
      return db;
    };

    test('equals sums over the rows, whatever is asked', async () => {
      const db = await filled();
      const dimension = fc.constantFrom('site', 'browser', 'day');
      const random = fc.record({
        by: fc.uniqueArray(dimension, { maxLength: 2 }),
        operator: fc.constantFrom('is', 'isNot', 'contains', 'starts'),
        value: fc.constantFrom('Firefox', 'o', 'C', '', "'; --"),
        negated: fc.boolean(),
        sites: fc.option(fc.constantFrom<string[][]>(['a'], ['b'], ['a', 'b'], ['c']), { nil: undefined }),
        ends: fc.tuple(fc.nat(DAYS.length - 1), fc.nat(DAYS.length - 1)),
      });
      const passes = {
        is: (t: string, v: string) => t === v,
        isNot: (t: string, v: string) => t !== v,
        contains: (t: string, v: string) => t.includes(v),
        starts: (t: string, v: string) => t.startsWith(v),
      };
      await fc.assert(
        fc.asyncProperty(random, async ({ by, operator, value, negated, sites, ends }) => {
          const [from = 0, to = 0] = ends.toSorted();
          const condition = { dimension: 'browser', operator, values: [value] };
          const query = {
            metrics: ['sessions', 'impressionsPerSession'],
            by,
            sites,
            filter: negated ? { not: condition } : condition,
            period: `${DAYS[from]}..${DAYS[to]}`,
          };
          const sums = new Map<string, { sessions: number; impressions: number }>();
          for (const row of rows) {
            const isIn = DAYS.indexOf(row.day) >= from && DAYS.indexOf(row.day) <= to && (sites?.includes(row.site) ?? true);
            if (!isIn || passes[operator](row.browser, value) === negated) continue;
            const key = JSON.stringify(by.map((name) => row[name]));
            const sum = sums.get(key) ?? { sessions: 0, impressions: 0 };
            sums.set(key, { sessions: sum.sessions + row.sessions, impressions: sum.impressions + row.impressions });
          }
          const expected: unknown[][] = [...sums].map(([key, s]) => [
            ...(JSON.parse(key) as string[]),
            s.sessions,
            s.impressions / s.sessions,
          ]);
          if (by.length === 0 && expected.length === 0) expected.push([0, null]);
          const sorted = (list: unknown[][]): string[] => list.map((row) => JSON.stringify(row)).toSorted();
          expect(sorted(plain(await ask(db, query)))).toEqual(sorted(expected));
        }),
        { numRuns: 60 },
      );
    });

    test('compares with the period before, and with the year before', async () => {
      const db = await filled();
      const found = await ask(db, { metrics: ['sessions'], by: ['browser'], period: '2016-03', compare: 'previous', order: 'browser' });
      expect(found).toMatchObject({ period: { from: '2016-03-01', to: '2016-03-31' }, compare: { from: '2016-02-01', to: '2016-02-29' } });
      const of = (name: string, month: string): number =>
        rows.filter((r) => r.browser === name && r.day.startsWith(month)).reduce((n, r) => n + r.sessions, 0);
      for (const { by, metrics } of found.rows) {
        const [now, before] = ['2016-03', '2016-02'].map((month) => of(String(by[0]), month)) as [number, number];
        expect(metrics).toEqual([{ value: now, previous: before, change: now - before, changePercent: (100 * (now - before)) / before }]);
      }
      const byDay = await ask(db, {
        metrics: ['sessions'],
        by: ['day'],
        period: '2016-03-01..2016-03-02',
        compare: 'previous',
        filter: { dimension: 'browser', operator: 'is', values: ['Chrome'] },
      });
      expect(byDay.rows.map(({ by, metrics }) => [by[0], metrics[0]?.value, metrics[0]?.previous])).toEqual([
        ['2016-03-01', 35, 7],
        ['2016-03-02', 49, 21],
      ]);
      const year = await ask(db, { metrics: ['visitors'], by: ['month'], period: '2016-03', compare: 'year' });
      expect(year).toMatchObject({
        compare: { from: '2015-03-01', to: '2015-03-31' },
        rows: [{ by: ['2016-03-01'], metrics: [{ value: 3, previous: 0, changePercent: null }] }],
      });
    });

    test('puts metrics of several tables into one row', async () => {
      const found = await ask(await filled(), { metrics: ['bounceRate', 'averageDuration', 'visitors', 'sessions'], period: '2016-03-01' });
      expect(found.tables).toEqual(['l3_session', 'l3_session', 'l3_visitor', 'l3_session']);
      expect(plain(found)).toEqual([[0.25, 2000, 3, 4]]);
    });

    test('has an order and a limit, and tells how many rows there are', async () => {
      const db = await filled();
      const found = await ask(db, { metrics: ['sessions'], by: ['browser', 'day'], order: '-sessions', limit: 2 });
      expect([found.total, found.rows.length]).toEqual([15, 2]);
      expect(found.rows[0]?.by).toEqual(['', '2016-03-07']);
    });

    test('that cannot be answered is refused, with where and why', async () => {
      const db = await filled();
      const cases = [
        [{ metrics: ['visitors'], period: '2016-03-01..2016-03-02' }, '/metrics/0', 'do not add up'],
        [{ metrics: ['visitors'], by: ['week'], period: '2016-03' }, '/metrics/0', 'whole weeks'],
        [{ metrics: ['sessions'], by: ['object'] }, '/metrics/0', 'the sessions themselves'],
        [{ metrics: ['viws'] }, '/metrics/0', "Did you mean 'views'?"],
        [{ metrics: ['views'], by: ['brwoser'] }, '/by/0', "Did you mean 'browser'?"],
        [{ metrics: ['views'], perido: '2016' }, '/perido', "Did you mean 'period'?"],
        [{ metrics: ['views'], period: '2016-02-30' }, '/period', 'is not a period'],
        [{ metrics: ['views'], period: '2015-W54' }, '/period', 'is not a period'],
        [{ metrics: ['views'], period: '0001' }, '/period', '1970 to 9999'],
        [{ metrics: ['views'], sites: ['a\0'] }, '/sites/0', 'NUL'],
        [{ metrics: ['views'], period: '2016-03..2016-02' }, '/period', 'ends before'],
        [{ metrics: ['views'], compare: 'previous' }, '/compare', "give a 'period'"],
        [
          { metrics: ['views'], filter: { or: [{ dimension: 'objekt', operator: 'is', values: ['/'] }] } },
          '/filter/or/0/dimension',
          "Did you mean 'object'?",
        ],
      ] as const;
      for (const [query, pointer, message] of cases)
        await expect(ask(db, query), JSON.stringify(query)).rejects.toMatchObject({
          code: 'TM_ERR_QUERY',
          data: { pointer },
          message: expect.stringContaining(message) as string,
        });
    });
  });
}
