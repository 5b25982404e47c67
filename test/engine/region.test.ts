import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inRegion, unsetBytes, unsetFloats, unsetShorts, unsetUints, zeroBytes, zeroFloats, zeroUints } from '#engine/region.js';

const makers = { unsetBytes, unsetShorts, unsetUints, unsetFloats, zeroBytes, zeroUints, zeroFloats };
const requests = fc.array(fc.tuple(fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])), fc.nat(400_000)), {
  maxLength: 40,
});

test('arrays of one region do not share memory, and zeros are zeros, whatever lay there before', () => {
  fc.assert(
    fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), (regions) => {
      for (const asked of regions) {
        inRegion(() => {
          const made = asked.map(([name, n], i) => {
            const array = makers[name](n);
            expect(array).toHaveLength(n);
            if (name.startsWith('zero')) expect(array.some((v) => v !== 0)).toBe(false);
            array.fill(i + 1);
            return array;
          });
          for (const [i, array] of made.entries()) expect(array.every((v) => v === i + 1)).toBe(true);
        });
      }
    }),
    { numRuns: 20 },
  );
});

test('memory comes back with the next region, also after one that failed', () => {
  const first = inRegion(() => unsetUints(1000));
  expect(() =>
    inRegion(() => {
      throw new Error('failed');
    }),
  ).toThrow('failed');
  const second = inRegion(() => unsetUints(1000));
  expect(second.buffer).toBe(first.buffer);
  expect(second.byteOffset).toBe(first.byteOffset);
});

test('an inner region is part of the outer one', () => {
  inRegion(() => {
    const inner = inRegion(() => unsetUints(100).fill(7));
    const outer = unsetUints(100).fill(9);
    expect(inner.every((v) => v === 7)).toBe(true);
    expect(outer.every((v) => v === 9)).toBe(true);
  });
});

test('outside of a region, and where it is full, arrays are ordinary ones', () => {
  expect(unsetUints(1000).buffer.byteLength).toBe(4000);
  inRegion(() => {
    const made = Array.from({ length: 40 }, () => unsetFloats(500_000));
    expect(made[0]?.buffer.byteLength).toBeGreaterThan(4_000_000);
    expect(made.at(-1)?.buffer.byteLength).toBe(4_000_000);
    expect(new Set(made.map((m) => `${made.findIndex((o) => o.buffer === m.buffer)} ${m.byteOffset}`)).size).toBe(40);
  });
});
