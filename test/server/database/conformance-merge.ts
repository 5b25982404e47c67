import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bean } from '#engine/bean-batch.js';
import { L2Object, L3Object } from '#processors/beans.js';
import { batches, inject, injection, type Databases } from './harness.js';
import { rowsOf } from '../../support/rows-of.js';

interface Seen {
  readonly object: string;
  readonly type: string;
  readonly name: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly name_seen: number;
}

const byBytes = (x: string, y: string): number => Buffer.compare(Buffer.from(x), Buffer.from(y));

/** Spec §6: type with the greatest (time, type), name with the greatest (time, name). */
function mergeTwo(x: Seen, y: Seen): Seen {
  const [typeOf, nameOf] = [
    y.last_seen > x.last_seen || (y.last_seen === x.last_seen && byBytes(y.type, x.type) > 0) ? y : x,
    y.name_seen > x.name_seen || (y.name_seen === x.name_seen && byBytes(y.name, x.name) > 0) ? y : x,
  ];
  return {
    object: x.object,
    type: typeOf.type,
    name: nameOf.name,
    first_seen: Math.min(x.first_seen, y.first_seen),
    last_seen: Math.max(x.last_seen, y.last_seen),
    name_seen: Math.max(x.name_seen, y.name_seen),
  };
}

const text = fc.constantFrom('', 'Page', 'page', 'Straße', 'z', '\u{FFFF}', '😀', "it's", 'a\tb');
const seen: fc.Arbitrary<Seen> = fc
  .record({
    object: fc.constantFrom('/a', '/b', '/ü', '/c'),
    type: text,
    name: text,
    times: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ object, type, name, times }) => ({
    object,
    type,
    name,
    first_seen: Math.min(...times),
    last_seen: Math.max(...times),
    name_seen: name === '' ? 0 : times[0]!,
  }));
const day = fc.uniqueArray(seen, { selector: (s) => s.object, maxLength: 4 });

export function mergeTests(databases: () => Databases): void {
  describe('a master table', () => {
    const seenAt = (object: string, time: number, type: string, name = ''): Bean => ({
      site: 's',
      object,
      type,
      name,
      first_seen: time,
      last_seen: time,
      name_seen: name === '' ? 0 : time,
    });

    test('keeps the latest type and name, and the first and last time, over all days', async () => {
      const db = await databases().open([L2Object, L3Object]);
      await inject(db, L2Object, [seenAt('/a', 20, 'Page', 'A'), seenAt('/b', 20, 'Page')]);
      const report = await inject(db, L2Object, [seenAt('/a', 10, 'News', 'older'), seenAt('/b', 30, 'News'), seenAt('/c', 30, 'Page')], {
        period: '2016-03-02',
      });
      expect(report).toMatchObject({
        table: 'l2_object',
        before: 2,
        after: 3,
        inserted: 1,
        updated: 2,
        removed: 0,
        unchanged: 0,
        beans: 3,
        sums: {},
      });
      expect(await rowsOf(db, 'l2_object')).toEqual([
        { site: 's', object: '/a', type: 'Page', name: 'A', first_seen: 10, last_seen: 20, name_seen: 20 },
        { site: 's', object: '/b', type: 'News', name: '', first_seen: 20, last_seen: 30, name_seen: 0 },
        { site: 's', object: '/c', type: 'Page', name: '', first_seen: 30, last_seen: 30, name_seen: 0 },
      ]);
    });

    test('loses nothing when a day comes again without it', async () => {
      const db = await databases().open([L2Object]);
      await inject(db, L2Object, [seenAt('/a', 20, 'Page')]);
      expect(await inject(db, L2Object, [])).toMatchObject({ before: 1, after: 1, unchanged: 1 });
      expect(await inject(db, L2Object, [seenAt('/a', 20, 'Page')])).toMatchObject({ before: 1, after: 1, updated: 0, unchanged: 1 });
    });

    test('ends the same whatever the order of the days, and however often they come', async () => {
      const db = await databases().open([L2Object]);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat()), async (days, random) => {
          const orders = [days, days.toReversed(), [...days, ...days].toSorted(() => (random.next().value % 2 === 0 ? 1 : -1))];
          const results: unknown[] = [];
          for (const order of orders) {
            const site = `site-${run++}`;
            for (const beans of order) {
              await db.inject(
                injection([
                  {
                    type: L2Object,
                    batches: batches(
                      L2Object,
                      beans.map((s) => ({ site, ...s })),
                      2,
                    ),
                  },
                ]),
              );
            }
            results.push((await rowsOf(db, 'l2_object')).filter((row) => row['site'] === site).map(({ site: _site, ...row }) => row));
          }
          const model = new Map<string, Seen>();
          for (const s of days.flat()) model.set(s.object, model.has(s.object) ? mergeTwo(model.get(s.object)!, s) : s);
          const expected = [...model.values()].toSorted((x, y) => byBytes(x.object, y.object));
          for (const result of results) expect(result).toEqual(expected);
        }),
        { numRuns: 10 },
      );
    });
  });
}
