import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionRows } from '#engine/partition.js';
import { concatBatches, selectRows } from '#engine/rows.js';
import type { Batch } from '#engine/column.js';
import { batch, cuts, dictionaryOf, plain } from '../support/batches.js';

const partitions = fc.integer({ min: 1, max: 9 });

test('every row is in one partition, rows of a partition in their order', () => {
  fc.assert(
    fc.property(batch(), partitions, (b, n) => {
      const parts = partitionRows(b, [b.columns['t']!, b.columns['n']!], n);
      expect(parts).toHaveLength(n);
      expect(parts.filter((p) => p?.rows === 0)).toEqual([]);
      // Rows by their place in the batch: what comes out is each place once, growing in every partition.
      const numbered: Batch = {
        ...b,
        columns: { ...b.columns, place: { kind: 'number', values: Float64Array.from({ length: b.rows }, (_, i) => i) } },
      };
      const places = partitionRows(numbered, [b.columns['t']!, b.columns['n']!], n).map((p) =>
        p === undefined ? [] : (plain(p).columns['place'] as number[]),
      );
      for (const p of places) expect(p.every((place, i) => i === 0 || p[i - 1]! < place)).toBe(true);
      expect(places.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: b.rows }, (_, i) => i));
    }),
  );
});

test('equal values meet in one partition, whatever batch and dictionary they come from', () => {
  const pieces = batch(fc.integer({ min: 1, max: 20 })).chain((b) => fc.tuple(fc.constant(b), cuts(b.rows)));
  fc.assert(
    fc.property(pieces, batch(fc.integer({ min: 1, max: 5 })), partitions, ([b, ranges], other, n) => {
      const placeOf = (of: Batch): Map<string, number> => {
        const places = new Map<string, number>();
        for (const [p, part] of partitionRows(of, [of.columns['t']!, of.columns['n']!], n).entries()) {
          if (part === undefined) continue;
          const { t, n: numbers } = plain(part).columns;
          for (const [i, value] of t!.entries()) places.set(JSON.stringify([value, (numbers![i] as number) + 0]), p);
        }
        return places;
      };
      const whole = placeOf(b);
      for (const [from, to] of ranges) {
        const piece = selectRows(
          b,
          Uint32Array.from({ length: to - from }, (_, i) => from + i),
        );
        // With entries of another batch before its own: the same text has another code.
        for (const [value, p] of placeOf(concatBatches([other, piece])))
          if (whole.has(value) && whole.get(value) !== p) expect.fail(`${value}: ${p} and ${whole.get(value)}`);
      }
    }),
  );
});

test('0 and -0, which are one key, are in one partition', () => {
  const b: Batch = { type: 'N', rows: 2, columns: { n: { kind: 'number', values: Float64Array.of(0, -0) } } };
  expect(partitionRows(b, [b.columns['n']!], 7).filter((p) => p !== undefined)).toHaveLength(1);
});

test('texts and numbers spread over the partitions', () => {
  const rows = 4000;
  const n = 8;
  const text = dictionaryOf(Array.from({ length: rows }, (_, i) => Buffer.from(`visitor-${i}`)));
  const columns = {
    t: { kind: 'string' as const, dictionary: text, codes: Uint32Array.from({ length: rows }, (_, i) => i) },
    n: { kind: 'number' as const, values: Float64Array.from({ length: rows }, (_, i) => i) },
    ms: { kind: 'number' as const, values: Float64Array.from({ length: rows }, (_, i) => 1.7e12 + i * 1000) },
  };
  const b: Batch = { type: 'S', rows, columns };
  for (const by of Object.values(columns)) {
    for (const part of partitionRows(b, [by], n)) {
      expect(part?.rows).toBeGreaterThan((0.8 * rows) / n);
      expect(part?.rows).toBeLessThan((1.2 * rows) / n);
    }
  }
});

test('one partition is the batch itself; a list cannot choose one', () => {
  fc.assert(
    fc.property(batch(fc.integer({ min: 1, max: 3 })), (b) => {
      expect(partitionRows(b, [b.columns['t']!], 1)).toEqual([b]);
      expect(() => partitionRows(b, [b.columns['l']!], 2)).toThrow(TypeError);
    }),
    { numRuns: 20 },
  );
});
