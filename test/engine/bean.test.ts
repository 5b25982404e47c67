import { expect, test } from 'vitest';
import { aggregate, bean } from '#engine/bean.js';

const refused = (message: string): Error =>
  expect.objectContaining({ code: 'TM_ERR_DECLARATION', message: expect.stringContaining(message) as string }) as Error;

test('a bean type is plain data', () => {
  const type = bean('Word', { text: 'string', counts: 'integers' });
  expect(structuredClone(type)).toEqual({ name: 'Word', fields: { text: 'string', counts: 'integers' } });
});

test.for(['', '1st', 'a b', 'ä', '__proto__', 'constructor', 'toString', 'x'.repeat(65)])("'%s' is no name", (name) => {
  expect(() => bean(name, {})).toThrow(refused(`'${name}'`));
  expect(() => bean('Good', { [name]: 'string' })).toThrow(refused(`'${name}'`));
});

test('an aggregate has its key first, then its measures', () => {
  const type = aggregate('Sum', {
    table: 'sums',
    key: { site: 'string', hour: 'integer' },
    measures: { n: 'sum', seen: 'max', name: { latest: 'seen' } },
  });
  expect(type).toEqual({
    name: 'Sum',
    table: 'sums',
    fields: { site: 'string', hour: 'integer', n: 'integer', seen: 'integer', name: 'string' },
    key: ['site', 'hour'],
    measures: { n: { op: 'sum' }, seen: { op: 'max' }, name: { op: 'latest', at: 'seen' } },
  });
});

test('types and measures that there are not are refused', () => {
  const key = { a: 'string' } as const;
  expect(() => bean('B', { a: 'int' as 'integer' })).toThrow(
    refused("'a' is 'int', which is not one of string, bytes, integer, number, strings, integers, json; did you mean 'integer'?"),
  );
  expect(() => aggregate('Sum', { key: { a: 'number' as 'integer' }, measures: {} })).toThrow(
    refused("the type of 'a' in the key is 'number'"),
  );
  expect(() => aggregate('Sum', { key, measures: { n: 'avg' as 'sum' } })).toThrow(
    refused("the measure 'n' is 'avg', which is not one of sum, min, max"),
  );
});

test('a field is a key or a measure', () => {
  expect(() => aggregate('Sum', { key: { a: 'string' }, measures: { a: 'sum' } })).toThrow(refused("'a' is both"));
});

test('latest goes by what a second merge still knows: a maximum, or the key', () => {
  const latest = (at: string) => () =>
    aggregate('Sum', { key: { day: 'integer', site: 'string' }, measures: { most: 'max', least: 'min', n: 'sum', name: { latest: at } } });
  for (const at of ['most', 'day']) expect(latest(at)).not.toThrow();
  for (const at of ['least', 'n', 'site', 'name', 'nothing']) expect(latest(at)).toThrow(refused(`'${at}'`));
});
