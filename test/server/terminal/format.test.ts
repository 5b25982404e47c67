import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate, formatTime } from '#server/terminal/format.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1234567, '1,234,567'],
  [9007199254740993n, '9,007,199,254,740,993'],
  [-1500, '-1,500'],
])('count %s', (n, text) => {
  expect(formatCount(n)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [5 * 1024 ** 3, '5.0 GiB'],
  [3000 * 1024 ** 5, '3,000.0 PiB'],
])('bytes %s', (n, text) => {
  expect(formatBytes(n)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [0.4, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [12_340, '12.3 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [184_000, '3 min 04 s'],
  [3_599_600, '1 h 00 min'],
  [7_500_000, '2 h 05 min'],
  [86_399_000, '1 d 00 h'],
  [385_200_000, '4 d 11 h'],
])('duration %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('rates', () => {
  expect(formatRate(2_000_000, 14_900)).toBe('134,228/s');
  expect(formatRate(5, 2000)).toBe('2.5/s');
  expect(formatRate(0, 2000)).toBe('0/s');
  expect(formatRate(5, 0)).toBe('–');
  expect(formatRate(0, 0)).toBe('–');
  expect(formatRate(3 * 1024 * 1024, 2000, formatBytes)).toBe('1.5 MiB/s');
});

test('percent is 100 only for the whole', () => {
  expect(formatPercent(45, 100)).toBe('45 %');
  expect(formatPercent(999_999, 1_000_000)).toBe('99 %');
  expect(formatPercent(7, 7)).toBe('100 %');
  expect(formatPercent(0, 0)).toBe('–');
});

test('time in a zone', () => {
  const ms = Date.UTC(2026, 0, 31, 23, 5, 9);
  expect(formatTime(ms)).toBe('2026-01-31 23:05:09');
  expect(formatTime(ms, 'Asia/Kolkata')).toBe('2026-02-01 04:35:09');
  expect(formatTime(Date.UTC(2026, 0, 31), 'UTC')).toBe('2026-01-31 00:00:00');
});
