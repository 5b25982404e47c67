import { expect, test } from 'vitest';
import { databaseShare, memoryBudget, parseSize } from '#server/memory.js';

const MIB = 2 ** 20;

test.each([
  ['256MiB', 256 * MIB],
  ['2GiB', 2048 * MIB],
  ['2', NaN],
  ['2GB', NaN],
  ['-1GiB', NaN],
  ['', NaN],
])('the size %j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test('a budget is what the setting says, else of this machine between 512 MiB and 1 GiB; the database has half', () => {
  expect(memoryBudget(300 * MIB)).toBe(300 * MIB);
  expect(memoryBudget()).toBeGreaterThanOrEqual(512 * MIB);
  expect(memoryBudget()).toBeLessThanOrEqual(1024 * MIB);
  expect(databaseShare(512 * MIB)).toBe(256 * MIB);
});
