import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bean } from '#engine/bean-batch.js';
import { L3ClickStream, L3Country, L3Object, L3Session } from '#processors/beans.js';
import type { AnalyticsDatabase } from '#server/database/database.js';
import { batches, beansIn, codeOf, inject, injection, type Databases } from './harness.js';
import { rowsOf } from '../../support/rows-of.js';

const click = (from: string, to: string, clicks: number): Bean => ({ site: 'shop', object_from: from, object_to: to, clicks });
const a = click('/a', '/b', 1);
const b = click('/b', '/c', 2);
const c = click('/c', '/a', 3);

export function injectTests(databases: () => Databases): void {
  describe('inject', () => {
    const open = () => databases().open([L3ClickStream, L3Session, L3Country, L3Object]);

    test('fills an empty period', async () => {
      const db = await open();
      expect(await inject(db, L3ClickStream, [a, b])).toEqual({
        table: 'l3_clickstream',
        before: 0,
        after: 2,
        inserted: 2,
        updated: 0,
        removed: 0,
        unchanged: 0,
        beans: 2,
        sums: { clicks: 3 },
      });
      expect(await rowsOf(db, 'l3_clickstream')).toEqual([a, b].map((bean) => ({ granularity: 'day', period: '2016-03-01', ...bean })));
    });

    test('replaces a period, and tells what became of its rows', async () => {
      const db = await open();
      await inject(db, L3ClickStream, [a, b]);
      expect(await inject(db, L3ClickStream, [c, { ...b, clicks: 5 }])).toEqual({
        table: 'l3_clickstream',
        before: 2,
        after: 2,
        inserted: 1,
        updated: 1,
        removed: 1,
        unchanged: 0,
        beans: 2,
        sums: { clicks: 8 },
      });
      expect(await beansIn(db, 'l3_clickstream')).toEqual([{ ...b, clicks: 5 }, c]);
      expect(await inject(db, L3ClickStream, [c, { ...b, clicks: 5 }, a])).toMatchObject({
        before: 2,
        after: 3,
        inserted: 1,
        updated: 0,
        removed: 0,
        unchanged: 2,
      });
    });

    test('leaves other periods and granularities alone', async () => {
      const db = await open();
      const month = { granularity: 'month', period: '2016-03-01' } as const;
      await inject(db, L3ClickStream, [a], month);
      await inject(db, L3ClickStream, [b], { period: '2016-03-02' });
      await inject(db, L3ClickStream, [c]);
      await inject(db, L3ClickStream, []);
      expect(await rowsOf(db, 'l3_clickstream')).toEqual([
        { granularity: 'day', period: '2016-03-02', ...b },
        { granularity: 'month', period: '2016-03-01', ...a },
      ]);
    });

    test('a table without batches loses its period', async () => {
      const db = await open();
      await inject(db, L3ClickStream, [a, b]);
      expect(await inject(db, L3ClickStream, [])).toMatchObject({ before: 2, after: 0, removed: 2, beans: 0, sums: { clicks: 0 } });
      expect(await rowsOf(db, 'l3_clickstream')).toEqual([]);
    });

    test('the same injection again changes nothing, the ledger included', async () => {
      const db = await open();
      const same = () => injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [a, b]) }], { package: '/p' });
      await db.inject(same());
      const ledger = await db.ledger();
      const report = await db.inject({ ...same(), job: 'job-2', injectedAt: 9 });
      expect(report).toMatchObject({ package: '/p', rows: 2, beans: { L3ClickStream: 2 } });
      expect(report.tables[0]).toMatchObject({ before: 2, after: 2, inserted: 0, updated: 0, removed: 0, unchanged: 2 });
      expect(await db.ledger()).toEqual(ledger);
      expect(await beansIn(db, 'l3_clickstream')).toEqual([a, b]);
    });

    test('writes the ledger; a package is superseded by the next of its processor and period', async () => {
      const db = await open();
      const tables = () => [
        { type: L3ClickStream, batches: batches(L3ClickStream, [a, b]) },
        { type: L3Session, batches: batches(L3Session, [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }]) },
      ];
      await db.inject(injection(tables(), { package: '/old', injectedAt: 1 }));
      await db.inject(injection(tables(), { package: '/other day', injectedAt: 2, period: '2016-03-02' }));
      await db.inject(injection([], { package: '/other processor', injectedAt: 3, processor: 'OIInjection' }));
      await db.inject(injection(tables(), { package: '/new', injectedAt: 4, job: 'job-9' }));
      const ledger = await db.ledger();
      expect(ledger.map((row) => row.package)).toEqual(['/other day', '/other processor', '/new']);
      expect(ledger[2]).toEqual({
        package: '/new',
        processor: 'SessionInjection',
        job: 'job-9',
        granularity: 'day',
        period: '2016-03-01',
        injectedAt: 4,
        rows: 3,
        beans: { L3ClickStream: 2, L3Session: 1 },
      });
    });

    test('a batch iterator that throws leaves everything as it was', async () => {
      const db = await open();
      await inject(db, L3ClickStream, [a, b]);
      await inject(db, L3Session, [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }], { period: '2016-03-02' });
      const before = [await rowsOf(db, 'l3_clickstream'), await rowsOf(db, 'l3_session'), await db.ledger()];
      const failure = new Error('the part is damaged');
      const failing = function* () {
        yield* batches(L3ClickStream, [c]);
        throw failure;
      };
      for (const period of ['2016-03-01', '2016-03-05']) {
        const broken = injection(
          [
            { type: L3Session, batches: batches(L3Session, [{ site: 't', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }]) },
            { type: L3ClickStream, batches: failing() },
          ],
          { period },
        );
        await expect(db.inject(broken)).rejects.toBe(failure);
      }
      expect([await rowsOf(db, 'l3_clickstream'), await rowsOf(db, 'l3_session'), await db.ledger()]).toEqual(before);
      expect(await inject(db, L3ClickStream, [c])).toMatchObject({ inserted: 1, removed: 2 });
    });

    test('several together end as one after the other, also where they are of one period', async () => {
      const session = { site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 };
      const all = () => [
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [a]) }], { package: '/1' }),
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [c]) }], { package: '/2', period: '2016-03-02' }),
        injection([{ type: L3Session, batches: batches(L3Session, [session]) }], { package: '/3', processor: 'Other' }),
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [a, b]) }], { package: '/4' }),
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [c]) }], { package: '/5', granularity: 'month' }),
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [c]) }], { package: '/2', period: '2016-03-02' }),
      ];
      const twice = async (put: (db: AnalyticsDatabase) => Promise<unknown>) => {
        const db = await open();
        const rounds: unknown[] = [];
        for (let round = 0; round < 2; round++) {
          rounds.push(await put(db), await rowsOf(db, 'l3_clickstream'), await rowsOf(db, 'l3_session'));
          expect((await db.ledger()).map((row) => row.package).sort()).toEqual(['/2', '/3', '/4', '/5']);
        }
        expect(await db.injectTogether([])).toEqual([]);
        return rounds;
      };
      const apart = await twice(async (db) => {
        const reports: unknown[] = [];
        for (const one of all()) reports.push(await db.inject(one));
        return reports;
      });
      expect(await twice((db) => db.injectTogether(all()))).toEqual(apart);
    });

    test('of several together that one of them fails, none happens', async () => {
      const db = await open();
      await inject(db, L3ClickStream, [a, b]);
      const before = [await rowsOf(db, 'l3_clickstream'), await db.ledger()];
      const failing = function* () {
        yield* batches(L3ClickStream, [b]);
        throw new Error('the part is damaged');
      };
      const group = [
        injection([{ type: L3ClickStream, batches: batches(L3ClickStream, [c]) }], { period: '2016-03-02' }),
        injection([{ type: L3ClickStream, batches: failing() }], { period: '2016-03-03' }),
      ];
      await expect(db.injectTogether(group)).rejects.toThrow('damaged');
      expect([await rowsOf(db, 'l3_clickstream'), await db.ledger()]).toEqual(before);
      // Nor is anything left over that the next one would bring with it.
      await inject(db, L3ClickStream, [a, b]);
      expect(await rowsOf(db, 'l3_clickstream')).toEqual(before[0]);
    });

    test('refuses a batch of another type and a period that is none', async () => {
      const db = await open();
      expect(
        await codeOf(
          db.inject(
            injection([
              {
                type: L3ClickStream,
                batches: batches(L3Session, [{ site: 's', sessions: 1, impressions: 2, bounces: 0, duration_ms: 3 }]),
              },
            ]),
          ),
        ),
      ).toBe('TM_ERR_BEAN_INVALID');
      for (const over of [
        { period: '2016-02-30' },
        { granularity: 'week', period: '2016-03-01' } as const,
        { granularity: 'month', period: '2016-03-02' } as const,
      ]) {
        await expect(db.inject(injection([], over))).rejects.toThrow(RangeError);
      }
      expect(await db.ledger()).toEqual([]);
    });

    test('injections that are asked for at once run one after the other, and reads between them', async () => {
      const db = await open();
      const days = Array.from({ length: 8 }, (_, i) => `2016-03-0${i + 1}`);
      const done = await Promise.all(
        days.flatMap((period) => [
          inject(db, L3ClickStream, [a, b], { period }),
          db.totals('l3_clickstream'),
          rowsOf(db, 'l3_clickstream'),
        ]),
      );
      expect(done).toHaveLength(24);
      expect(await db.totals('l3_clickstream')).toEqual({ rows: 16, sums: { clicks: 24 } });
    });

    test('any sequence of injections ends as the last one of each period', async () => {
      const db = await open();
      const periods = ['2016-03-01', '2016-03-02'];
      const rows = fc.uniqueArray(
        fc.record({ country: fc.constantFrom('', 'DE', 'FR', 'é', '😀'), visitors: fc.integer({ min: 0, max: 3 }) }),
        { selector: (r) => r.country },
      );
      const step = fc.record({ period: fc.constantFrom(...periods), rows, batchRows: fc.integer({ min: 1, max: 3 }) });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
          const site = `site-${run++}`;
          const model = new Map(periods.map((p) => [p, new Map<string, number>()]));
          for (const p of periods) await inject(db, L3Country, [], { period: p });
          for (const s of steps) {
            const beans = s.rows.map((r) => ({ site, ...r, sessions: 1, impressions: 1 }));
            const report = (
              await db.inject(injection([{ type: L3Country, batches: batches(L3Country, beans, s.batchRows) }], { period: s.period }))
            ).tables[0]!;
            const before = model.get(s.period)!;
            const after = new Map(s.rows.map((r) => [r.country, r.visitors]));
            const unchanged = [...after].filter(([k, v]) => before.get(k) === v).length;
            const shared = [...after.keys()].filter((k) => before.has(k)).length;
            expect(report).toMatchObject({
              before: before.size,
              after: after.size,
              unchanged,
              updated: shared - unchanged,
              removed: before.size - shared,
              inserted: after.size - shared,
            });
            model.set(s.period, after);
          }
          for (const p of periods) {
            const found = (await beansIn(db, 'l3_country', p)).map((r) => [r['country'], r['visitors']]);
            expect(new Map(found as [string, number][])).toEqual(model.get(p));
          }
        }),
        { numRuns: 10 },
      );
    });
  });
}
