import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { arrayBytes, collectGarbage, tidyHeap } from '#engine/heap.js';

const heapBytes = (): number => getHeapStatistics().used_heap_size;
const objects = (n: number): object[] => Array.from({ length: n }, (_, i) => ({ i, text: [i] }));

test('frees what nothing refers to, where it has become much', () => {
  collectGarbage();
  const before = heapBytes();
  const kept = objects(1000);
  // The heap of this thread is larger than a worker's: what makes it half as large again is much in any case.
  const fill = (): void => {
    for (let made = objects(100_000); heapBytes() < Math.max(100e6, 2 * before); made = [...made, ...objects(100_000)]);
  };
  // A frame that goes on might hold what was made last.
  fill();
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

test('frees arrays that nothing refers to, and no others', () => {
  const kept = new Uint8Array(40e6);
  // So many that what is made beside arrays is little.
  const others = objects(300_000);
  for (let n = 0; n < 2; n++) collectGarbage();
  tidyHeap();
  const before = arrayBytes();
  // V8 frees some of them itself.
  const make = (): number => new Uint8Array(1e6).length;
  while (arrayBytes() < before + 20e6) make();
  tidyHeap();
  expect(arrayBytes()).toBeLessThan(before + 1e6);
  expect([kept.length, others.length]).toEqual([40e6, 300_000]);
});
