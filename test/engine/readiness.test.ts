import { describe, expect, test } from 'vitest';
import { aggregate, bean } from '#engine/bean.js';
import { endOf, formatPeriod, parseDay, periodOf, type Granularity, type Period } from '#engine/period.js';
import { Topology, type Processor } from '#engine/processor.js';
import { unitKey, type Unit } from '#engine/agenda.js';
import { readiness } from '#engine/readiness.js';
import { outputPath, type WorkPackage } from '#engine/work-package.js';

const Raw = bean('Raw', { a: 'string' });
const Sum = aggregate('Sum', { table: 'sums', key: { a: 'string' }, measures: { n: 'sum' } });

const link = (name: string, input: string, output: string, covers: Processor['covers']): Processor => ({
  name,
  kind: 'link',
  input,
  output,
  covers,
});

/*
 *   raw ─ EachPackage ─▶ each ─ EachDay ─▶ eachday
 *   raw ─ Day ─▶ day ─ Copy ─▶ copy ─ Week ─▶ week ─ InjectWeek ─▶ weekin
 *                day ─ Month ─▶ month
 */
const topology = new Topology({
  locations: [
    { name: 'raw', layout: 'day-time', holds: [Raw] },
    { name: 'each', layout: 'day-time', holds: [Raw] },
    { name: 'eachday', layout: 'daily', holds: [Raw] },
    { name: 'day', layout: 'daily', holds: [Raw] },
    { name: 'copy', layout: 'weekly-by-day', holds: [Raw] },
    { name: 'week', layout: 'weekly', holds: [Sum] },
    { name: 'weekin', layout: 'weekly', holds: [] },
    { name: 'month', layout: 'monthly', holds: [Raw] },
  ],
  // Not in the order of the flow.
  processors: [
    link('Month', 'day', 'month', 'month'),
    { name: 'InjectWeek', kind: 'inject', input: 'week', output: 'weekin', covers: 'week' },
    { name: 'Week', kind: 'map', input: 'copy', output: 'week', covers: 'week', work: { map: () => [] } },
    link('Copy', 'day', 'copy', 'day'),
    link('EachDay', 'each', 'eachday', 'day'),
    link('Day', 'raw', 'day', 'day'),
    link('EachPackage', 'raw', 'each', 'package'),
  ],
});

/** A store in memory: just the metadata. */
class Toy {
  packages: WorkPackage[] = [];
  today = '2099-01-01';
  readonly held = new Set<string>();

  raw(date: string, name: string, records = 5): this {
    return this.#add('raw', `/d/raw/${date.replaceAll('-', '/')}/${name}`, periodOf('day', parseDay(date)), [], records);
  }

  look() {
    return readiness(topology, {
      packages: (location) => this.packages.filter((p) => p.location === location).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      closed: (period: Period) => endOf(period) <= parseDay(this.today),
      held: (unit) => this.held.has(label(unit)),
    });
  }

  /** `Processor period` of each unit, in order. */
  ready(): string[] {
    return this.look().ready.map(label).sort();
  }

  waiting(): string[] {
    return this.look().waiting.map(label).sort();
  }

  /** Do what some units would. */
  run(unit: Unit): this {
    const { processor, period, inputs, supersedes } = unit;
    const { layout } = topology.location(processor.output);
    this.packages = this.packages.filter((p) => !supersedes.includes(p.path));
    return this.#add(processor.output, outputPath('d', processor.output, layout, processor.name, period, inputs), period, inputs, 5);
  }

  /** Run everything that is ready until nothing is; which units ran, in order. */
  settle(): string[] {
    const ran: string[] = [];
    for (;;) {
      const { ready } = this.look();
      if (ready.length === 0) return ran;
      for (const unit of ready) {
        this.run(unit);
        ran.push(label(unit));
      }
    }
  }

  #add(location: string, path: string, period: Period, inputs: readonly string[], records: number): this {
    this.packages.push({
      path,
      location,
      period,
      state: 'complete',
      createdAt: 0,
      inputs,
      parts: [],
      beans: records === 0 ? {} : { Raw: records },
      counters: {},
    });
    return this;
  }
}

function label({ processor, period, inputs }: Unit): string {
  return `${processor.name} ${processor.covers === 'package' ? inputs[0]!.split('/').at(-1)! : formatPeriod(period)}`;
}

const allOfOneDay = [
  'Copy 2020-01-07',
  'Day 2020-01-07',
  'EachDay 2020-01-07',
  'EachPackage a',
  'InjectWeek 2020-W02',
  'Month 2020-01',
  'Week 2020-W02',
];

test('nothing makes nothing', () => {
  expect(new Toy().look()).toEqual({ ready: [], waiting: [] });
});

test('one package goes through the whole flow, each unit once', () => {
  const toy = new Toy().raw('2020-01-07', 'a');
  expect(toy.ready()).toEqual(['Day 2020-01-07', 'EachPackage a']);
  expect(toy.settle().sort()).toEqual(allOfOneDay);
  expect(toy.look()).toEqual({ ready: [], waiting: [] });
});

test('a unit is ready after all before it are through', () => {
  const toy = new Toy().raw('2020-01-07', 'a').raw('2020-01-07', 'b');
  const unit = (name: string): Unit => toy.look().ready.find((u) => label(u) === name)!;
  toy.run(unit('EachPackage a'));
  expect(toy.waiting()).toEqual(['EachDay 2020-01-07']);
  toy.run(unit('EachPackage b'));
  expect(toy.ready()).toEqual(['Day 2020-01-07', 'EachDay 2020-01-07']);
  toy.run(unit('Day 2020-01-07'));
  expect(toy.ready()).toEqual(['Copy 2020-01-07', 'EachDay 2020-01-07', 'Month 2020-01']);
});

test('raw packages without a record are of no interest', () => {
  const toy = new Toy().raw('2020-01-07', 'a', 0).raw('2020-01-08', 'b', 0).raw('2020-01-08', 'c');
  expect(toy.look().ready.map((u) => [label(u), u.inputs.length])).toEqual(
    expect.arrayContaining([
      ['Day 2020-01-08', 1],
      ['EachPackage c', 1],
    ]),
  );
  expect(toy.ready()).toHaveLength(2);
});

describe('periods', () => {
  test('a package is processed at once, a day when it has closed, a week and a month when they have', () => {
    const toy = new Toy().raw('2020-01-07', 'a');
    toy.today = '2020-01-07';
    expect(toy.settle()).toEqual(['EachPackage a']);
    expect(toy.waiting()).toEqual(['Day 2020-01-07', 'EachDay 2020-01-07']);
    toy.today = '2020-01-08';
    expect(toy.settle().sort()).toEqual(['Copy 2020-01-07', 'Day 2020-01-07', 'EachDay 2020-01-07']);
    expect(toy.waiting()).toEqual(['Month 2020-01', 'Week 2020-W02']);
    toy.today = '2020-01-13';
    expect(toy.settle()).toEqual(['Week 2020-W02', 'InjectWeek 2020-W02']);
    toy.today = '2020-02-01';
    expect(toy.settle()).toEqual(['Month 2020-01']);
  });

  test('a week that straddles two months and years is of neither: each month has its own days', () => {
    const toy = new Toy();
    for (const date of ['2019-12-30', '2019-12-31', '2020-01-01', '2020-01-05', '2020-01-06']) toy.raw(date, `p${date}`);
    toy.settle();
    const made = (location: string) =>
      toy.packages.filter((p) => p.location === location).map((p) => [formatPeriod(p.period), p.inputs.length]);
    expect(made('week')).toEqual([
      ['2020-W01', 4],
      ['2020-W02', 1],
    ]);
    expect(made('month')).toEqual([
      ['2019-12', 2],
      ['2020-01', 3],
    ]);
    expect(toy.packages.filter((p) => p.location === 'week').map((p) => p.path.slice(0, 17))).toEqual([
      '/d/week/2020/W01/',
      '/d/week/2020/W02/',
    ]);
  });

  test('a week waits for every day of it, though the day is of another month', () => {
    const toy = new Toy().raw('2019-12-31', 'a').raw('2020-01-01', 'b');
    toy.held.add('Day 2019-12-31');
    expect(toy.settle().sort()).toEqual([
      'Copy 2020-01-01',
      'Day 2020-01-01',
      'EachDay 2019-12-31',
      'EachDay 2020-01-01',
      'EachPackage a',
      'EachPackage b',
      'Month 2020-01',
    ]);
    expect(toy.waiting()).toEqual(['Day 2019-12-31', 'Week 2020-W01']);
    toy.held.clear();
    expect(toy.settle()).toEqual(['Day 2019-12-31', 'Month 2019-12', 'Copy 2019-12-31', 'Week 2020-W01', 'InjectWeek 2020-W01']);
  });
});

describe('late data', () => {
  const settled = (): Toy => {
    const toy = new Toy().raw('2020-01-07', 'a').raw('2020-01-08', 'b');
    toy.settle();
    return toy;
  };

  test('runs again what depends on it, and nothing else', () => {
    const toy = settled().raw('2020-01-07', 'late');
    expect(toy.settle().sort()).toEqual([
      'Copy 2020-01-07',
      'Day 2020-01-07',
      'EachDay 2020-01-07',
      'EachPackage late',
      'InjectWeek 2020-W02',
      'Month 2020-01',
      'Week 2020-W02',
    ]);
    expect(toy.look()).toEqual({ ready: [], waiting: [] });
  });

  test('replaces what was made: at the end there is what would be there had it come at first', () => {
    const late = settled().raw('2020-01-07', 'late');
    late.settle();
    const atOnce = new Toy().raw('2020-01-07', 'late').raw('2020-01-08', 'b').raw('2020-01-07', 'a');
    atOnce.settle();
    const paths = (toy: Toy): string[] => toy.packages.map((p) => p.path).sort();
    expect(paths(late)).toEqual(paths(atOnce));
    expect(new Set(paths(late)).size).toBe(late.packages.length);
  });

  test('a week is not made of old and new: it waits for its days', () => {
    const toy = settled().raw('2020-01-07', 'late');
    expect(toy.ready()).toEqual(['Day 2020-01-07', 'EachPackage late']);
    toy.run(toy.look().ready.find((u) => label(u) === 'Day 2020-01-07')!);
    // Copy of the old day is stale now; the week that it belongs to is as it was, but must not be injected again from it.
    expect(toy.ready()).toEqual(['Copy 2020-01-07', 'EachPackage late', 'Month 2020-01']);
  });

  test('the packages that are replaced are named', () => {
    const toy = settled();
    const old = toy.packages.filter((p) => p.location === 'day').map((p) => p.path);
    const unit = toy
      .raw('2020-01-08', 'late')
      .look()
      .ready.find((u) => u.processor.name === 'Day')!;
    expect(unit.supersedes).toEqual([old[1]]);
    expect(unit.inputs).toEqual(['/d/raw/2020/01/08/b', '/d/raw/2020/01/08/late']);
  });
});

describe('units that are held', () => {
  test('wait, and so does all that comes after them on that day', () => {
    const toy = new Toy().raw('2020-01-07', 'a').raw('2020-01-08', 'b');
    toy.held.add('EachPackage a').add('Copy 2020-01-08');
    toy.settle();
    expect(toy.waiting()).toEqual(['Copy 2020-01-08', 'EachPackage a', 'Week 2020-W02']);
    expect(toy.packages.filter((p) => p.location === 'eachday').map((p) => formatPeriod(p.period))).toEqual(['2020-01-08']);
  });

  test('one package that is held does not hold up the others of its day', () => {
    const toy = new Toy().raw('2020-01-07', 'a').raw('2020-01-07', 'b');
    toy.held.add('EachPackage a');
    expect(toy.ready()).toEqual(['Day 2020-01-07', 'EachPackage b']);
    toy.settle();
    expect(toy.waiting()).toEqual(['EachDay 2020-01-07', 'EachPackage a']);
  });
});

test('a unit has the same key as long as it makes the same thing, whatever it is made of', () => {
  const key = (name: string, granularity: Granularity, date: string, inputs: readonly string[]): string =>
    unitKey(topology.processor(name), periodOf(granularity, parseDay(date)), inputs);
  expect(key('Day', 'day', '2020-01-07', ['/a'])).toBe(key('Day', 'day', '2020-01-07', ['/a', '/b']));
  expect(key('Day', 'day', '2020-01-07', ['/a'])).not.toBe(key('Day', 'day', '2020-01-08', ['/a']));
  expect(key('Day', 'day', '2020-01-07', ['/a'])).not.toBe(key('Copy', 'day', '2020-01-07', ['/a']));
  expect(key('Week', 'week', '2020-01-07', [])).toBe(key('Week', 'week', '2020-01-08', []));
  expect(key('EachPackage', 'day', '2020-01-07', ['/a'])).not.toBe(key('EachPackage', 'day', '2020-01-07', ['/b']));
});
