import { describe, expect, test } from 'vitest';
import { aggregate, bean, type BeanType } from '#engine/bean.js';
import { beanMapper } from '#engine/bean-batch.js';
import { sumsByKey } from '#engine/sums.js';
import { Topology, type Location, type Processor } from '#engine/processor.js';

const Raw = bean('Raw', { a: 'string' });
const Sum = aggregate('Sum', { table: 'sums', key: { a: 'string' }, measures: { n: 'sum' } });
const More = aggregate('More', { table: 'more_sums', key: { a: 'string' }, measures: { n: 'sum' } });

const location = (name: string, holds: Location['holds'] = [Raw]): Location => ({ name, layout: 'daily', holds });
const link = (name: string, input: string, output: string): Processor => ({ name, kind: 'link', input, output, covers: 'day' });

const mapping = (type: BeanType): Processor => ({
  name: 'M',
  kind: 'map',
  input: 'raw',
  output: 'a',
  covers: 'day',
  work: { map: beanMapper(type, [], () => undefined) },
});
const ofSums = { type: More, from: Sum, columns: { n: 'n' } };

const locations = ['raw', 'a', 'b', 'c'].map((n) => location(n));
const refused = (message: string): Error =>
  expect.objectContaining({ code: 'TM_ERR_DECLARATION', message: expect.stringContaining(message) as string }) as Error;

describe('a flow is refused', () => {
  test.for<[why: string, message: string, locations: readonly Location[], processors: readonly Processor[]]>([
    ['a location that nobody declares, as input', "'nowhere'", locations, [link('P', 'nowhere', 'a')]],
    ['… and as output', "'nowhere'", locations, [link('P', 'raw', 'nowhere')]],
    ['two processors that write to one location', "'a'", locations, [link('P', 'raw', 'a'), link('Q', 'b', 'a')]],
    ['two locations of one name', "'a'", [location('a'), location('a')], []],
    ['two processors of one name', "'P'", locations, [link('P', 'raw', 'a'), link('P', 'raw', 'b')]],
    ['a name that is no name', "'a/b'", [location('a/b')], []],
    ['a processor that reads its own output', 'P', locations, [link('P', 'a', 'a')]],
    ['a circle', 'reads what comes of its own output', locations, [link('P', 'a', 'b'), link('Q', 'b', 'c'), link('R', 'c', 'a')]],
    [
      'an injection of what has no table',
      "'a' must be an aggregate",
      [...locations, location('in', [])],
      [{ name: 'I', kind: 'inject', input: 'a', output: 'in', covers: 'day' }],
    ],
    [
      'an injection of nothing',
      "'none' holds no bean type",
      [location('none', []), location('in', [])],
      [{ name: 'I', kind: 'inject', input: 'none', output: 'in', covers: 'day' }],
    ],
    [
      'a map made for beans that its input does not hold',
      "M: 'raw' holds no beans of type Sum, but of Raw",
      locations,
      [mapping(bean('Sum', { a: 'string' }))],
    ],
    [
      'a map that reads a field which is not there',
      "Raw of 'raw' has no field 'b', but a",
      locations,
      [mapping(bean('Raw', { b: 'string' }))],
    ],
    ['… and one of another type', 'is of type string, not integer', locations, [mapping(bean('Raw', { a: 'integer' }))]],
    [
      'a reduce of rows that its input does not hold',
      "R: 'raw' holds no beans of type Sum",
      locations,
      [{ name: 'R', kind: 'mapreduce', input: 'raw', output: 'a', covers: 'day', work: sumsByKey([ofSums], { partitionBy: 'a' }) }],
    ],
  ])('%s', ([, message, l, p]) => {
    expect(() => new Topology({ locations: l, processors: p })).toThrow(refused(message));
  });
});

describe('a flow knows its ways', () => {
  const inject: Processor = { name: 'I', kind: 'inject', input: 'sums', output: 'in', covers: 'day' };
  const toSums = (name: string, input: string, output: string): Processor => ({
    ...link(name, input, output),
    kind: 'map',
    work: { map: () => [] },
  });
  const [p, q, r] = [link('P', 'raw', 'a'), link('Q', 'a', 'b'), toSums('R', 'a', 'sums')];
  const m = toSums('M', 'raw', 'more');
  const injectMore: Processor = { ...inject, name: 'J', input: 'more', output: 'morein' };
  const topology = new Topology({
    locations: [
      ...locations,
      location('sums', [Sum]),
      location('more', [Sum, More]),
      ...['in', 'morein'].map((name) => location(name, [])),
    ],
    processors: [inject, injectMore, q, r, p, m],
  });

  test('who writes to and who reads a location', () => {
    expect(topology.producerOf('raw')).toBeUndefined();
    expect(topology.producerOf('sums')).toBe(r);
    expect(topology.consumersOf('a')).toEqual([q, r]);
    expect(topology.consumersOf('in')).toEqual([]);
  });

  test('who goes first: the farthest from the end, then who fills most tables nearest to raw data', () => {
    const byPriority = [...topology.processors.values()].sort((a, b) => topology.priority(b) - topology.priority(a));
    expect(byPriority.map(({ name }) => name)).toEqual(['P', 'M', 'R', 'I', 'J', 'Q']);
    expect([p, q, r, inject].map((x) => topology.stepsBefore(x))).toEqual([0, 1, 1, 2]);
  });

  test('locations, processors and beans by name', () => {
    expect(topology.location('sums').holds).toEqual([Sum]);
    expect(topology.processor('Q')).toBe(q);
    expect(topology.beanType('sums', 'Sum')).toBe(Sum);
    expect(() => topology.location('x')).toThrow(refused("'x'"));
    expect(() => topology.processor('x')).toThrow(refused("'x'"));
    expect(() => topology.beanType('a', 'Sum')).toThrow(refused('Sum'));
  });
});
