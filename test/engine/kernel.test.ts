import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregate } from '#engine/bean.js';
import { mergeByKey, sortBy } from '#engine/aggregate.js';
import { decodeBlock, encodeBlock } from '#engine/block.js';
import { stringColumn, type Batch } from '#engine/column.js';
import { groupRows, orderRows } from '#engine/groups.js';
import { Interner } from '#engine/interner.js';
import { partitionRows } from '#engine/partition.js';
import { inKernel, inRegion, inScratch, unsetBytes, unsetFloats, unsetUints } from '#engine/region.js';
import { packUints, unpackUints } from '#engine/packed-numbers.js';
import { concatBatches, lowerUints, selectRows } from '#engine/rows.js';
import { text, where } from '#engine/sources.js';
import { batch, plain } from '../support/batches.js';

/** The arrays of a block that was read in a region lie in the kernel's memory. */
const inMemory = (b: Batch): Batch => decodeBlock(encodeBlock(b));

/** The same work with ordinary arrays, in plain code, and in a region, by the kernel. */
function bothWays(work: (place: (b: Batch) => Batch) => unknown): [unknown, unknown] {
  return [work((b) => b), inRegion(() => work(inMemory))];
}

const batches = fc.array(batch(), { minLength: 1, maxLength: 4 }).map((list) => list.map((b) => ({ ...b, type: 'Thing' })));
const Thing = aggregate('Thing', { key: { t: 'string' }, measures: { n: 'max', u: { latest: 'n' } } });
const thing = ({ rows, columns }: Batch): Batch => ({
  type: 'Thing',
  rows,
  columns: { t: columns['t']!, n: columns['n']!, u: columns['u']! },
});

test('in a region the kernel is used', () => {
  expect(inKernel(new Uint32Array(1))).toBeUndefined();
  inRegion(() => {
    expect(inKernel(unsetUints(1), unsetBytes(0), unsetFloats(100))).toBeDefined();
    expect(inKernel(unsetUints(1), new Uint32Array(1))).toBeUndefined();
  });
});

describe('the kernel gives what plain code gives', () => {
  const equal = (name: string, work: (given: Batch[]) => unknown): void => {
    test(name, () => {
      fc.assert(
        fc.property(batches, (given) => {
          const [plainly, fast] = bothWays((place) => work(given.map(place)));
          expect(fast).toEqual(plainly);
        }),
      );
    });
  };
  equal('blocks', (given) => given.map((b) => [...encodeBlock(b)]));
  equal('rows of several batches', (given) => plain(concatBatches(given)));
  equal('some rows', ([b]) =>
    plain(
      selectRows(
        b!,
        Uint32Array.from({ length: b!.rows * 2 }, (_, i) => (i * 7) % b!.rows),
      ),
    ),
  );
  equal('partitions', ([b]) => partitionRows(b!, [b!.columns['t']!, b!.columns['n']!, b!.columns['u']!], 3).map((p) => p && plain(p)));
  equal('groups', ([b]) => {
    const [t, u] = ['t', 'u'].map((field) => stringColumn(b!, field));
    const mask = Uint8Array.from({ length: b!.rows }, (_, row) => row % 3);
    const parts = [t!, u!].map(({ codes, dictionary }) => ({ codes, size: dictionary.size }));
    const { count, ofRow, firstRow } = groupRows(parts, b!.rows, mask);
    return { count, ofRow: [...ofRow], firstRow: [...firstRow] };
  });
  equal('beans merged by key', ([b]) => plain(mergeByKey(Thing, thing(b!))));
  equal('beans in order', ([b]) => [...sortBy(['u', 'n', 't'], thing(b!))]);
  equal('rows that a text is of, and a text replaced', ([b]) => [
    where('t', 'a')(b!),
    plain({ ...b!, columns: { t: text('t', (value) => value.slice(0, 2))(b!, { params: {} }) } }),
  ]);
  equal('an order of many digits', ([b]) => [
    ...orderRows([{ codes: Uint32Array.from({ length: b!.rows }, (_, i) => (i * 2_654_435_761) >>> 0), size: 2 ** 32 }], b!.rows),
  ]);
});

test('words of any width and number are packed, unpacked and lowered as plain code does', () => {
  const words = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(1, 2 ** 8, 2 ** 16, 2 ** 31))
    .chain(([base, range]) => fc.array(fc.integer({ min: base, max: base + range - 1 }), { maxLength: 70 }));
  fc.assert(
    fc.property(words, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (list, by) => {
      const work = (): unknown => {
        const own = unsetUints(list.length);
        own.set(list);
        const [base, width, bytes] = packUints(own);
        const packed = unsetBytes(bytes.length + 1).subarray(1); // it may lie anywhere
        packed.set(bytes);
        const unpacked = [...unpackUints([base, width, packed], list.length)];
        expect(unpacked).toEqual(list);
        lowerUints(own, by);
        return [base, width, [...bytes], [...own]];
      };
      const plainly = work();
      expect(inRegion(work)).toEqual(plainly);
    }),
  );
});

test('more groups than a table has room for at first: it grows, in what is left of the memory, or is plain', () => {
  const rows = 40_000;
  const codes = Uint32Array.from({ length: rows }, (_, i) => Math.imul(i % 30_011, 48_271) >>> 0);
  const expected = groupRows([{ codes, size: 2 ** 32 }], rows);
  const inMemoryOf = (room: number): void => {
    inRegion(() => {
      const own = unsetUints(rows);
      own.set(codes);
      if (room > 0) while (inKernel(unsetBytes(room)) !== undefined);
      const groups = groupRows([{ codes: own, size: 2 ** 32 }], rows);
      expect(groups.count).toBe(30_011);
      expect([...groups.ofRow]).toEqual([...expected.ofRow]);
      expect([...groups.firstRow]).toEqual([...expected.firstRow]);
    });
  };
  inMemoryOf(0);
  inMemoryOf(1 << 20);
});

test('a dictionary grows over what was entered before, long texts and short ones', () => {
  const texts = Array.from({ length: 5000 }, (_, i) => 'x'.repeat(i % 90) + String(i % 1777));
  const collect = (): string[] => {
    const interner = new Interner(16, 64);
    const bytes = Buffer.from(texts.join(''));
    const offsets = unsetUints(texts.length + 1);
    const all = unsetBytes(bytes.length);
    all.set(bytes);
    offsets[0] = 0;
    for (const [i, t] of texts.entries()) offsets[i + 1] = offsets[i]! + t.length;
    const codes = unsetUints(texts.length);
    const to = unsetUints(texts.length);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < codes.length; i++) codes[i] = (i * 31 + round) % texts.length;
      interner.internCodes({ size: texts.length, offsets, bytes: all }, codes, to);
    }
    const d = interner.dictionary();
    expect(d.size).toBe(new Set(texts).size);
    return Array.from(to, (code) => Buffer.from(d.bytes.subarray(d.offsets[code], d.offsets[code + 1])).toString());
  };
  const expected = texts.map((_, i) => texts[(i * 31 + 2) % texts.length]);
  expect(collect()).toEqual(expected);
  expect(inRegion(collect)).toEqual(expected);
});

test('what is made in scratch memory gives way to what comes after it', () => {
  inRegion(() => {
    const kept = unsetUints(100).fill(7);
    const first = inScratch(() => unsetUints(100).byteOffset);
    const next = unsetUints(100).fill(9);
    expect(next.byteOffset).toBe(first);
    expect(kept.every((v) => v === 7)).toBe(true);
  });
});

test('a column that was first looked at in scratch memory is there after it as well', () => {
  const given: Batch = {
    type: 'T',
    rows: 3000,
    columns: { n: { kind: 'number', values: Float64Array.from({ length: 3000 }, (_, i) => i) } },
  };
  inRegion(() => {
    const b = inMemory(given);
    const once = inScratch(() => b.columns['n']);
    unsetFloats(3000).fill(-1);
    const again = b.columns['n'];
    expect(again).not.toBe(once);
    expect(again).toEqual(given.columns['n']);
    expect(inScratch(() => b.columns['n'])).toBe(again);
  });
});
