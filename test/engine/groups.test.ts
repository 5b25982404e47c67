import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareEntries, groupRows, NO_GROUP, orderRows, rankEntries, type KeyPart } from '#engine/groups.js';
import { dictionaryOf, text } from '../support/batches.js';

/** Parts with codes below their size; a factor on codes and size makes the table of all keys too big to be flat. */
const parts = (rows: number, factor: number): fc.Arbitrary<KeyPart[]> =>
  fc.array(
    fc
      .integer({ min: 1, max: 6 })
      .chain((size) =>
        fc
          .array(fc.nat(size - 1), { minLength: rows, maxLength: rows })
          .map((codes) => ({ codes: Uint32Array.from(codes, (c) => c * factor), size: (size - 1) * factor + 1 })),
      ),
    { maxLength: 4 },
  );

function naive(keys: readonly KeyPart[], rows: number, mask?: Uint8Array) {
  const groups = new Map<string, number>();
  const firstRow: number[] = [];
  const ofRow = Array.from({ length: rows }, (_, row) => {
    if (mask?.[row] === 0) return NO_GROUP;
    const key = keys.map((k) => k.codes[row]).join();
    if (!groups.has(key)) {
      groups.set(key, groups.size);
      firstRow.push(row);
    }
    return groups.get(key);
  });
  return { count: groups.size, ofRow, firstRow };
}

test.for([
  ['flat', 1],
  ['hashed', 1_000_003],
])('rows are grouped as a map groups them: %s', ([, factor]) => {
  const rowsAndParts = fc
    .integer({ min: 0, max: 60 })
    .chain((rows) =>
      fc.tuple(fc.constant(rows), parts(rows, factor as number), fc.option(fc.uint8Array({ minLength: rows, maxLength: rows, max: 1 }))),
    );
  fc.assert(
    fc.property(rowsAndParts, ([rows, keys, mask]) => {
      const { count, ofRow, firstRow } = groupRows(keys, rows, mask ?? undefined);
      expect({ count, ofRow: [...ofRow], firstRow: [...firstRow] }).toEqual(naive(keys, rows, mask ?? undefined));
    }),
    { numRuns: 150 },
  );
});

test.for([1, 1_000_003])('many groups: the tables grow (codes times %d)', (factor) => {
  const rows = 20_000;
  const codes = (n: number, salt: number) => Uint32Array.from({ length: rows }, (_, i) => (Math.imul(i + salt, 2654435761) >>> 8) % n);
  const keys = [codes(97, 1), codes(89, 2), codes(3, 3)].map((c) => ({ codes: c.map((v) => v * factor), size: 96 * factor + 1 }));
  const mask = Uint8Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? 0 : 1));
  const { count, ofRow, firstRow } = groupRows(keys, rows, mask);
  const expected = naive(keys, rows, mask);
  expect([count, ofRow.join(), firstRow.join()]).toEqual([expected.count, expected.ofRow.join(), expected.firstRow.join()]);
});

test('what is grouped is not changed', () => {
  const codes = Uint32Array.of(3, 1, 3);
  groupRows(
    [
      { codes, size: 4 },
      { codes, size: 4 },
    ],
    3,
    Uint8Array.of(1, 0, 1),
  );
  expect([...codes]).toEqual([3, 1, 3]);
});

const entries = fc.uniqueArray(
  fc.oneof(
    text.map((t) => Buffer.from(t).toString('hex')),
    // Equal beginnings, of the length around which comparing goes from a number to bytes.
    fc
      .uint8Array({ maxLength: 4 })
      .chain((end) => fc.constantFrom(0, 4, 5, 6, 7).map((n) => Buffer.concat([Buffer.alloc(n, 97), end]).toString('hex'))),
  ),
  { maxLength: 30 },
);

test('entries are ranked and compared by their bytes', () => {
  fc.assert(
    fc.property(entries, fc.array(fc.nat(29), { maxLength: 40 }), (hex, picks) => {
      const bytes = hex.map((h) => Buffer.from(h, 'hex'));
      const d = dictionaryOf(bytes);
      const codes = Uint32Array.from(
        picks.filter(() => bytes.length > 0),
        (p) => p % bytes.length,
      );
      const ranks = rankEntries(d, codes);
      const used = [...new Set(codes)].sort((a, b) => Buffer.compare(bytes[a]!, bytes[b]!));
      expect(used.map((code) => ranks[code])).toEqual(used.map((_, i) => i));
      const [a = 0] = codes;
      expect(Array.from(codes, (b) => Math.sign(compareEntries(d, a, b)))).toEqual(
        Array.from(codes, (b) => Buffer.compare(bytes[a]!, bytes[b]!)),
      );
    }),
    { numRuns: 150 },
  );
});

test('rows are ordered by their parts, the first part foremost, equal ones as they came', () => {
  const keys = fc.integer({ min: 0, max: 80 }).chain((rows) =>
    fc.tuple(
      fc.constant(rows),
      fc.constantFrom(1, 13_107, 65_536, 800_000_000).chain((f) => parts(rows, f)),
    ),
  );
  fc.assert(
    fc.property(keys, ([rows, k]) => {
      const expected = Array.from({ length: rows }, (_, i) => i).sort((a, b) => {
        for (const { codes } of k) if (codes[a] !== codes[b]) return codes[a]! - codes[b]!;
        return a - b;
      });
      expect([...orderRows(k, rows)]).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});
