import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBlock, decodeBlock, encodeBlock } from '#engine/block.js';
import type { Batch } from '#engine/column.js';
import { batch, dictionaryOf, plain } from '../support/batches.js';

const utf8 = (entries: readonly string[]) => dictionaryOf(entries.map((e) => Buffer.from(e)));
const oneColumn = (values: readonly number[]): Batch => ({
  type: 'N',
  rows: values.length,
  columns: { n: { kind: 'number', values: Float64Array.from(values) } },
});

const sample: Batch = {
  type: 'Sample',
  rows: 3,
  columns: {
    t: { kind: 'string', dictionary: utf8(['unused', '', 'grün', 'x'.repeat(40)]), codes: Uint32Array.of(2, 1, 3) },
    n: { kind: 'number', values: Float64Array.of(-0, 1.5, 1e300) },
    l: { kind: 'strings', dictionary: utf8(['a', 'b']), offsets: Uint32Array.of(0, 2, 2, 3), codes: Uint32Array.of(0, 1, 1) },
    m: { kind: 'numbers', offsets: Uint32Array.of(0, 0, 1, 3), values: Float64Array.of(7, 8, 9) },
  },
};

test('a block holds what the batch held', () => {
  fc.assert(
    fc.property(batch(), (b) => {
      expect(plain(decodeBlock(encodeBlock(b)))).toEqual(plain(b));
    }),
    { numRuns: 200 },
  );
});

test.for([
  [[]],
  [[-0]],
  [[0, -0]],
  [[5, 5, 5]],
  [[-7, 248]],
  [[-7, 249]],
  [[1e15, 1e15 + 65_535]],
  [[1e15, 1e15 + 65_536]],
  [[-1, 2 ** 32 - 2]],
  [[-1, 2 ** 32 - 1]],
  [[Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
  [[2 ** 53, 2 ** 53 + 2]],
  [[0.1, 0.2]],
  [[5e-324, 1.797e308]],
])('numbers %j', ([values]) => {
  const { n } = decodeBlock(encodeBlock(oneColumn(values!))).columns;
  expect(n).toEqual({ kind: 'number', values: Float64Array.from(values!) });
});

test('a block packs small distances in few bytes', () => {
  const size = (values: readonly number[]) => encodeBlock(oneColumn(values)).length;
  const rows = 1000;
  const times = (range: number) => Array.from({ length: rows }, (_, i) => 1.7e12 + Math.round((i * range) / (rows - 1)));
  expect(size(times(0))).toBeLessThan(100);
  expect(size(times(255))).toBeLessThan(rows + 100);
  expect(size(times(65_535))).toBeLessThan(2 * rows + 100);
  expect(size(times(86_400_000))).toBeLessThan(4 * rows + 100);
});

test('only dictionary entries that a row uses are stored, and each once', () => {
  fc.assert(
    fc.property(batch(), (b) => {
      const { t, l } = decodeBlock(encodeBlock(b)).columns;
      if (t?.kind !== 'string' || l?.kind !== 'strings') throw new Error('another kind of column');
      expect(t.dictionary.size).toBe(new Set(plain(b).columns['t']).size);
      expect(l.dictionary.size).toBe(new Set(plain(b).columns['l']!.flat()).size);
    }),
  );
});

test('columns may be views into larger memory, and a block may begin at any address', () => {
  const bytes = Buffer.from('--abcde').subarray(2);
  const b: Batch = {
    type: 'T',
    rows: 2,
    columns: {
      t: {
        kind: 'string',
        dictionary: { size: 2, offsets: new Uint32Array([9, 0, 2, 5]).subarray(1), bytes },
        codes: new Uint32Array([9, 1, 0]).subarray(1),
      },
    },
  };
  const block = encodeBlock(b);
  for (let shift = 0; shift < 8; shift++) {
    const moved = new Uint8Array(block.length + shift);
    moved.set(block, shift);
    expect(plain(decodeBlock(moved.subarray(shift))).columns['t']).toEqual(['cde', 'ab']);
  }
  expect(plain(decodeBlock(Buffer.from(block))).columns['t']).toEqual(['cde', 'ab']);
});

test('a block owns its memory, so that it can be transferred', () => {
  const block = encodeBlock(sample);
  expect(block.buffer.byteLength).toBe(block.length);
  const again = encodeBlock(sample);
  structuredClone(block, { transfer: [block.buffer] });
  expect(plain(decodeBlock(again))).toEqual(plain(sample));
});

test('every flipped bit is found', () => {
  const block = encodeBlock(sample);
  for (let at = 0; at < block.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bad = block.slice();
      bad[at]! ^= 1 << bit;
      const code = at === 3 ? 'TM_ERR_BLOCK_VERSION' : 'TM_ERR_BLOCK_CORRUPT';
      for (const read of [decodeBlock, checkBlock])
        expect(() => read(bad), `byte ${at}, bit ${bit}`).toThrow(expect.objectContaining({ code }));
    }
  }
});

test('any byte that is another, and any end that is missing, is found', () => {
  fc.assert(
    fc.property(batch(), fc.nat(), fc.integer({ min: 1, max: 255 }), (b, at, by) => {
      const block = encodeBlock(b);
      const cut = at % block.length;
      expect(() => decodeBlock(block.subarray(0, cut))).toThrow(expect.objectContaining({ code: 'TM_ERR_BLOCK_CORRUPT' }));
      if (cut !== 3) {
        block[cut]! ^= by;
        expect(() => decodeBlock(block)).toThrow(expect.objectContaining({ code: 'TM_ERR_BLOCK_CORRUPT' }));
      }
    }),
  );
});

test('a block of another version is refused, whatever its checksum', () => {
  const block = encodeBlock(sample);
  block[3] = '3'.charCodeAt(0);
  expect(() => decodeBlock(block)).toThrow(
    expect.objectContaining({ code: 'TM_ERR_BLOCK_VERSION', message: expect.stringContaining("'3'") as string }),
  );
});

test('what cannot be unpacked is corrupt, even with a checksum that fits', () => {
  const body = Buffer.from([2, 0, 0, 0, 0xdc, 0xff]);
  const block = Buffer.concat([Buffer.from('TMB2'), Buffer.alloc(4), body]);
  block.writeUInt32LE(crc32(body), 4);
  expect(() => decodeBlock(block)).toThrow(expect.objectContaining({ code: 'TM_ERR_BLOCK_CORRUPT' }));
});
