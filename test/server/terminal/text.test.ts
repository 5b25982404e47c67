import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf, pad, truncate, visible, widthOf } from '#server/terminal/text.js';

const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}';

test.each([
  ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
  ['a\nb\r\tc\0', 'a\\nb\\r\\tc\\x00'],
  ['\x9b2J', '\\x9b2J'],
  ['abc\u202ecba', 'abc\\u202ecba'],
  ['\ufeffx\u2028', '\\ufeffx\\u2028'],
  ['\ud800', '\\ud800'],
  ['\u{e0041}', '\\u{e0041}'],
  ['/größe?q=日本', '/größe?q=日本'],
  [family, family],
])('visible %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test.each([
  ['abc', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['größe', 5],
  ['👍', 2],
  [family, 2],
  ['🇩🇪', 2],
  ['\\x1b[31m', 8],
])('width of %j', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test('truncate cuts between characters, never within one', () => {
  expect(truncate('abcdef', 6)).toBe('abcdef');
  expect(truncate('abcdef', 5)).toBe('abcd…');
  expect(truncate('日本語', 5)).toBe('日本…');
  expect(truncate('日本語', 4)).toBe('日…');
  expect(truncate('日本語', 2)).toBe('…');
  expect(truncate(`${family}ab`, 3)).toBe(`${family}…`);
  expect(truncate('abc', 0)).toBe('');
});

test('the room of a stream', () => {
  expect(columnsOf({ isTTY: true, columns: 120 })).toBe(120);
  expect(columnsOf({ isTTY: true, columns: 0 })).toBe(Infinity);
  expect(columnsOf({ columns: 120 })).toBe(Infinity);
});

test('pad', () => {
  expect(pad('日本', 6)).toBe('日本  ');
  expect(pad('42', 5, 'right')).toBe('   42');
  expect(pad('toolong', 3)).toBe('toolong');
});

test('whatever the data, the terminal gets no control character and no more columns than asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (data, width) => {
      const shown = truncate(visible(data), width);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(widthOf(shown)).toBeLessThanOrEqual(width);
    }),
  );
});
