import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregate, bean } from '#engine/bean.js';
import { batchOf, type Bean } from '#engine/bean-batch.js';
import { numberColumn, type Batch } from '#engine/column.js';
import { eachOf, eachStep, number, text, where, whereNotEmpty } from '#engine/sources.js';
import { concatBatches } from '#engine/rows.js';
import { mergeAggregates, sumsByKey } from '#engine/sums.js';
import { sumsMadeBy } from '#engine/sums-of.js';
import { sumApart } from '#engine/sums-apart.js';
import { text as anyText } from '../support/batches.js';
import { beansIn, cutting, mapReduce, naiveDistinct, naiveSums, sorted } from '../support/map-reduce.js';

const Visit = bean('Visit', {
  site: 'string',
  kind: 'string',
  visitor: 'string',
  name: 'string',
  n: 'integer',
  at: 'integer',
  tags: 'strings',
  path: 'strings',
});

const one = fc.constantFrom('a', 'b', 'ä', '', '\u{ffff}', '😀');
const visit: fc.Arbitrary<Bean> = fc.record({
  site: fc.constantFrom('s', 't', ''),
  kind: fc.constantFrom('view', 'search', 'views'),
  visitor: fc.constantFrom('u', 'v', 'w', 'x'),
  name: fc.oneof(fc.constantFrom('', 'A', 'a', ' b'), anyText),
  n: fc.integer({ min: -5, max: 5 }),
  at: fc.integer({ min: 0, max: 6 }),
  tags: fc.uniqueArray(one, { maxLength: 3 }),
  path: fc.array(one, { maxLength: 5 }),
});
const visits = fc.array(visit, { maxLength: 40 });
const partitions = fc.integer({ min: 1, max: 5 });
const visitsCut = visits.chain((beans) => fc.tuple(fc.constant(beans), cutting(beans), partitions));

const Kinds = aggregate('Kinds', { key: { site: 'string', kind: 'string' }, measures: { visits: 'sum', n: 'sum' } });
const Views = aggregate('Views', { key: { site: 'string' }, measures: { views: 'sum' } });
const Names = aggregate('Names', { key: { name: 'string' }, measures: { named: 'sum' } });
const Lower = aggregate('Lower', { key: { lower: 'string' }, measures: { visits: 'sum' } });
const Signs = aggregate('Signs', { key: { sign: 'integer', site: 'string' }, measures: { visits: 'sum' } });
const Tags = aggregate('Tags', { key: { site: 'string', tag: 'string' }, measures: { visits: 'sum', n: 'sum' } });
const Steps = aggregate('Steps', { key: { from: 'string', to: 'string' }, measures: { steps: 'sum' } });
const Range = aggregate('Range', { key: { site: 'string' }, measures: { first: 'min', last: 'max', name: { latest: 'last' } } });

const lower = (t: string, suffix: unknown): string => `${t.trim().toLowerCase()}${suffix as string}`;
const sums = sumsByKey([
  { type: Kinds, from: Visit, columns: { visits: 1, n: 'n' } },
  { type: Views, from: Visit, rows: where('kind', 'view'), columns: { views: 1 } },
  { type: Names, from: Visit, rows: whereNotEmpty('name'), columns: { named: 1 } },
  { type: Lower, from: Visit, columns: { lower: text('name', (t, { params }) => lower(t, params['suffix'])), visits: 1 } },
  {
    type: Signs,
    from: Visit,
    columns: {
      sign: number((b) => {
        const n = numberColumn(b, 'n').values;
        return (row) => Math.sign(n[row]!);
      }),
      visits: 1,
    },
  },
  { type: Tags, from: Visit, rows: eachOf('tags', 'tag'), columns: { visits: 1, n: 'n' } },
  { type: Steps, from: Visit, rows: eachStep('path', 'from', 'to'), columns: { steps: 1 } },
  { type: Range, from: Visit, columns: { first: 'at', last: 'at' } },
]);
const TYPES = [Kinds, Views, Names, Lower, Signs, Tags, Steps, Range];

function steps(path: readonly string[]): Bean[] {
  return path.slice(1).flatMap((to, i) => (path[i] === to ? [] : [{ from: path[i], to, steps: 1 }]));
}

function ranges(beans: readonly Bean[]): Bean[] {
  return sorted(
    [...new Set(beans.map((b) => b['site']))].map((site) => {
      const own = sorted(
        beans.filter((b) => b['site'] === site),
        ['at', 'name'],
      );
      return { site, first: own[0]!['at'], last: own.at(-1)!['at'], name: own.at(-1)!['name'] };
    }),
    ['site'],
  );
}

function naive(beans: readonly Bean[]): Record<string, Bean[]> {
  return {
    Kinds: naiveSums(
      Kinds.key,
      beans.map(({ site, kind, n }) => ({ site, kind, visits: 1, n })),
    ),
    Views: naiveSums(
      Views.key,
      beans.filter((b) => b['kind'] === 'view').map(({ site }) => ({ site, views: 1 })),
    ),
    Names: naiveSums(
      Names.key,
      beans.filter((b) => b['name'] !== '').map(({ name }) => ({ name, named: 1 })),
    ),
    Lower: naiveSums(
      Lower.key,
      beans.map(({ name }) => ({ lower: lower(name as string, '!'), visits: 1 })),
    ),
    Signs: naiveSums(
      Signs.key,
      beans.map(({ n, site }) => ({ sign: Math.sign(n as number) + 0, site, visits: 1 })),
    ),
    Tags: naiveSums(
      Tags.key,
      beans.flatMap(({ site, tags, n }) => (tags as string[]).map((tag) => ({ site, tag, visits: 1, n }))),
    ),
    Steps: naiveSums(
      Steps.key,
      beans.flatMap((b) => steps(b['path'] as string[])),
    ),
    Range: ranges(beans),
  };
}

/** -0 and 0 are one value of a sum. */
const noSign = (beans: readonly Bean[]): Bean[] =>
  beans.map((b) => Object.fromEntries(Object.entries(b).map(([k, v]) => [k, v === 0 ? 0 : v])));

const context = { params: { suffix: '!' } };

describe('sums by key', () => {
  test('are those of a naive sum, however the beans are cut', () => {
    fc.assert(
      fc.property(visitsCut, ([beans, shards, n]) => {
        const made = mapReduce(sums, Visit, shards, n, context);
        const expected = naive(beans);
        for (const type of TYPES) {
          const perPartition = made.map((batches) => noSign(beansIn(type, batches)));
          expect(sorted(perPartition.flat(), type.key)).toEqual(expected[type.name]);
          for (const own of perPartition) expect(own).toEqual(sorted(own, type.key));
        }
      }),
    );
  });

  test('come in the same order for the same partitions, however the beans are cut', () => {
    const cutTwice = visits.chain((beans) => fc.tuple(cutting(beans), cutting(beans), partitions));
    fc.assert(
      fc.property(cutTwice, ([a, b, n]) => {
        const beans = (shards: typeof a) =>
          mapReduce(sums, Visit, shards, n, context).map((batches) => TYPES.map((t) => noSign(beansIn(t, batches))));
        expect(beans(a)).toEqual(beans(b));
      }),
      { numRuns: 50 },
    );
  });

  test('a block in which nearly all keys are different is merged later, and counts the same', () => {
    const beans = Array.from({ length: 20_000 }, (_, i): Bean => ({
      site: 's',
      kind: `${i % 18_000}`,
      visitor: 'v',
      name: 'x',
      n: i,
      at: 0,
      tags: [],
      path: [],
    }));
    const shards = [[beans.slice(0, 9000), beans.slice(9000)]];
    const made = mapReduce(sums, Visit, shards, 2, context);
    const expected = naiveSums(
      Kinds.key,
      beans.map(({ site, kind, n }) => ({ site, kind, visits: 1, n })),
    );
    expect(
      JSON.stringify(
        sorted(
          made.flatMap((b) => beansIn(Kinds, b)),
          Kinds.key,
        ),
      ),
    ).toBe(JSON.stringify(expected));
  });

  test('nothing in, nothing out', () => {
    expect(mapReduce(sums, Visit, [], 3, context)).toEqual([[], [], []]);
    expect(sums.map!(batchOf(Visit, []), context).filter((b) => b.rows > 0)).toEqual([]);
  });
});

describe('distinct values', () => {
  const Visitors = aggregate('Visitors', { key: { site: 'string' }, measures: { visitors: 'sum', visits: 'sum' } });
  const OfTag = aggregate('OfTag', { key: { tag: 'string' }, measures: { visitors: 'sum', visits: 'sum', n: 'sum' } });
  const Searchers = aggregate('Searchers', { key: { site: 'string', kind: 'string' }, measures: { visitors: 'sum' } });
  const distinct = { measure: 'visitors', of: 'visitor' };
  const work = sumsByKey(
    [
      { type: Visitors, from: Visit, columns: { visits: 1 }, distinct },
      { type: OfTag, from: Visit, rows: eachOf('tags', 'tag'), columns: { visits: 1, n: 'n' }, distinct },
      { type: Searchers, from: Visit, rows: where('kind', 'search'), columns: {}, distinct },
    ],
    { partitionBy: 'visitor' },
  );

  test('are those of a naive count, in the order of their keys, however the beans are cut and partitioned', () => {
    fc.assert(
      fc.property(visitsCut, ([beans, shards, n]) => {
        const [made] = mapReduce(work, Visit, shards, n, context);
        const count = (key: readonly string[], rows: Bean[]) => naiveDistinct(key, rows, 'visitors', 'visitor');
        expect(beansIn(Visitors, made!)).toEqual(
          count(
            ['site'],
            beans.map(({ site, visitor }) => ({ site, visitor, visits: 1 })),
          ),
        );
        expect(noSign(beansIn(OfTag, made!))).toEqual(
          noSign(
            count(
              ['tag'],
              beans.flatMap(({ tags, visitor, n: own }) => (tags as string[]).map((tag) => ({ tag, visitor, visits: 1, n: own }))),
            ),
          ),
        );
        expect(beansIn(Searchers, made!)).toEqual(
          count(
            ['site', 'kind'],
            beans.filter((b) => b['kind'] === 'search').map(({ site, kind, visitor }) => ({ site, kind, visitor })),
          ),
        );
      }),
    );
  });

  test('are counted where nearly all keys are different, too', () => {
    const beans = Array.from({ length: 10_000 }, (_, i): Bean => ({
      site: 's',
      kind: '',
      visitor: `v${i % 7}`,
      name: '',
      n: 1,
      at: 0,
      tags: [`t${i % 9900}`],
      path: [],
    }));
    const [made] = mapReduce(work, Visit, [[beans]], 1, context);
    const rows = beans.map(({ tags, visitor, n }) => ({ tag: (tags as string[])[0], visitor, visits: 1, n }));
    expect(beansIn(OfTag, made!)).toEqual(naiveDistinct(['tag'], rows, 'visitors', 'visitor'));
  });

  test('are refused where the rows of one value do not meet', () => {
    const refused = expect.objectContaining({
      code: 'TM_ERR_DECLARATION',
      message: expect.stringContaining("'visitor'") as string,
    }) as Error;
    const sum = { type: Visitors, from: Visit, columns: { visits: 1 as const }, distinct };
    expect(() => sumsByKey([sum])).toThrow(refused);
    expect(() => sumsByKey([sum], { partitionBy: 'site' })).toThrow(refused);
  });
});

test('aggregates that were summed apart add up to the sum of all', () => {
  const work = mergeAggregates([Kinds, Range]);
  const twoPackages = fc.tuple(visits, visits).chain(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), partitions));
  fc.assert(
    fc.property(twoPackages, ([a, b, n]) => {
      const apart = [a, b].map((beans) => mapReduce(sums, Visit, [[beans]], 1, context).flat());
      for (const type of [Kinds, Range]) {
        const shards = apart.map((batches) => [noSign(beansIn(type, batches))]);
        const merged = mapReduce(work, type, shards, n, context).flatMap((batches) => beansIn(type, batches));
        expect(noSign(sorted(merged, type.key))).toEqual(noSign(naive([...a, ...b])[type.name]!));
      }
    }),
    { numRuns: 50 },
  );
});

describe('sums of several inputs at once', () => {
  const Visitors = aggregate('Visitors', { key: { site: 'string' }, measures: { visitors: 'sum', visits: 'sum' } });
  const visitors = sumsByKey([{ type: Visitors, from: Visit, columns: { visits: 1 }, distinct: { measure: 'visitors', of: 'visitor' } }], {
    partitionBy: 'visitor',
  });
  const inputOf = (beans: readonly Bean[]) => {
    const blocks = [beans.slice(0, 3), beans.slice(3)].filter((b) => b.length > 0).map((b) => batchOf(Visit, b));
    const all = blocks.length === 0 ? undefined : concatBatches(blocks);
    return { has: () => all !== undefined, get: (): Batch | undefined => all };
  };

  test('are those of each alone, in the same order', () => {
    fc.assert(
      fc.property(fc.array(visits, { maxLength: 14 }), (inputs) => {
        for (const [work, types] of [
          [sums, TYPES],
          [visitors, [Visitors]],
        ] as const) {
          const together = sumApart(sumsMadeBy(work)!, inputs.map(inputOf), context);
          const alone = inputs.map((beans) => mapReduce(work, Visit, [[beans].filter((b) => b.length > 0)], 1, context)[0]!);
          expect(together.map((batches) => types.map((t) => noSign(beansIn(t, batches))))).toEqual(
            alone.map((batches) => types.map((t) => noSign(beansIn(t, batches)))),
          );
          for (const batches of together) for (const b of batches) expect(Object.keys(b.columns)).not.toContain(' input');
        }
      }),
    );
  });

  test('are known of what sumsByKey made only, not of what was changed after that', () => {
    expect(sumsMadeBy(sums)).toHaveLength(TYPES.length);
    expect(sumsMadeBy({ ...sums, map: (batch) => [batch] })).toBeUndefined();
  });
});
