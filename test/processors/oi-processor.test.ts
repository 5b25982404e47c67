import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { L2Object, L3Download, L3InternalSearch, L3Object, L3Objecttype, TransferObject } from '#processors/beans.js';
import { OIProcessor, searchTerm } from '#processors/oi-processor.js';
import type { Bean } from '#engine/bean-batch.js';
import type { MapReduce } from '#engine/processor.js';
import { impressions, params } from '../support/impressions.js';
import { beansIn, cutting, mapReduce, naiveSums, sorted } from '../support/map-reduce.js';

const work = (OIProcessor as { work: MapReduce }).work;

/** What was last said of each object: the type of the greatest (time, type), the name of the greatest (time, name) that is not empty. */
function objects(beans: readonly Bean[]): Bean[] {
  const groups = new Map<string, Bean[]>();
  for (const b of beans.filter((x) => x['object'] !== '')) {
    const key = JSON.stringify([b['site'], b['object']]);
    groups.set(key, [...(groups.get(key) ?? []), b]);
  }
  const made = [...groups.values()].map((own): Bean => {
    const { site, object } = own[0]!;
    const times = own.map((b) => b['time'] as number);
    const named = sorted(
      own.filter((b) => b['name'] !== ''),
      ['time', 'name'],
    ).at(-1);
    return {
      site,
      object,
      type: sorted(own, ['time', 'type']).at(-1)!['type'],
      name: named?.['name'] ?? '',
      first_seen: Math.min(...times),
      last_seen: Math.max(...times),
      name_seen: named?.['time'] ?? 0,
    };
  });
  return sorted(made, L2Object.key);
}

test('sums are those of a naive count, however the impressions are cut', () => {
  const cut = impressions.chain((beans) => fc.tuple(fc.constant(beans), cutting(beans), fc.integer({ min: 1, max: 3 })));
  fc.assert(
    fc.property(cut, ([beans, shards, partitions]) => {
      const made = mapReduce(work, TransferObject, shards, partitions, { params }).flat();
      const of = (action: string): readonly Bean[] => beans.filter((b) => b['action'] === action);
      const expected = {
        L2Object: objects(beans),
        L3Objecttype: naiveSums(
          L3Objecttype.key,
          of('view').map(({ site, type }) => ({ site, type, views: 1 })),
        ),
        L3Object: naiveSums(
          L3Object.key,
          of('view').map(({ site, type, object }) => ({ site, type, object, views: 1 })),
        ),
        L3Download: naiveSums(
          L3Download.key,
          of('download').map(({ site, type, object }) => ({ site, type, object, downloads: 1 })),
        ),
        L3InternalSearch: naiveSums(
          L3InternalSearch.key,
          of('search').map(({ site, term }) => ({ site, term: searchTerm(term as string), searches: 1 })),
        ),
      };
      const types = [L2Object, L3Objecttype, L3Object, L3Download, L3InternalSearch];
      expect(Object.fromEntries(types.map((t) => [t.name, sorted(beansIn(t, made), t.key)]))).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

describe('search terms', () => {
  test.for([
    ['Big  Shoes', 'big shoes'],
    ['\t big\n\r shoes \u{a0}', 'big shoes'],
    ['\u{3000}靴\u{2003}大', '靴 大'],
    ['\u{feff}x', 'x'],
    ['ÄÖÜ', 'äöü'],
    ['İ', 'i\u{307}'],
    ['', '(empty)'],
    [' \t\n', '(empty)'],
    ['(empty)', '(empty)'],
    ['a\u{200b}b', 'a\u{200b}b'],
  ])('%j is %j', ([term, name]) => {
    expect(searchTerm(term!)).toBe(name);
  });
});
