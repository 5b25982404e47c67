import { describe, expect, test } from 'vitest';
import { aggregate } from '#engine/bean.js';
import { batchOf } from '#engine/bean-batch.js';
import type { Batch } from '#engine/column.js';
import { Interner } from '#engine/interner.js';
import { L3ClickStream, L3InternalSearch, L3Object, L3Session, L3SessionDuration, L3SessionHour } from '#processors/beans.js';
import { beansIn, codeOf, inject, injection, type Databases } from './harness.js';

const long = (n: number): string => Array.from({ length: n }, (_, i) => String.fromCodePoint(0x1f300 + ((i * 7919) % 500))).join('');

const odd = [
  ...Array.from({ length: 20 }, (_, n) => 'abcdefghijklmnopqrstuvwxyz'.slice(0, n)),
  ...Array.from({ length: 6 }, (_, n) => 'é'.repeat(n + 4)),
  "it's",
  '"quoted"',
  '""',
  'tab\there',
  'line\nfeed',
  'carriage\rreturn',
  'back\\slash',
  '\\N',
  '\\.',
  'NULL',
  'null',
  ' space ',
  'a,b;c|d',
  '=1+1',
  '-1',
  '+1',
  '@x',
  'ünï©ødé',
  '漢字',
  '😀👩‍👩‍👧',
  'e\u0301',
  '\u{FFFF}',
  '\u0001\u001f\u007f',
  '\u2028',
  '$1',
  '%s',
  '{"json":[]}',
  "'; drop table l3_object; --",
  'x'.repeat(1024),
  long(1024),
];

export function valueTests(databases: () => Databases): void {
  describe('values', () => {
    test('text comes back as it was, whatever it holds', async () => {
      const db = await databases().open([L3Object, L3InternalSearch]);
      const objects = odd.map((object, i) => ({ site: 's', type: 'Page', object, views: i }));
      await inject(db, L3Object, objects);
      const byBytes = (x: { object: string }, y: { object: string }): number =>
        Buffer.compare(Buffer.from(x.object), Buffer.from(y.object));
      // In the order of the key, by bytes.
      expect(await beansIn(db, 'l3_object')).toEqual(objects.toSorted(byBytes));
      expect(await inject(db, L3Object, objects)).toMatchObject({ unchanged: odd.length });
      expect(
        await inject(
          db,
          L3Object,
          objects.map((o) => ({ ...o, views: o.views + 1 })),
        ),
      ).toMatchObject({ updated: odd.length });
    });

    test('keys of any length are kept, from the first injection on and in a later one', async () => {
      const db = await databases().open([L3ClickStream]);
      const short = { site: 's', object_from: '/a', object_to: '/b', clicks: 1 };
      const wide = { site: 's', object_from: long(1024), object_to: long(1023), clicks: 2 };
      await inject(db, L3ClickStream, [short]);
      expect(await inject(db, L3ClickStream, [short, wide])).toMatchObject({ inserted: 1, unchanged: 1 });
      await inject(db, L3ClickStream, [wide, { ...wide, site: 't' }], { period: '2016-03-02' });
      expect(await beansIn(db, 'l3_clickstream')).toEqual([short, wide]);
      expect(await beansIn(db, 'l3_clickstream', '2016-03-02')).toHaveLength(2);
    });

    test('sums go up to 2^53 - 1, and hours and seconds are narrower', async () => {
      const db = await databases().open([L3Session, L3SessionHour, L3SessionDuration]);
      const sums = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 12_345, Number.MAX_SAFE_INTEGER];
      const sessions = sums.map((n, i) => ({ site: `s${i}`, sessions: n, impressions: 0, bounces: 0, duration_ms: 2 ** 53 - 1 - n }));
      await inject(db, L3Session, sessions);
      expect(await beansIn(db, 'l3_session')).toEqual(sessions);
      const hours = Array.from({ length: 24 }, (_, hour) => ({ site: 's', hour, sessions: 1, impressions: 2 }));
      await inject(db, L3SessionHour, hours);
      expect(await beansIn(db, 'l3_sessionhour')).toEqual(hours);
      const durations = [0, 10, 1800, 2 ** 31 - 1].map((from_s) => ({ site: 's', from_s, sessions: 1 }));
      await inject(db, L3SessionDuration, durations);
      expect(await beansIn(db, 'l3_sessionduration')).toEqual(durations);
    });

    test('negative numbers are kept', async () => {
      const type = aggregate('L3Balance', {
        table: 'l3_balance',
        key: { site: 'string', account: 'integer' },
        measures: { amount: 'sum', lowest: 'min' },
      });
      const db = await databases().open([type]);
      const rows = [-Number.MAX_SAFE_INTEGER, -(2 ** 32), -1].map((n) => ({ site: 's', account: n, amount: n, lowest: n }));
      expect((await inject(db, type, rows)).sums).toEqual({ amount: rows.reduce((sum, r) => sum + r.amount, 0) });
      expect(await beansIn(db, 'l3_balance')).toEqual(rows);
    });

    test.for<[column: string, value: number, says: string]>([
      ['sessions', 0.5, "0.5 is not for the column 'sessions' (bigint), which holds whole numbers"],
      ['sessions', 2 ** 53, "9007199254740992 does not fit the column 'sessions' (bigint): from 2^53 on numbers are not exact any more"],
      ['hour', 1.5, "1.5 is not for the column 'hour' (smallint), which holds whole numbers"],
      ['hour', Number.NaN, "NaN does not fit the column 'hour' (smallint)"],
    ])('%s of %s is an error, and nothing is changed', async ([column, value, says]) => {
      const db = await databases().open([L3SessionHour]);
      const batch = batchOf(L3SessionHour, [{ site: 's', hour: 1, sessions: 1, impressions: 1 }]);
      const wrong = { ...batch, columns: { ...batch.columns, [column]: { kind: 'number' as const, values: Float64Array.of(value) } } };
      await expect(db.inject(injection([{ type: L3SessionHour, batches: [wrong] }]))).rejects.toMatchObject({
        code: 'TM_ERR_BEAN_INVALID',
        message: says,
      });
      expect(await beansIn(db, 'l3_sessionhour')).toEqual([]);
      expect(await db.ledger()).toEqual([]);
    });

    test.each([
      ['hour', L3SessionHour, { site: 's', hour: 40_000, sessions: 1, impressions: 1 }],
      ['from_s', L3SessionDuration, { site: 's', from_s: 2 ** 31, sessions: 1 }],
    ])('a number that does not fit %s is an error, and nothing is changed', async (_name, type, bean) => {
      const db = await databases().open([type]);
      expect(await codeOf(inject(db, type, [bean]))).toBe('TM_ERR_BEAN_INVALID');
      expect(await beansIn(db, String(type.table))).toEqual([]);
      expect(await db.ledger()).toEqual([]);
    });

    test('batches of any size, with dictionaries that are shared or hold more than is used', async () => {
      const db = await databases().open([L3ClickStream]);
      const objects = new Interner();
      for (let i = 0; i < 300; i++) objects.internString(`/a longer path to object ${i}`);
      // A longer buffer than the entries need, as a part's reader may hand out.
      const { size, offsets, bytes } = objects.dictionary();
      const shared = { size, offsets, bytes: Uint8Array.from([...bytes, 0, 255, 255]) };
      const sites = new Interner();
      sites.internString('shop');
      const batch = (from: number, rows: number): Batch => ({
        type: 'L3ClickStream',
        rows,
        columns: {
          site: { kind: 'string', dictionary: sites.dictionary(), codes: new Uint32Array(rows) },
          object_from: {
            kind: 'string',
            dictionary: shared,
            codes: Uint32Array.from({ length: rows }, (_, i) => Math.floor((from + i) / 290)),
          },
          object_to: { kind: 'string', dictionary: shared, codes: Uint32Array.from({ length: rows }, (_, i) => (from + i) % 290) },
          clicks: { kind: 'number', values: Float64Array.from({ length: rows }, (_, i) => from + i) },
        },
      });
      const sizes = [0, 1, 2047, 2048, 2049, 0, 10_000];
      const all = function* () {
        let from = 0;
        for (const rows of sizes) {
          yield batch(from, rows);
          from += rows;
        }
      };
      const total = sizes.reduce((x, y) => x + y);
      const expected = Array.from({ length: total }, (_, i) => ({
        site: 'shop',
        object_from: `/a longer path to object ${Math.floor(i / 290)}`,
        object_to: `/a longer path to object ${i % 290}`,
        clicks: i,
      }));
      for (const over of [{}, {}, { period: '2016-03-02' }]) {
        const { tables } = await db.inject(injection([{ type: L3ClickStream, batches: all() }], over));
        expect(tables[0]).toMatchObject({ after: total, beans: total, sums: { clicks: (total * (total - 1)) / 2 } });
      }
      for (const period of ['2016-03-01', '2016-03-02']) {
        const found = await beansIn(db, 'l3_clickstream', period);
        expect(found.toSorted((x, y) => Number(x['clicks']) - Number(y['clicks']))).toEqual(expected);
      }
    });
  });
}
