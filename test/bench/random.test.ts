import { expect, test } from 'vitest';
import { mix, Random, Weighted, zipf } from '#bench/generate/random.js';

test('the same seed gives the same numbers, for good', () => {
  const r = new Random(1);
  expect([r.next(), r.next(), r.next()]).toEqual([1469348237, 1395432186, 618175138]);
  expect(new Random(1).next()).toBe(new Random(1).next());
});

test('another seed or another stream gives others', () => {
  const first = [new Random(1), new Random(2), new Random(1, 1), new Random(-1)].map((r) => r.next());
  expect(new Set(first).size).toBe(4);
});

test('numbers are spread evenly', () => {
  const r = new Random(7);
  const n = 40_000;
  const buckets = Array.from({ length: 16 }, () => 0);
  for (let i = 0; i < n; i++) buckets[r.below(16)]!++;
  for (const b of buckets) expect(Math.abs(b - n / 16)).toBeLessThan(0.1 * (n / 16));
});

test.for([1, 1.5, 8, 40])('geometric numbers have the mean %d and are at least 1', (mean) => {
  const r = new Random(3);
  let sum = 0;
  for (let i = 0; i < 50_000; i++) {
    const n = r.geometric(mean);
    if (!Number.isInteger(n) || n < 1) expect.fail(`${n}`);
    sum += n;
  }
  expect(sum / 50_000 / mean).toBeCloseTo(1, 1);
});

test('weights are kept, a weight of nought too', () => {
  const weights = [5, 0, 1, 3, 1];
  const pick = new Weighted(weights);
  const r = new Random(5);
  const seen = weights.map(() => 0);
  for (let i = 0; i < 50_000; i++) seen[pick.at(r.unit())]!++;
  weights.forEach((w, i) => expect(seen[i]! / 50_000).toBeCloseTo(w / 10, 1));
  expect(seen[1]).toBe(0);
});

test("Zipf's law", () => {
  const w = zipf(4, 1);
  expect([...w].map((x) => x.toFixed(3))).toEqual(['1.000', '0.500', '0.333', '0.250']);
});

test('mix keeps different numbers different', () => {
  const seen = new Set<number>();
  for (let i = 0; i < 20_000; i++) seen.add(mix(i));
  expect(seen.size).toBe(20_000);
});
