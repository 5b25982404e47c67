/* Batches as plain values, and values as batches: what the columnar code is compared with. */
import fc from 'fast-check';
import type { Batch, Column, Dictionary } from '#engine/column.js';

/** What the rows of a column hold; entries of dictionaries as latin1 text, one character a byte. */
export function valuesOf(column: Column, rows: number): unknown[] {
  return Array.from({ length: rows }, (_, row) => {
    switch (column.kind) {
      case 'string':
        return entryOf(column.dictionary, column.codes[row]!);
      case 'number':
        return column.values[row];
      case 'strings':
        return Array.from(column.codes.subarray(column.offsets[row], column.offsets[row + 1]), (code) => entryOf(column.dictionary, code));
      case 'numbers':
        return Array.from(column.values.subarray(column.offsets[row], column.offsets[row + 1]));
    }
  });
}

/** The values of every column of a batch. */
export function plain({ type, rows, columns }: Batch): { type: string; rows: number; columns: Record<string, unknown[]> } {
  return { type, rows, columns: Object.fromEntries(Object.entries(columns).map(([name, c]) => [name, valuesOf(c, rows)])) };
}

function entryOf(d: Dictionary, code: number): string {
  if (code >= d.size) throw new RangeError(`${code} is no code of a dictionary of ${d.size}`);
  return Buffer.from(d.bytes.slice(d.offsets[code], d.offsets[code + 1])).toString('latin1');
}

export function dictionaryOf(entries: readonly Uint8Array[]): Dictionary {
  const offsets = new Uint32Array(entries.length + 1);
  for (const [i, e] of entries.entries()) offsets[i + 1] = offsets[i]! + e.length;
  return { size: entries.length, offsets, bytes: Uint8Array.from(Buffer.concat(entries)) };
}

/** Text of all kinds: empty, long, several bytes a character, beyond the basic plane, with a byte order mark. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 8 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 20, maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\u{feff}', '\u{feff}a', 'a', 'a\0', '\0', 'é', 'ｚ', '😀', '\u{ffff}', '\u{10ffff}') },
);

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    1e308,
    5e-324,
    0.1,
    -2.5,
  ),
  fc.integer({ min: 0, max: 300 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Small ranges far from zero too: what is stored as a distance from the least. */
const numbers = (n: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(number, { minLength: n, maxLength: n }),
    fc
      .tuple(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), fc.constantFrom(0, 1, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32))
      .chain(([base, range]) =>
        fc.array(fc.oneof(fc.constantFrom(base, base + range), fc.integer({ min: base, max: base + range })), {
          minLength: n,
          maxLength: n,
        }),
      ),
  );

/** Distinct entries; `codes` may leave some of them unused. */
const dictionary: fc.Arbitrary<Dictionary> = fc
  .uniqueArray(
    fc.oneof(
      text.map((t) => Buffer.from(t).toString('latin1')),
      fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1')),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((entries) => dictionaryOf(entries.map((e) => Buffer.from(e, 'latin1'))));

const lengths = (n: number): fc.Arbitrary<Uint32Array> =>
  fc.array(fc.integer({ min: 0, max: 4 }), { minLength: n, maxLength: n }).map((list) => {
    const offsets = new Uint32Array(n + 1);
    for (const [i, length] of list.entries()) offsets[i + 1] = offsets[i]! + length;
    return offsets;
  });

const codes = (d: Dictionary, n: number): fc.Arbitrary<Uint32Array> =>
  fc.array(fc.integer({ min: 0, max: d.size - 1 }), { minLength: n, maxLength: n }).map((c) => Uint32Array.from(c));

export function anyColumn(kind: Column['kind'], rows: number): fc.Arbitrary<Column> {
  switch (kind) {
    case 'string':
      return dictionary.chain((d) => codes(d, rows).map((c) => ({ kind, dictionary: d, codes: c })));
    case 'number':
      return numbers(rows).map((values) => ({ kind, values: Float64Array.from(values) }));
    case 'strings':
      return fc
        .tuple(dictionary, lengths(rows))
        .chain(([d, offsets]) => codes(d, offsets[rows]!).map((c) => ({ kind, dictionary: d, offsets, codes: c })));
    case 'numbers':
      return lengths(rows).chain((offsets) =>
        numbers(offsets[rows]!).map((values) => ({ kind, offsets, values: Float64Array.from(values) })),
      );
  }
}

export const KINDS = ['string', 'number', 'strings', 'numbers'] as const;

/** Batches of one type with a column of every kind, and a second one of text. */
export function batch(rows: fc.Arbitrary<number> = fc.integer({ min: 0, max: 30 })): fc.Arbitrary<Batch> {
  return rows.chain((n) =>
    fc
      .record({
        t: anyColumn('string', n),
        u: anyColumn('string', n),
        n: anyColumn('number', n),
        l: anyColumn('strings', n),
        m: anyColumn('numbers', n),
      })
      .map((columns) => ({ type: 'Thing', rows: n, columns })),
  );
}

/** Rows `0 .. n - 1` cut at random into consecutive ranges. */
export function cuts(n: number): fc.Arbitrary<[from: number, to: number][]> {
  return fc.uniqueArray(fc.integer({ min: 0, max: n }), { maxLength: 6 }).map((at) => {
    const all = [...new Set([0, ...at, n])].sort((a, b) => a - b);
    return all.slice(1).map((to, i): [number, number] => [all[i]!, to]);
  });
}
