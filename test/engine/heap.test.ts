import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { collectGarbage, tidyHeap } from '#engine/heap.js';

const heapBytes = (): number => getHeapStatistics().used_heap_size;
const objects = (n: number): object[] => Array.from({ length: n }, (_, i) => ({ i, text: [i] }));

test('frees what nothing refers to, where it has become much', () => {
  collectGarbage();
  const before = heapBytes();
  const kept = objects(1000);
  // The heap of this thread is larger than a worker's: what makes it half as large again is much in any case.
  for (let made = objects(100_000); heapBytes() < Math.max(100e6, 2 * before); made = [...made, ...objects(100_000)]);
  tidyHeap();
  expect(heapBytes()).toBeLessThan(1.2 * before + 10e6);
  expect(kept).toHaveLength(1000);
});

test('leaves a heap alone that is mostly in use', () => {
  const kept = objects(300_000);
  collectGarbage();
  tidyHeap();
  const inUse = heapBytes();
  objects(10_000);
  tidyHeap();
  expect(heapBytes()).toBeGreaterThan(inUse);
  expect(kept).toHaveLength(300_000);
});
