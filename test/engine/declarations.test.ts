/* What is declared wrongly is refused as it is declared, with what was meant. */
import { describe, expect, test } from 'vitest';
import { aggregate, bean, checkBeanType } from '#engine/bean.js';
import { batchOf, beanMapper } from '#engine/bean-batch.js';
import { didYouMean } from '#engine/nearest.js';
import { eachOf, eachStep, number, text, where, whereNotEmpty } from '#engine/sources.js';
import { mergeAggregates, sumsByKey } from '#engine/sums.js';
import { Topology, type Flow, type Layout } from '#engine/processor.js';

const Visit = bean('Visit', { site: 'string', page: 'string', visitor: 'string', ms: 'integer', at: 'integer', tags: 'strings' });
const L3Shop = aggregate('L3Shop', { table: 'l3_shop', key: { site: 'string', page: 'string' }, measures: { visit: 'sum', ms: 'max' } });
const L2Page = aggregate('L2Page', { key: { page: 'string' }, measures: { name: { latest: 'seen' }, seen: 'max' } });
const Visitors = aggregate('Visitors', { key: { site: 'string' }, measures: { visitors: 'sum', least: 'min' } });
const OfTag = aggregate('OfTag', { key: { tag: 'string' }, measures: { n: 'sum' } });

const refused = (says: string | RegExp): Error =>
  expect.objectContaining({ code: 'TM_ERR_DECLARATION', exitCode: 2, message: expect.stringMatching(says) as string }) as Error;

const shop = { type: L3Shop, from: Visit, columns: { visit: 1 } };
const page = { type: L2Page, from: Visit, columns: { name: 'page', seen: 'at' } };
const visitors = { type: Visitors, from: Visit, columns: { least: 'ms' }, distinct: { measure: 'visitors', of: 'visitor' } };
const ofTag = { type: OfTag, from: Visit, rows: eachOf('tags', 'tag'), columns: { n: 1 } };
const numbers = number(() => () => 1);

test('sums that are declared rightly are made', () => {
  expect(() => sumsByKey([shop, page, ofTag] as never)).not.toThrow();
  expect(() => sumsByKey([visitors] as never, { partitionBy: 'visitor', recordsPerPartition: 10 })).not.toThrow();
  // The columns that stand beside what a function of the user's chooses are not known before.
  expect(() => sumsByKey([{ ...ofTag, rows: () => ({ rows: new Uint32Array() }) }] as never)).not.toThrow();
});

describe('sums are refused where', () => {
  test.for<[what: string, says: RegExp, sum: object, options?: object]>([
    [
      'a measure is written wrongly',
      /'visits' is no key and no measure of L3Shop, .*; did you mean 'visit'\?/,
      { ...shop, columns: { visits: 1 } },
    ],
    ['a key is', /'sites' is no key .*; did you mean 'site'\?/, { ...shop, columns: { visit: 1, sites: 'site' } }],
    [
      'a source is',
      /L3Shop: 'site': Visit has no field 'sit', but .*; did you mean 'site'\?/,
      { ...shop, columns: { visit: 1, site: 'sit' } },
    ],
    ['a measure has no source', /L3Shop: 'visit' has no source: Visit has no such field/, { ...shop, columns: {} }],
    ['a key has none', /OfTag: 'tag' has no source/, { ...ofTag, rows: undefined }],
    ['distinct was forgotten', /Visitors: 'visitors' has no source/, { ...visitors, distinct: undefined }],
    [
      'a source is of another kind',
      /'ms' is a number, which cannot come of 'page', a column of kind string/,
      { ...shop, columns: { visit: 1, ms: 'page' } },
    ],
    [
      '… or makes one',
      /'site' is a string, which cannot come of its source, a column of kind number/,
      { ...shop, columns: { visit: 1, site: numbers } },
    ],
    ['a list is a source', /'visit' is a number, which cannot come of 'tags'/, { ...shop, columns: { visit: 'tags' } }],
    ['1 is the source of a key', /'site' cannot come of 1/, { ...shop, columns: { visit: 1, site: 1 } }],
    ['… and of a latest value', /'name' cannot come of 1/, { ...page, columns: { name: 1, seen: 'at' } }],
    ['2 is a source', /'visit' comes of 2, which is no field, not 1, and no function/, { ...shop, columns: { visit: 2 } }],
    [
      'a text is of what is none',
      /'site': the field 'ms' of Visit is a column of kind number, not string/,
      { ...shop, columns: { visit: 1, site: text('ms', (t) => t) } },
    ],
    [
      'rows are chosen by a field that is not there',
      /rows of L3Shop: Visit has no field 'pag'.*'page'\?/,
      { ...shop, rows: where('pag', '/') },
    ],
    ['… by what is no text', /rows of L3Shop: the field 'at' of Visit is a column of kind number/, { ...shop, rows: whereNotEmpty('at') }],
    ['… by what is no list', /rows of OfTag: the field 'page' .* not strings/, { ...ofTag, rows: eachOf('page', 'tag') }],
    ['… and stands beside under another name', /OfTag: 'tag' has no source/, { ...ofTag, rows: eachStep('tags', 'left', 'right') }],
    ['… and has a source too', /'tag' stands beside the rows/, { ...ofTag, columns: { n: 1, tag: 'page' } }],
    ['rows are no function', /rows of L3Shop is 'page', not a function/, { ...shop, rows: 'page' }],
    [
      'distinct counts what is no measure',
      /distinct: 'visitor' is no measure of Visitors, .*'visitors'\?/,
      { ...visitors, distinct: { measure: 'visitor', of: 'visitor' } },
    ],
    ['… what is no sum', /so that its measure is sum, not min/, { ...visitors, distinct: { measure: 'least', of: 'visitor' } }],
    [
      '… a field that is not there',
      /distinct of Visitors: Visit has no field 'visiter'.*'visitor'\?/,
      { ...visitors, distinct: { measure: 'visitors', of: 'visiter' } },
    ],
    ['… a list', /the values of 'tags' are lists/, { ...visitors, distinct: { measure: 'visitors', of: 'tags' } }],
    ['… with a source', /so that it has no source in columns/, { ...visitors, columns: { visitors: 1, least: 'ms' } }],
    [
      '… under another key',
      /distinct of Visitors has 'field', which is none of measure, of/,
      { ...visitors, distinct: { measure: 'visitors', field: 'visitor' } },
    ],
    ['a key of a sum is written wrongly', /sum 0 of sumsByKey has 'row', .*'rows'\?/, { ...shop, row: 1 }],
    ['the type is no aggregate', /is Visit, a bean type that is no aggregate/, { ...shop, type: Visit }],
    ['there is no type', /the type of sum 0 of sumsByKey is undefined/, { ...shop, type: undefined }],
    ['there is no from', /L3Shop: from is undefined/, { ...shop, from: undefined }],
    ['there are no columns', /columns of L3Shop is undefined/, { ...shop, columns: undefined }],
    ['an option is written wrongly', /has 'partitionby', .*'partitionBy'\?/, shop, { partitionby: 'site' }],
    [
      'they are partitioned by what is not there',
      /L3Shop: partitionBy: Visit has no field 'sitte'.*'site'\?/,
      shop,
      { partitionBy: 'sitte' },
    ],
    ['… by lists', /L3Shop: partitionBy: the values of 'tags' are lists/, shop, { partitionBy: 'tags' }],
    ['… in parts of nothing', /recordsPerPartition is 0, not a number above 0/, shop, { recordsPerPartition: 0 }],
  ])('%s', ([, says, sum, options]) => {
    expect(() => sumsByKey([sum] as never, options as never)).toThrow(refused(says));
  });

  test('two types have one name, or are no list', () => {
    const other = aggregate('L3Shop', { key: { site: 'string' }, measures: { visit: 'sum' } });
    expect(() => sumsByKey([shop, { ...shop, type: other }] as never)).toThrow(refused('two types of sumsByKey are called L3Shop'));
    expect(() => sumsByKey(shop as never)).toThrow(refused('not a list'));
    expect(() => mergeAggregates([Visit] as never)).toThrow(
      refused('type 0 of mergeAggregates is Visit, a bean type that is no aggregate'),
    );
    expect(() => mergeAggregates(L3Shop as never)).toThrow(refused('not a list'));
  });
});

test.for<[what: string, says: RegExp, declare: () => unknown]>([
  ['the key of an aggregate', /has 'keys', .*'key'\?/, () => aggregate('A', { keys: {}, measures: {} } as never)],
  ['its measure', /the measure 'n' is 'summ', .*'sum'\?/, () => aggregate('A', { key: { a: 'string' }, measures: { n: 'summ' } } as never)],
  [
    'latest',
    /has 'last', which is none of latest/,
    () => aggregate('A', { key: { a: 'string' }, measures: { n: { last: 'a' } } } as never),
  ],
  [
    'what latest goes by',
    /latest needs 'sen' .*'seen'\?/,
    () => aggregate('A', { key: { a: 'string' }, measures: { n: { latest: 'sen' }, seen: 'max' } }),
  ],
  ['a measure of nothing', /the measure 'n' is null/, () => aggregate('A', { key: { a: 'string' }, measures: { n: null } } as never)],
  [
    'a table that is no text',
    /A: table is 7, not a string/,
    () => aggregate('A', { key: { a: 'string' }, measures: { n: 'sum' }, table: 7 } as never),
  ],
  ['the type of a field', /is 'strin', .*'string'\?/, () => bean('B', { a: 'strin' } as never)],
  ['fields that are none', /is undefined, not an object/, () => bean('B', undefined as never)],
  ['a name that is none', /'7' is not a name/, () => bean(7 as never, {})],
  ['an aggregate by hand', /whose fields are not its key and its measures/, () => checkBeanType('x', { ...L3Shop, key: ['page', 'site'] })],
  ['the types of a mapper', /type 0 of beanMapper is undefined/, () => beanMapper(Visit, [undefined] as never, () => undefined)],
  ['the function of a mapper', /is undefined, not a function/, () => beanMapper(Visit, [], undefined as never)],
  ['the field of where', /is undefined, not a string/, () => where(undefined as never, 'x')],
  ['the function of text', /not a function/, () => text('page', 'lower' as never)],
])('a typo is told: %s', ([, says, declare]) => {
  expect(declare).toThrow(refused(says));
});

test('a field that a bean does not have is told with what was meant', () => {
  expect(() => batchOf(bean('B', { site: 'string' }), [{ sitee: 'a' }])).toThrow("B has no field 'sitee'; did you mean 'site'?");
});

describe('a flow is refused where', () => {
  const location = (name: string, layout: Layout, ...holds: Flow['locations'][number]['holds']) => ({ name, layout, holds });
  const flow = (p: object, input: Layout = 'day-time', output: Layout = 'day-time', held = L3Shop): Flow => ({
    locations: [location('visits', input, Visit), location('sums', output, held)],
    processors: [
      {
        name: 'P',
        kind: 'mapreduce',
        input: 'visits',
        output: 'sums',
        covers: 'package',
        work: sumsByKey([shop as never]),
        ...p,
      },
    ],
  });
  const work = sumsByKey([shop as never]);
  const toShop = beanMapper(Visit, [L3Shop], () => undefined);

  test.for<[what: string, says: RegExp, flow: Flow]>([
    [
      'a day lies by week',
      /P covers a day, whose output has the layout 'daily' or 'weekly-by-day', but 'sums' has 'weekly'/,
      flow({ covers: 'day' }, 'day-time', 'weekly'),
    ],
    ['a package lies by day', /P covers a package, whose output has the layout 'day-time'/, flow({}, 'day-time', 'daily')],
    ['a month is made of weeks', /P covers a month, but 'visits' has the layout 'weekly'/, flow({ covers: 'month' }, 'weekly', 'monthly')],
    ['a day is made of a month', /P covers a day, but 'visits' has the layout 'monthly'/, flow({ covers: 'day' }, 'monthly', 'daily')],
    [
      'the output does not hold what is made',
      /P: 'sums' holds no beans of type L3Shop, but of OfTag/,
      flow({}, 'day-time', 'day-time', OfTag),
    ],
    [
      '… or with other fields',
      /L3Shop of 'sums' has other fields/,
      flow({}, 'day-time', 'day-time', aggregate('L3Shop', { key: { site: 'string' }, measures: { visit: 'sum' } })),
    ],
    ['… a map does not', /holds no beans of type L3Shop/, flow({ kind: 'map', work: { map: toShop } }, 'day-time', 'day-time', OfTag)],
    ['a link brings other beans', /P: 'sums' holds no beans of type Visit/, flow({ kind: 'link' })],
    [
      'rows are partitioned by what they have not',
      /P: partitionBy: L3Shop has no field 'sites'.*'site'\?/,
      flow({ work: { ...work, map: toShop, partitionBy: { L3Shop: ['sites'] } } }),
    ],
    [
      '… of the input',
      /P: partitionBy: Visit has no field 'vistor'.*'visitor'\?/,
      flow({ work: { ...work, map: undefined, partitionBy: { Visit: ['vistor'] } } }),
    ],
    [
      '… by a list',
      /cannot be partitioned by 'tags' of Visit/,
      flow({ work: { ...work, map: undefined, partitionBy: { Visit: ['tags'] } } }),
    ],
    [
      'nothing says how what map makes is partitioned',
      /partitionBy does not say how L3Shop is partitioned; did you mean 'L3Shops'\?/,
      flow({ work: { ...work, map: toShop, partitionBy: { L3Shops: ['site'] } } }),
    ],
  ])('%s', ([, says, declared]) => {
    expect(() => new Topology(declared)).toThrow(refused(says));
  });
});

test.for<[given: string, meant: string]>([
  ['visits', 'visit'],
  ['Visit', 'visit'],
  ['vsiit', 'visit'],
  ['pages', ''],
  ['int', 'integer'],
  ['x', ''],
])("what was meant by '%s': '%s'", ([given, meant]) => {
  expect(didYouMean(given, ['visit', 'sum', 'integer', 'integers'])).toBe(meant === '' ? '' : `; did you mean '${meant}'?`);
});
