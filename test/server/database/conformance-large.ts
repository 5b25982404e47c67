import { describe, expect, test } from 'vitest';
import { L3ClickStream } from '#processors/beans.js';
import type { Batch, StringColumn } from '#engine/column.js';
import { injection, type Databases } from './harness.js';

const BATCH = 4096;

/** Clicks `from` to `to`, between pages with long paths; of every second one `more` clicks than before. */
function* clicks(from: number, to: number, more: number): Generator<Batch> {
  for (let first = from; first < to; first += BATCH) {
    const rows = Math.min(BATCH, to - first);
    const column = (text: (i: number) => string): StringColumn => {
      const texts = Array.from({ length: rows }, (_, i) => text(first + i));
      const offsets = new Uint32Array(rows + 1);
      for (const [i, t] of texts.entries()) offsets[i + 1] = (offsets[i] as number) + t.length;
      const dictionary = { size: rows, offsets, bytes: Buffer.from(texts.join('')) };
      return { kind: 'string', dictionary, codes: Uint32Array.from({ length: rows }, (_, i) => i) };
    };
    const values = Float64Array.from({ length: rows }, (_, i) => 1 + ((first + i) % 2) * more);
    yield {
      type: L3ClickStream.name,
      rows,
      columns: {
        site: column(() => 's'),
        object_from: column((i) => `/${'from'.repeat(50)}/${i}`),
        object_to: column((i) => `/${'to'.repeat(100)}/${i}`),
        clicks: { kind: 'number', values },
      },
    };
  }
}

export function largeTests(databases: () => Databases): void {
  describe('an injection that is the first of its period, a growing, an equal and a shrinking one', () => {
    test.each([
      ['few rows', 10],
      ['more than a row group, of long keys', 130_000],
    ])('of %s', async (_what, n) => {
      const db = await databases().open([L3ClickStream]);
      const [grown, shrunk] = [n * 1.2, n * 0.6];
      const inject = async (rows: number, more: number): Promise<unknown> => {
        const report = await db.inject(injection([{ type: L3ClickStream, batches: clicks(0, rows, more) }]));
        const { before, after, inserted, updated, removed, unchanged } = report.tables[0]!;
        expect(await db.totals('l3_clickstream')).toEqual({ rows, sums: { clicks: rows + (rows / 2) * more } });
        return { before, after, inserted, updated, removed, unchanged };
      };
      const none = { inserted: 0, updated: 0, removed: 0, unchanged: 0 };
      expect(await inject(n, 0)).toEqual({ ...none, before: 0, after: n, inserted: n });
      const growing = { before: n, after: grown, inserted: grown - n, updated: n / 2, unchanged: n / 2 };
      expect(await inject(grown, 1)).toEqual({ ...none, ...growing });
      expect(await inject(grown, 1)).toEqual({ ...none, before: grown, after: grown, unchanged: grown });
      const shrinking = { before: grown, after: shrunk, updated: shrunk / 2, removed: grown - shrunk, unchanged: shrunk / 2 };
      expect(await inject(shrunk, 0)).toEqual({ ...none, ...shrinking });
    });
  });
}
