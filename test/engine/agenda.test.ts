/* An agenda that is kept up with changes says what one made anew of the same packages says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agenda } from '#engine/agenda.js';
import { readinessOf } from '#engine/readiness.js';
import { parseDay, periodOf } from '#engine/period.js';
import { outputPath, withoutBeans, type WorkPackage } from '#engine/work-package.js';
import { topology } from '../support/words.js';

const MONDAY = parseDay('2020-01-06');
const open = { closed: () => true, held: () => false };

function raw(day: number, n: number): WorkPackage {
  return {
    path: `/toy/lines/2020/01/${String(6 + day).padStart(2, '0')}/test-${n}`,
    location: 'lines',
    period: periodOf('day', MONDAY + day),
    state: 'complete',
    createdAt: 0,
    inputs: [],
    parts: [],
    beans: { Line: 1 },
    counters: {},
  };
}

/** Packages that change as random steps say, and an agenda that is told of it. */
class World {
  readonly packages = new Map<string, WorkPackage>();
  readonly agenda = new Agenda(topology, () => []);
  #n = 0;

  list(location: string): WorkPackage[] {
    return [...this.packages.values()].filter((p) => p.location === location).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  change(created: readonly WorkPackage[], removed: readonly string[]): void {
    const before = [...removed, ...created.map((p) => p.path)].flatMap((at) => this.packages.get(at) ?? []);
    for (const at of removed) this.packages.delete(at);
    for (const p of created) this.packages.set(p.path, p);
    this.agenda.apply(created, before);
  }

  step(choice: number, which: number): void {
    const all = [...this.packages.values()];
    const p = all[which % Math.max(1, all.length)];
    if (choice < 3 || p === undefined) this.change([raw(which % 9, this.#n++)], []);
    else if (choice === 3) this.change([], [p.path]);
    else if (choice === 4) this.change([withoutBeans(p)], []);
    else {
      const { ready } = readinessOf(this.agenda, open);
      const unit = ready[which % Math.max(1, ready.length)];
      if (unit === undefined) return;
      const { processor, period, inputs, supersedes } = unit;
      const path = outputPath('toy', processor.output, topology.location(processor.output).layout, processor.name, period, inputs);
      this.change(
        [{ ...raw(0, 0), path, location: processor.output, period, inputs }],
        supersedes.filter((at) => at !== path),
      );
    }
  }
}

test('after any changes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(200)), { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const [choice, which] of steps) world.step(choice, which);
      const fresh = new Agenda(topology, (location) => world.list(location));
      const seen = (agenda: Agenda): unknown => {
        const { ready, waiting } = readinessOf(agenda, open);
        const plain = (list: typeof ready): unknown =>
          list
            .map(({ processor, ...u }) => ({ ...u, processor: processor.name, supersedes: u.supersedes.toSorted() }))
            .sort((a, b) => (a.key < b.key ? -1 : 1));
        return { ready: plain(ready), waiting: plain(waiting) };
      };
      expect(seen(world.agenda)).toEqual(seen(fresh));
      for (const name of topology.processors.keys()) expect(world.agenda.units(name)).toHaveLength(fresh.units(name).length);
    }),
    { numRuns: 200 },
  );
});

test('what came late to purged beans waits, and holds nobody up', () => {
  const world = new World();
  world.change([raw(0, 1), raw(1, 2)], []);
  for (let i = 0; i < 20; i++) world.step(9, 0);
  expect(readinessOf(world.agenda, open)).toEqual({ ready: [], waiting: [] });
  world.change([withoutBeans(world.list('lines')[0]!)], []);
  expect(readinessOf(world.agenda, open)).toEqual({ ready: [], waiting: [] });
  world.change([raw(0, 3), raw(1, 4)], []);
  const { ready, waiting } = readinessOf(world.agenda, open);
  expect(ready.map((u) => `${u.processor.name} ${u.period.first - MONDAY}`).sort()).toEqual(['Count 1', 'Shout 0', 'Shout 1']);
  expect(waiting.map((u) => [u.processor.name, u.purged])).toEqual([['Count', '/toy/lines/2020/01/06/test-1']]);
  for (let i = 0; i < 20; i++) world.step(9, 0);
  expect(readinessOf(world.agenda, open).waiting.map((u) => u.processor.name)).toEqual(['Count']);
});
