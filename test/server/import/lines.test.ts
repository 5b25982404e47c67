import { expect, test } from 'vitest';
import { nextLine, wholeLines, withoutByteOrderMark } from '#server/import/lines.js';

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

test('a part of a buffer is read as itself', () => {
  const part = bytes('x\ny\nz\n').subarray(2, 5);
  expect(wholeLines(part)).toBe(2);
});

test('a byte order mark', () => {
  expect(withoutByteOrderMark(bytes('\ufeffa'))).toEqual(bytes('a'));
  expect(withoutByteOrderMark(bytes('a\ufeff'))).toEqual(bytes('a\ufeff'));
  expect(withoutByteOrderMark(bytes(''))).toEqual(bytes(''));
});
