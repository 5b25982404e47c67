import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bean, type FieldType } from '#engine/bean.js';
import { batchOf, beanAt, beanMapper, beansOf, type Bean } from '#engine/bean-batch.js';
import { decodeBlock, encodeBlock } from '#engine/block.js';
import { isOfType } from '#engine/column.js';
import { number, text } from '../support/batches.js';

const Thing = bean('Thing', {
  s: 'string',
  b: 'bytes',
  i: 'integer',
  n: 'number',
  ss: 'strings',
  ii: 'integers',
  j: 'json',
});

const good: Bean = { s: 'text', b: Uint8Array.of(1, 255), i: -5, n: 0.5, ss: ['a', ''], ii: [1, 2], j: { a: [null, true] } };

const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 300 }));
const thing: fc.Arbitrary<Bean> = fc.record({
  s: text,
  b: fc.uint8Array({ maxLength: 12 }),
  i: integer,
  n: number,
  ss: fc.array(text, { maxLength: 4 }),
  ii: fc.array(integer, { maxLength: 4 }),
  // As JSON has it: no -0.
  j: fc.jsonValue({ maxDepth: 2 }).map((v) => JSON.parse(JSON.stringify(v)) as unknown),
});

test('beans come out of a batch, and of its block, as they went in', () => {
  fc.assert(
    fc.property(fc.array(thing, { maxLength: 20 }), (beans) => {
      const batch = batchOf(Thing, beans);
      expect(isOfType(batch, Thing)).toBe(true);
      const expected = beans.map((b) => ({ ...b, b: Buffer.from(b['b'] as Uint8Array).toString('hex') }));
      for (const b of [batch, decodeBlock(encodeBlock(batch))]) {
        expect([...beansOf(Thing, b)].map((x) => ({ ...x, b: Buffer.from(x['b'] as Uint8Array).toString('hex') }))).toEqual(expected);
        expect(beans.map((_, row) => beanAt(Thing, b, row))).toEqual([...beansOf(Thing, b)]);
      }
    }),
  );
});

test('null is a JSON value, and the empty text another', () => {
  const beans = [null, '', 0, false, 'null'].map((j) => ({ ...good, j }));
  expect([...beansOf(Thing, batchOf(Thing, beans))].map((b) => b['j'])).toEqual([null, '', 0, false, 'null']);
});

test.for<[why: string, fields: Record<string, FieldType>, says: string]>([
  ['a field that it has not', { t: 'string' }, "has no field 't', but s, b, i, n, ss, ii, j"],
  ['a field of another kind', { i: 'string' }, "'i' of a batch of Thing is a column of kind 'number', not of string"],
])('a batch is not read by a type with %s', ([, fields, says]) => {
  expect(() => [...beansOf(bean('Thing', fields), batchOf(Thing, [good]))]).toThrow(
    expect.objectContaining({ code: 'TM_ERR_DECLARATION', message: expect.stringContaining(says) as string }) as Error,
  );
});

const sparse: unknown[] = ['a'];
sparse.length = 3;
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

test.for<[field: string, value: unknown]>([
  ['s', undefined],
  ['s', null],
  ['s', 1],
  ['s', 'a\ud800'],
  ['b', 'text'],
  ['b', [1, 2]],
  ['i', 1.5],
  ['i', 2 ** 53],
  ['i', '1'],
  ['i', 10n],
  ['n', Number.NaN],
  ['n', Infinity],
  ['n', null],
  ['ss', 'a'],
  ['ss', ['a', 1]],
  ['ss', [['a']]],
  ['ss', ['\udfff']],
  ['ss', sparse],
  ['ii', [0.5]],
  ['ii', 7],
  ['j', undefined],
  ['j', () => 1],
  ['j', 10n],
  ['j', cyclic],
])('%s cannot be %o', ([field, value]) => {
  const code = 'TM_ERR_BEAN_INVALID';
  expect(() => batchOf(Thing, [good, { ...good, [field]: value }])).toThrow(
    expect.objectContaining({
      code,
      message: expect.stringMatching(new RegExp(`^Thing\\.${field} cannot be .*it is of type`, 's')) as string,
    }),
  );
});

test('a field that is missing or unknown is refused', () => {
  const { i: _, ...without } = good;
  const invalid = expect.objectContaining({ code: 'TM_ERR_BEAN_INVALID' }) as Error;
  expect(() => batchOf(Thing, [without])).toThrow(invalid);
  expect(() => batchOf(Thing, [{ ...good, extra: 1 }])).toThrow(invalid);
  expect(() => batchOf(Thing, [{ ...good, constructor: 1 }])).toThrow(invalid);
});

test('the message names the value, but not all of a long one', () => {
  const fail = (): unknown => batchOf(Thing, [{ ...good, i: 'x'.repeat(100_000) }]);
  expect(fail).toThrow(/Thing\.i cannot be 'xxx/);
  try {
    fail();
  } catch (error) {
    expect((error as Error).message.length).toBeLessThan(400);
  }
});

const Pair = bean('Pair', { left: 'string', right: 'integer' });
const Count = bean('Count', { n: 'integer' });

test('beanMapper: a function of one bean as a function of batches', () => {
  const map = beanMapper(Pair, [Pair, Count], (b, emit, { params }) => {
    if (b['right'] === 0) return;
    emit(Pair, { left: `${b['left'] as string}!`, right: b['right'] });
    emit(Count, { n: params['n'] });
  });
  const input = batchOf(Pair, [
    { left: 'a', right: 1 },
    { left: 'b', right: 0 },
    { left: 'c', right: 3 },
  ]);
  const [pairs, counts] = map(input, { params: { n: 7 } });
  expect([...beansOf(Pair, pairs!)]).toEqual([
    { left: 'a!', right: 1 },
    { left: 'c!', right: 3 },
  ]);
  expect([...beansOf(Count, counts!)]).toEqual([{ n: 7 }, { n: 7 }]);
  expect(map({ ...input, type: 'Other' }, { params: {} })).toEqual([]);
});

test('beanMapper: what is not among its types is refused', () => {
  const map = beanMapper(Pair, [Count], (b, emit) => emit(Pair, b));
  expect(() => map(batchOf(Pair, [{ left: 'a', right: 1 }]), { params: {} })).toThrow(
    expect.objectContaining({ code: 'TM_ERR_BEAN_INVALID' }),
  );
});
