import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countLines, nextLine, shardsOf, wholeLines, withoutByteOrderMark } from '#server/import/lines.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

test('whole lines', () => {
  expect(wholeLines(bytes('a\nb\nc'))).toBe(4);
  expect(wholeLines(bytes('a\nb\n'))).toBe(4);
  expect(wholeLines(bytes('abc'))).toBe(0);
  expect(wholeLines(bytes(''))).toBe(0);
});

test('the next line', () => {
  expect(nextLine(bytes('a\nb'), 0)).toBe(2);
  expect(nextLine(bytes('a\nb'), 1)).toBe(2);
  expect(nextLine(bytes('a\nb'), 2)).toBe(3);
});

test('the number of lines', () => {
  for (const [text, n] of [
    ['', 0],
    ['\n', 1],
    ['a', 1],
    ['a\n', 1],
    ['a\nb', 2],
    ['\n\n\n', 3],
  ] as const)
    expect(countLines(bytes(text))).toBe(n);
});

test('a part of a buffer is read as itself', () => {
  const part = bytes('x\ny\nz\n').subarray(2, 5);
  expect(countLines(part)).toBe(2);
  expect(wholeLines(part)).toBe(2);
});

test('shards are whole lines, in order, and about as long as they should be', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 40 }), fc.boolean(), fc.integer({ min: 1, max: 50 }), (lengths, closed, size) => {
      const text = lengths.map((n) => 'x'.repeat(n)).join('\n') + (closed ? '\n' : '');
      const shards = [...shardsOf(bytes(text), size)].map((s) => Buffer.from(s).toString());
      expect(shards.join('')).toBe(text);
      for (const [i, shard] of shards.entries()) {
        expect(shard).not.toBe('');
        if (i < shards.length - 1) expect(shard.endsWith('\n')).toBe(true);
        if (shard.length > size) expect(shard.slice(0, -1)).not.toContain('\n');
      }
    }),
  );
});

test('a byte order mark', () => {
  expect(withoutByteOrderMark(bytes('\ufeffa'))).toEqual(bytes('a'));
  expect(withoutByteOrderMark(bytes('a\ufeff'))).toEqual(bytes('a\ufeff'));
  expect(withoutByteOrderMark(bytes(''))).toEqual(bytes(''));
});
