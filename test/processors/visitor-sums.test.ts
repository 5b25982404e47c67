import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as beans from '#processors/beans.js';
import { VisitorMonthProcessor } from '#processors/visitor-month-processor.js';
import { VisitorProcessor } from '#processors/visitor-processor.js';
import { visitorSums } from '#processors/visitor-sums.js';
import { VisitorWeekProcessor } from '#processors/visitor-week-processor.js';
import type { Bean } from '#engine/bean-batch.js';
import { beansIn, cutting, mapReduce, naiveDistinct } from '../support/map-reduce.js';

const { VisitorBean, VisitorLocationBean, L3Visitor, L3Country, L3Region, L3City, L3Segment, L3Recommendation } = beans;
const context = { params: {} };

const some = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const base = { site: some('s', 't'), visitor: some('u', 'v', 'w', 'ü', 'constructor'), impressions: fc.integer({ min: 1, max: 4 }) };
const place = fc.record({ ...base, country: some('', 'DE', 'FR'), region: some('', 'BY', 'BW'), city: some('', 'Ulm', 'Aix') });
const taste = fc.record({
  ...base,
  segments: fc.uniqueArray(some('a', 'b', 'ä'), { maxLength: 3 }),
  recommendations: fc.uniqueArray(some('x', 'y'), { maxLength: 2 }),
});
const cut = (bean: fc.Arbitrary<Bean>) =>
  fc.array(bean, { maxLength: 40 }).chain((all) => fc.tuple(fc.constant(all), cutting(all), fc.integer({ min: 1, max: 5 })));

const count = (key: readonly string[], rows: readonly Bean[]): Bean[] => naiveDistinct(key, rows, 'visitors', 'visitor');
/** The fields of the key, the visitor, and what is added up. */
const row = (b: Bean, key: readonly string[]): Bean => ({
  ...Object.fromEntries(key.map((k) => [k, b[k]])),
  visitor: b['visitor'],
  sessions: 1,
  impressions: b['impressions'],
});

test('by place: visitors, sessions and impressions are those of a naive count, in the order of their keys', () => {
  fc.assert(
    fc.property(cut(place), ([all, shards, partitions]) => {
      const [made] = mapReduce(visitorSums, VisitorLocationBean, shards, partitions, context);
      for (const type of [L3Visitor, L3Country, L3Region, L3City]) {
        expect(beansIn(type, made!)).toEqual(
          count(
            type.key,
            all.map((b) => row(b, type.key)),
          ),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('by segment and recommendation: one row for each that a session has', () => {
  fc.assert(
    fc.property(cut(taste), ([all, shards, partitions]) => {
      const [made] = mapReduce(visitorSums, VisitorBean, shards, partitions, context);
      for (const [type, list, field] of [
        [L3Segment, 'segments', 'segment'],
        [L3Recommendation, 'recommendations', 'recommendation'],
      ] as const) {
        const rows = all.flatMap((b) => (b[list] as string[]).map((value) => row({ ...b, [field]: value }, type.key)));
        expect(beansIn(type, made!)).toEqual(count(type.key, rows));
      }
    }),
    { numRuns: 100 },
  );
});

test('a day, a week and a month are counted in the same way', () => {
  for (const processor of [VisitorProcessor, VisitorWeekProcessor, VisitorMonthProcessor])
    expect(processor).toMatchObject({ kind: 'mapreduce', work: visitorSums });
});
