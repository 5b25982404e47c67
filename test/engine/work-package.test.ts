import { describe, expect, test } from 'vitest';
import { parseDay, periodOf, type Granularity, type Period } from '#engine/period.js';
import { countBeans, outputPath, rawPath, recordsOf, withoutBeans, type Part, type WorkPackage } from '#engine/work-package.js';

const period = (granularity: Granularity, date: string): Period => periodOf(granularity, parseDay(date));
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const matching = (path: string): RegExp => new RegExp(`^${path.replace('<uuid>', UUID)}$`);

describe('paths are those of the seed', () => {
  test('raw data: its source, a growing number and the time, in its day', () => {
    const path = rawPath('analytics', 'oirawdata', parseDay('2009-01-14'), 'Sensor-localhost.localdomain', 10, 1_231_924_822_209);
    expect(path).toBe('/analytics/oirawdata/2009/01/14/Sensor-localhost.localdomain-000010-1231924822209');
  });

  test('paths of one source are in the order of their numbers', () => {
    const paths = [9, 10, 99, 100, 12_345].map((n) => rawPath('d', 'l', 0, 's', n, 5));
    expect(paths.toSorted()).toEqual(paths);
  });

  test('day-time: the package keeps the name of its input', () => {
    const input = '/analytics/oirawdata/2009/01/14/Sensor-localhost.localdomain-000010-1231924822209';
    expect(outputPath('analytics', 'oiprocessed', 'day-time', 'OIProcessor', period('day', '2009-01-14'), [input])).toBe(
      '/analytics/oiprocessed/2009/01/14/Sensor-localhost.localdomain-000010-1231924822209',
    );
  });

  test.for([
    ['sesprocessed', 'daily', 'day', '2009-06-25', '/analytics/sesprocessed/2009/06/25/<uuid>'],
    ['visweekdata', 'weekly-by-day', 'day', '2009-06-25', '/analytics/visweekdata/2009/W26/2009/06/25/<uuid>'],
    ['visweekdata', 'weekly-by-day', 'day', '2010-01-01', '/analytics/visweekdata/2009/W53/2010/01/01/<uuid>'],
    ['visweekdata', 'weekly-by-day', 'day', '2008-12-29', '/analytics/visweekdata/2009/W01/2008/12/29/<uuid>'],
    ['visweekprocessed', 'weekly', 'week', '2009-06-25', '/analytics/visweekprocessed/2009/W26/<uuid>'],
    ['visweekprocessed', 'weekly', 'week', '2010-01-01', '/analytics/visweekprocessed/2009/W53/<uuid>'],
    ['vismonthprocessed', 'monthly', 'month', '2009-06-25', '/analytics/vismonthprocessed/2009/06/<uuid>'],
  ] as const)('%s, %s: %s of %s', ([location, layout, granularity, date, expected]) => {
    expect(outputPath('analytics', location, layout, 'P', period(granularity, date), ['/analytics/in/a'])).toMatch(matching(expected));
  });
});

describe('the id of a package that a job makes', () => {
  const path = (processor: string, inputs: readonly string[]): string =>
    outputPath('d', 'l', 'daily', processor, period('day', '2020-01-01'), inputs);

  test('is the same for the same processor and inputs', () => {
    expect(path('P', ['/a', '/b'])).toBe(path('P', ['/a', '/b']));
    expect(path('P', ['/a'])).toBe('/d/l/2020/01/01/4cb4b45b-4117-8238-97d4-ffecc2aaa646');
  });

  test('is another for another processor, other inputs or another order', () => {
    const all = [path('P', ['/a', '/b']), path('Q', ['/a', '/b']), path('P', ['/a']), path('P', ['/b', '/a']), path('P', [])];
    expect(new Set(all).size).toBe(all.length);
  });
});

test('beans are counted by type', () => {
  const part = (name: string, ...blocks: [type: string, records: number][]): Part => ({
    name,
    bytes: 0,
    checksum: 0,
    blocks: blocks.map(([type, records]) => ({ type, records, offset: 0, bytes: 0 })),
  });
  const beans = countBeans([part('part-00000', ['A', 3], ['B', 1]), part('part-00001', ['A', 4])]);
  expect(beans).toEqual({ A: 7, B: 1 });
  expect(recordsOf({ beans } as unknown as WorkPackage)).toBe(8);
  expect(recordsOf({ beans: {} } as unknown as WorkPackage)).toBe(0);
});

test('purged: the beans and the refused records go; counts and the report stay', () => {
  const part: Part = { name: 'part-00000', bytes: 9, checksum: 1, blocks: [] };
  const kept = {
    path: '/d/l/2020/01/01/a',
    location: 'l',
    period: period('day', '2020-01-01'),
    createdAt: 1,
    inputs: [],
    beans: { A: 2 },
    counters: { read: 3, rejected: 1 },
    report: { rows: 2 },
  };
  expect(withoutBeans({ ...kept, state: 'complete', parts: [part], rejects: part })).toEqual({ ...kept, state: 'purged', parts: [] });
});
