import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBatches, selectColumn, selectRows } from '#engine/rows.js';
import type { Batch } from '#engine/column.js';
import { batch, cuts, plain } from '../support/batches.js';

test('selectRows takes the rows asked for, in that order, however often', () => {
  const batchAndRows = batch(fc.integer({ min: 1, max: 20 })).chain((b) =>
    fc.tuple(fc.constant(b), fc.array(fc.nat(b.rows - 1), { maxLength: 30 })),
  );
  fc.assert(
    fc.property(batchAndRows, ([b, picks]) => {
      const before = plain(b);
      const selected = selectRows(b, Uint32Array.from(picks));
      expect(plain(selected)).toEqual({
        type: b.type,
        rows: picks.length,
        columns: Object.fromEntries(Object.entries(before.columns).map(([name, values]) => [name, picks.map((row) => values[row])])),
      });
      expect(selectColumn(b.columns['l']!, Uint32Array.from(picks))).toEqual(selected.columns['l']);
      expect(plain(b)).toEqual(before);
    }),
  );
});

test('concatBatches is all rows of all batches, and one entry for equal text', () => {
  fc.assert(
    fc.property(fc.array(batch(fc.integer({ min: 0, max: 8 })), { minLength: 1, maxLength: 5 }), (batches) => {
      const all = concatBatches(batches);
      const parts = batches.map(plain);
      expect(plain(all)).toEqual({
        type: 'Thing',
        rows: parts.reduce((n, p) => n + p.rows, 0),
        columns: Object.fromEntries(['t', 'u', 'n', 'l', 'm'].map((name) => [name, parts.flatMap((p) => p.columns[name]!)])),
      });
      const { t } = all.columns;
      if (t?.kind === 'string' && batches.length > 1) expect(t.dictionary.size).toBe(new Set(plain(all).columns['t']).size);
    }),
  );
});

test('what is cut and put together again is the same', () => {
  const cut = batch().chain((b) => fc.tuple(fc.constant(b), cuts(b.rows)));
  fc.assert(
    fc.property(cut, ([b, ranges]) => {
      const pieces = ranges.map(([from, to]) =>
        selectRows(
          b,
          Uint32Array.from({ length: to - from }, (_, i) => from + i),
        ),
      );
      if (pieces.length > 0) expect(plain(concatBatches(pieces))).toEqual(plain(b));
    }),
  );
});

test('batches of other types or without a column are refused', () => {
  const b = (type: string, names: readonly string[]): Batch => ({
    type,
    rows: 1,
    columns: Object.fromEntries(names.map((n) => [n, { kind: 'number' as const, values: Float64Array.of(1) }])),
  });
  const invalid = expect.objectContaining({ code: 'TM_ERR_BEAN_INVALID' }) as Error;
  expect(() => concatBatches([b('A', ['x']), b('B', ['x'])])).toThrow(invalid);
  expect(() => concatBatches([b('A', ['x', 'y']), b('A', ['x'])])).toThrow(invalid);
  expect(() => concatBatches([])).toThrow(TypeError);
});
