/* Pages are whole and stable: what was there all the time comes once, in order, while jobs and packages come and go. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobOverview } from '#server/api/overview/job-overview.js';
import { SortedKeys } from '#server/api/overview/sorted-keys.js';
import { allPages, clientOf, processedData, startOn } from './api.js';
import { jobOf, stateOf } from '../../support/resting-service.js';
import { endOf, type Job } from '#engine/index.js';

const STORE = { createdAt: 1_700_000_000_000, dataset: 'analytics' };

const job = fc.record({
  state: fc.constantFrom(...(['scheduled', 'running', 'succeeded', 'failed', 'cancelled'] as const)),
  period: fc.record({
    granularity: fc.constantFrom(...(['day', 'week', 'month'] as const)),
    first: fc.integer({ min: 16_000, max: 16_040 }),
  }),
});
const filter = fc.record(
  {
    processors: fc.subarray(['A', 'B', 'C']).map((names) => new Set(names)),
    state: fc.constantFrom(...(['running', 'succeeded', 'failed'] as const)),
    from: fc.integer({ min: 15_990, max: 16_050 }),
    to: fc.integer({ min: 15_990, max: 16_050 }),
  },
  { requiredKeys: [] },
);

test('the index of jobs finds what a search of all of them finds, however they came in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), job), { maxLength: 80 }),
      filter,
      fc.nat(80),
      (events, wanted, stored) => {
        const all = new Map<number, Job>();
        const take = (n: number, about: Partial<Job>): Job => {
          const made = jobOf(STORE, n, { ...about, processor: 'ABC'[n % 3] as string });
          all.set(n, made);
          return made;
        };
        const initial = new Map(events.slice(0, stored).map(([n, about]) => [n, take(n, about)] as const));
        const overview = new JobOverview({ createdAt: STORE.createdAt, job: (id) => all.get(Number(id.slice(-6))) }, initial.values());
        for (const [n, about] of events.slice(stored)) overview.apply(take(n, about));
        const { processors, state, from = -Infinity, to = Infinity } = wanted;
        const expected = [...all.values()]
          .filter((j) => processors === undefined || processors.has(j.processor))
          .filter((j) => state === undefined || j.state === state)
          .filter((j) => j.period.first <= to && endOf(j.period) > from)
          .map((j) => j.id)
          .sort()
          .reverse();
        expect([...overview.find(wanted)].map((j) => j.id)).toEqual(expected);
        for (const name of ['A', 'B', 'C']) {
          const states = Object.entries(overview.countsOf(name)).flatMap(([s, n]) => Array.from({ length: n }, () => s));
          const own = [...all.values()].filter((j) => j.processor === name).map((j) => j.state);
          expect(states.sort()).toEqual(own.sort());
        }
      },
    ),
  );
});

test('keys are paged from the greatest down', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 3 }))),
      fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
      (steps, below) => {
        const keys = new SortedKeys(['m', 'a', 'm']);
        const model = new Set(['m', 'a']);
        for (const [add, key] of steps) {
          if (add) keys.add(key);
          else keys.delete(key);
          if (add) model.add(key);
          else model.delete(key);
        }
        expect(keys.size).toBe(model.size);
        expect([...keys.below(below)]).toEqual(
          [...model]
            .filter((key) => below === undefined || key < below)
            .sort()
            .reverse(),
        );
      },
    ),
  );
});

test('pages over HTTP hold every job that was there all the time, while jobs come in and change', async () => {
  const api = await startOn(await processedData(100));
  const ask = await clientOf(api.url);
  const { service } = api;
  const { store } = service.dataset;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.array(fc.boolean(), { maxLength: 3 }), { maxLength: 30 }),
        async (limit, arrivals) => {
          const there = store.jobs().map((j) => j.id);
          const batches = [...arrivals];
          const between = async (): Promise<void> => {
            for (const isNew of batches.shift() ?? []) {
              const n = isNew ? await store.next('job') : 1 + (batches.length % there.length);
              const old = store.jobs()[n - 1];
              await service.put([
                isNew || old === undefined ? jobOf(store, n, { state: stateOf(n) }) : { ...old, attempt: old.attempt + 1 },
              ]);
            }
          };
          const seen = (await allPages((at) => ask('GET', at), `/api/v1/jobs?limit=${limit}`, between)).map((j: { id: string }) => j.id);
          expect(seen).toEqual([...new Set(seen)].sort().reverse());
          expect(there.filter((id) => !seen.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  } finally {
    await api.end();
  }
});
