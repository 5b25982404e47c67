import { expect, test } from 'vitest';
import { Overload } from '#server/capture/overload.js';
import { RateLimit } from '#server/capture/rate-limit.js';
import { tokenCheck } from '#server/capture/ingest-token.js';

test('overload: worse at once, better after a second in which it was', () => {
  const changes: string[] = [];
  const overload = new Overload({ warnSize: 3, maxSize: 5, maxBytes: 1000 }, (state, before) => changes.push(`${before} ${state}`));
  expect([0, 1].map((queue) => overload.admits(queue, 0))).toEqual([true, true]);
  expect(overload.state).toBe('OK');
  expect(overload.admits(2, 0)).toBe(true);
  expect(overload.state).toBe('WARNING');
  expect([4, 5, 6].map((queue) => overload.admits(queue, 0))).toEqual([true, false, false]);
  expect(overload.state).toBe('CRITICAL');
  overload.settle();
  expect(overload.state).toBe('CRITICAL');
  expect(overload.admits(2, 0)).toBe(true);
  overload.settle();
  expect(overload.state).toBe('WARNING');
  overload.settle();
  expect(overload.state).toBe('OK');
  expect(overload.admits(0, 1000)).toBe(false);
  expect(changes).toEqual(['OK WARNING', 'WARNING CRITICAL', 'CRITICAL WARNING', 'WARNING OK', 'OK CRITICAL']);
});

test('overload: critical for as long as writing fails', () => {
  const overload = new Overload({ warnSize: 3, maxSize: 5, maxBytes: 1000 }, () => undefined);
  overload.broken(true);
  overload.settle();
  overload.settle();
  expect(overload.state).toBe('CRITICAL');
  overload.broken(false);
  overload.settle();
  expect(overload.state).toBe('OK');
});

test('rate: so many in a window, each address for itself', () => {
  const rate = new RateLimit(10, 1000);
  expect(rate.wait('a', 5000)).toBe(0);
  rate.count('a', 9);
  expect(rate.wait('a', 5100)).toBe(0);
  rate.count('a', 50);
  expect(rate.wait('a', 5100)).toBe(900);
  expect(rate.wait('b', 5100)).toBe(0);
  expect(rate.wait('a', 6000)).toBe(0);
  rate.count('a', 10);
  // The clock was set back by an hour.
  expect(rate.wait('a', 6000 - 3_600_000)).toBe(0);
  expect(new RateLimit(0, 1000).wait('a', 0)).toBe(0);
});

test('token', () => {
  const shown = tokenCheck('0123456789abcdef');
  expect([undefined, 'Bearer 0123456789abcdef', 'bearer 0123456789abcdef'].map(shown)).toEqual(['nothing', 'token', 'token']);
  expect(['', 'Bearer', 'Bearer 0123456789abcdeF', 'Bearer 0123456789abcdef0', 'Basic 0123456789abcdef'].map(shown)).toEqual(
    Array.from({ length: 5 }, () => 'else'),
  );
  expect(tokenCheck(undefined)('Bearer undefined')).toBe('else');
});
