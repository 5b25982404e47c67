import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { batchOf, type Bean } from '#engine/bean-batch.js';
import { decodeBlock, encodeBlock } from '#engine/block.js';
import { checkedBatch } from '#engine/check-batch.js';
import { eachInScratch, inRegion, unsetFloats } from '#engine/region.js';
import type { Batch, Column, Dictionary, NumberColumn, NumbersColumn, StringColumn, StringsColumn } from '#engine/column.js';
import { batch as anyBatch, dictionaryOf, number, plain, text } from '../support/batches.js';

const Thing = bean('Thing', {
  s: 'string',
  b: 'bytes',
  j: 'json',
  i: 'integer',
  n: 'number',
  l: 'strings',
  m: 'integers',
});
const DECLARED = new Map([[Thing.name, Thing]]);
const NONE: typeof DECLARED = new Map();

const wellFormed = text.filter((t) => t.isWellFormed());
const thing: fc.Arbitrary<Bean> = fc.record({
  s: wellFormed,
  b: fc.uint8Array({ maxLength: 5 }),
  j: fc.oneof(fc.constant(null), fc.jsonValue({ maxDepth: 1 })),
  i: fc.maxSafeInteger(),
  n: number,
  l: fc.array(wellFormed, { maxLength: 3 }),
  m: fc.array(fc.maxSafeInteger(), { maxLength: 3 }),
});
const beans = fc.array(thing, { maxLength: 20 });

/** Each array a copy, so that a test may write to it. */
function copy<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return (value as unknown as Uint8Array).slice() as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, copy(v)])) as T;
}

describe('a batch that is well-formed passes, and stays what it is', () => {
  test('of a declared type', () => {
    fc.assert(
      fc.property(beans, (list) => {
        const made = batchOf(Thing, list);
        expect(plain(checkedBatch(made, DECLARED, 'P: map'))).toEqual(plain(made));
      }),
    );
  });

  test('of any other type, in ordinary memory and in that of a task', () => {
    fc.assert(
      fc.property(anyBatch(), (made) => {
        expect(plain(checkedBatch(made, NONE, 'P: map'))).toEqual(plain(made));
        inRegion(() => {
          expect(plain(checkedBatch(decodeBlock(encodeBlock(made)), NONE, 'P: map'))).toEqual(plain(made));
        });
      }),
      { numRuns: 50 },
    );
  });

  test('with entries that no row uses, whatever they are', () => {
    const dictionary = dictionaryOf([Buffer.from('a'), Buffer.from([0xff]), Buffer.from([0xff])]);
    const s: Column = { kind: 'string', dictionary, codes: Uint32Array.of(0, 0) };
    const type = bean('S', { s: 'string' });
    expect(checkedBatch({ type: 'S', rows: 2, columns: { s } }, new Map([['S', type]]), 'P: map').rows).toBe(2);
  });
});

type Broken = (columns: Record<string, Column>, pick: (below: number) => number) => Record<string, unknown> | undefined;
const strings = (of: (c: StringColumn | StringsColumn, pick: (n: number) => number) => unknown, field: string): Broken => {
  return (columns, pick) => {
    const column = columns[field] as StringColumn;
    return column.codes.length === 0 ? undefined : { ...columns, [field]: of(column, pick) };
  };
};
const lists = (of: (c: StringsColumn, pick: (n: number) => number) => unknown): Broken => strings(of as never, 'l');
const values = (field: 'i' | 'n' | 'm', put: number): Broken => {
  return (columns, pick) => {
    const { values: own } = columns[field] as NumberColumn;
    if (own.length === 0) return undefined;
    own[pick(own.length)] = put;
    return columns;
  };
};
const changed = <T extends Uint32Array | Float64Array>(array: T, at: number, to: number): T => {
  const own = array.slice() as T;
  own[at] = to;
  return own;
};
const entry = (c: StringColumn | StringsColumn, bytes: Uint8Array): unknown => {
  const { dictionary: d } = c;
  const all = Array.from({ length: d.size }, (_, i) => d.bytes.slice(d.offsets[i], d.offsets[i + 1]));
  return { ...c, dictionary: dictionaryOf([...all, bytes]), codes: c.codes.map((code, i) => (i === 0 ? d.size : code)) };
};

const BROKEN: readonly (readonly [name: string, says: RegExp, of: Broken])[] = [
  ...(['s', 'b', 'j', 'l'] as const).flatMap((field): [string, RegExp, Broken][] => [
    [
      `${field}: a code outside`,
      /has the code \d+, where its dictionary has \d+ entries \(row \d+\)/,
      strings((c, pick) => ({ ...c, codes: changed(c.codes, pick(c.codes.length), c.dictionary.size + pick(2)) }), field),
    ],
    [`${field}: codes missing`, /has \d+ codes for \d+/, strings((c) => ({ ...c, codes: c.codes.subarray(1) }), field)],
    [`${field}: codes in an ordinary array`, /has an Array for its codes/, strings((c) => ({ ...c, codes: [...c.codes] }), field)],
    [`${field}: short codes`, /has a Uint16Array for its codes/, strings((c) => ({ ...c, codes: Uint16Array.from(c.codes) }), field)],
    [`${field}: an entry twice`, /twice in its dictionary \(row \d+\)/, twice(field)],
    [
      `${field}: an entry behind the bytes`,
      /behind its \d+ bytes/,
      strings((c) => ofDictionary(c, (d) => ({ ...d, offsets: changed(d.offsets, d.size, d.bytes.length + 1) })), field),
    ],
    [
      `${field}: an entry that ends before it begins`,
      /ends before it begins|behind its/,
      strings((c) => ofDictionary(c, (d) => ({ ...d, offsets: changed(d.offsets, 0, d.offsets[d.size]! + 1) })), field),
    ],
    [`${field}: a size that is none`, /whose size is -1/, strings((c) => ofDictionary(c, (d) => ({ ...d, size: -1 })), field)],
    [
      `${field}: a size beyond the offsets`,
      /are to be one more/,
      strings((c) => ofDictionary(c, (d) => ({ ...d, size: d.offsets.length })), field),
    ],
    [`${field}: no dictionary`, /has a dictionary that is undefined/, strings((c) => ({ ...c, dictionary: undefined }), field)],
  ]),
  ['s: no text', /no text in UTF-8 \(row 0\)/, strings((c) => entry(c, Uint8Array.of(0xc3)), 's')],
  ['l: no text', /no text in UTF-8 \(row \d+\)/, strings((c) => entry(c, Uint8Array.of(0x61, 0xff)), 'l')],
  ['j: no JSON', /no JSON \(row 0\)/, strings((c) => entry(c, Buffer.from('{"a":')), 'j')],
  ['l: offsets missing', /has \d+ offsets for \d+ places/, lists((c) => ({ ...c, offsets: c.offsets.subarray(1) }))],
  ['l: lists that begin later', /begins its lists at 1/, lists((c) => ({ ...c, offsets: changed(c.offsets, 0, 1) }))],
  ['l: a list that ends before it begins', /before its beginning|has \d+ codes for/, lists((c, pick) => descending(c, pick))],
  [
    'l: lists that end behind the codes',
    /has \d+ codes for \d+ in its lists/,
    lists((c) => ({ ...c, offsets: changed(c.offsets, c.offsets.length - 1, c.codes.length + 1) })),
  ],
  ...[NaN, Infinity, -Infinity, 0.5, 2 ** 53].map((v): [string, RegExp, Broken] => [
    `i: ${v}`,
    /no safe integer \(row \d+\)/,
    values('i', v),
  ]),
  ['m: NaN', /no safe integer \(row \d+\)/, values('m', NaN)],
  ['n: NaN', /no finite number \(row \d+\)/, values('n', NaN)],
  ['n: Infinity', /no finite number \(row \d+\)/, values('n', Infinity)],
  [
    'i: values missing',
    /has 0 values for/,
    (c) => ((c['i'] as NumberColumn).values.length === 0 ? undefined : { ...c, i: { kind: 'number', values: new Float64Array() } }),
  ],
  [
    'i: values to spare',
    /has \d+ values for/,
    (c) => ({ ...c, i: { kind: 'number', values: new Float64Array((c['i'] as NumberColumn).values.length + 1) } }),
  ],
  [
    'i: narrow values',
    /has a Float32Array for its values, not a Float64Array/,
    (c) => ({ ...c, i: { kind: 'number', values: Float32Array.from((c['i'] as NumberColumn).values) } }),
  ],
  ['i: no array', /has undefined for its values/, (c) => ({ ...c, i: { kind: 'number' } })],
  [
    'i: shared memory',
    /shared or can be resized/,
    (c) => ({ ...c, i: { kind: 'number', values: new Float64Array(new SharedArrayBuffer((c['i'] as NumberColumn).values.byteLength)) } }),
  ],
  ['m: lists without places', /has undefined for its offsets/, (c) => ({ ...c, m: { ...(c['m'] as NumbersColumn), offsets: undefined } })],
  ['another kind', /is of kind 'number', where a field of type string/, (c) => ({ ...c, s: c['i'] })],
  ['no kind', /is of kind 'text', which is none of string, number/, (c) => ({ ...c, s: { ...c['s'], kind: 'text' } })],
  ['no column', /is 7, not a column/, (c) => ({ ...c, s: 7 })],
  ['a column missing', /without the column 's'/, (c) => Object.fromEntries(Object.entries(c).filter(([name]) => name !== 's'))],
  ['a column to spare', /'ss', which is no field of Thing; did you mean 's'\?/, (c) => ({ ...c, ss: c['s'] })],
];

function twice(field: string): Broken {
  return (columns) => {
    const c = columns[field] as StringColumn;
    if (c.codes.length < 2) return undefined;
    const { dictionary: d } = c;
    const all = Array.from({ length: d.size }, (_, i) => d.bytes.slice(d.offsets[i], d.offsets[i + 1]));
    const dictionary = dictionaryOf([...all, all[c.codes[0]!]!]);
    return { ...columns, [field]: { ...c, dictionary, codes: changed(changed(c.codes, 1, d.size), 0, c.codes[0]!) } };
  };
}

function ofDictionary(c: StringColumn | StringsColumn, change: (d: Dictionary) => Dictionary): unknown {
  return { ...c, dictionary: change(c.dictionary) };
}

function descending(c: StringsColumn, pick: (n: number) => number): unknown {
  const at = 1 + pick(c.offsets.length - 1);
  return { ...c, offsets: changed(c.offsets, at, c.codes.length + 1) };
}

describe('a batch that is not is refused', () => {
  test.for(BROKEN)('%s', ([, says, of]) => {
    let met = 0;
    fc.assert(
      fc.property(fc.array(thing, { minLength: 2, maxLength: 8 }), fc.infiniteStream(fc.nat()), (list, picks) => {
        const pick = (below: number): number => (picks.next().value as number) % below;
        const { type, rows, columns } = copy(batchOf(Thing, list));
        const broken = of(columns, pick);
        if (broken === undefined) return;
        met++;
        expect(() => checkedBatch({ type, rows, columns: broken }, DECLARED, 'P: map')).toThrow(
          expect.objectContaining({
            code: 'TM_ERR_TASK_BAD_BATCH',
            retryable: false,
            message: expect.stringMatching(says) as string,
            data: expect.objectContaining({ type: 'Thing' }) as object,
          }) as Error,
        );
      }),
      { numRuns: 30 },
    );
    expect(met).toBeGreaterThan(5);
  });

  const fine = batchOf(Thing, []);
  test.for<[what: string, given: unknown, says: string]>([
    ['nothing', undefined, 'P: map returned undefined, not a batch'],
    ['no type', { ...fine, type: undefined }, 'whose type is undefined'],
    ['rows that are no number', { ...fine, rows: '3' }, "with '3' for the number of its rows"],
    ['a fraction of rows', { ...fine, rows: 0.5 }, 'with 0.5 for the number of its rows'],
    ['no columns', { ...fine, columns: null }, 'whose columns are null'],
    ['columns that every object has', { ...fine, columns: Object.create({ s: fine.columns['s'] }) as object }, "without the column 's'"],
  ])('%s', ([, given, says]) => {
    expect(() => checkedBatch(given, DECLARED, 'P: map')).toThrow(says);
  });

  test('arrays of a task, or a scratch, that has ended', () => {
    const ones = (): Batch => ({ type: 'T', rows: 3, columns: { n: { kind: 'number', values: unsetFloats(3).fill(1) } } });
    const before = inRegion(ones);
    expect(() => checkedBatch(before, NONE, 'P: map')).toThrow("whose column 'n' has values in memory that is free again");
    inRegion(() => {
      expect(() => checkedBatch(before, NONE, 'P: map')).toThrow('free again');
      const [late] = [...eachInScratch([0], ones)];
      expect(() => checkedBatch(late, NONE, 'P: map')).toThrow('free again');
      expect(checkedBatch(ones(), NONE, 'P: map').rows).toBe(3);
    });
  });

  test('columns that change between two looks are looked at once', () => {
    let looks = 0;
    const columns = {
      get n(): Column {
        return { kind: 'number', values: new Float64Array(looks++ === 0 ? 2 : 1) };
      },
    };
    const { columns: seen } = checkedBatch({ type: 'T', rows: 2, columns }, NONE, 'P: map');
    expect([looks, (seen['n'] as NumberColumn).values.length]).toEqual([1, 2]);
  });
});
