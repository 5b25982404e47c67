/* What comes late runs again what depends on it, and open periods wait: the sums end as if all had been there at first. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { databaseOf, importing, linesOf, NOW, prepareDataset, processing, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';
import { tablesOf } from './tables.js';
import { formatPeriod, type Drained } from '#engine/index.js';
import type { Dataset } from '#server/dataset.js';

/** `processor period` of each job. */
const units = ({ succeeded }: Drained): string[] => succeeded.map((job) => `${job.processor} ${formatPeriod(job.period)}`).sort();

/** Every package of a processor is of one that is there, one a period, and its files are where the store says. */
function isCurrent({ store, topology }: Dataset): void {
  for (const { name, layout } of topology.locations.values()) {
    const packages = store.packages(name);
    if (topology.producerOf(name) !== undefined && layout !== 'day-time') {
      const periods = packages.map((p) => p.period.first);
      expect(periods, name).toEqual([...new Set(periods)]);
    }
    for (const p of packages) {
      for (const input of p.inputs) expect(store.package(input), `${input} of ${p.path}`).toBeDefined();
      for (const { file } of store.files(p)) expect(existsSync(file), file).toBe(true);
    }
  }
}

test('late lines of one day make that day, its week and its month again, and nothing else', async () => {
  const data = temporaryFolder();
  const lines = linesOf(trafficBytes({ impressions: 2000, days: 4, start: '2016-02-27', seed: 31 }));
  const dayOf = (l: Buffer): string => new Date((JSON.parse(l.toString()) as { time: number }).time).toISOString().slice(0, 10);
  const isLate = (l: Buffer, i: number): boolean => dayOf(l) === '2016-02-28' && i % 5 === 0;
  const early = path.join(data, 'early.jsonl');
  const late = path.join(data, 'late.jsonl');
  writeFileSync(early, Buffer.concat(lines.filter((l, i) => !isLate(l, i))));
  writeFileSync(late, Buffer.concat(lines.filter(isLate)));
  prepareDataset(data);
  await working(data, {}, async (workshop, dataset) => {
    await importing(workshop, [early]);
    await processing(workshop);
    const before = dataset.store.packages('visdata');
    const files = before.flatMap((p) => dataset.store.files(p).map((f) => f.file));
    expect(await differences(databaseOf(data), [early])).toEqual([]);

    await importing(workshop, [late]);
    expect(units(await processing(workshop))).toEqual(
      [
        ...[
          'OIProcessor',
          'OIInjection',
          'SessionMerger',
          'SessionProcessor',
          'SessionInjection',
          'VisitorMerger',
          'VisitorProcessor',
          'VisitorInjection',
          'VisitorWeekMerger',
        ].map((processor) => `${processor} 2016-02-28`),
        'VisitorWeekProcessor 2016-W08',
        'VisitorWeekInjection 2016-W08',
        'VisitorMonthProcessor 2016-02',
        'VisitorMonthInjection 2016-02',
      ].sort(),
    );
    isCurrent(dataset);
    const after = dataset.store.packages('visdata').map((p) => p.path);
    const superseded = before.filter((p) => !after.includes(p.path));
    expect(superseded).toHaveLength(1);
    expect(files.filter((file) => !existsSync(file))).toEqual(dataset.store.files(superseded[0]!).map((f) => f.file));
  });
  expect(await differences(databaseOf(data), [early, late])).toEqual([]);
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
});

test('many late imports, processed in between or not, in any order', async () => {
  const lines = linesOf(trafficBytes({ impressions: 900, days: 2, start: '2016-02-29', seed: 32 }));
  const folder = temporaryFolder();
  const pieces = [0, 1, 2, 3].map((k) => {
    const at = path.join(folder, `piece-${k}.jsonl`);
    // Line by line to four files: every session is torn apart.
    writeFileSync(at, Buffer.concat(lines.filter((_, i) => (i * 7) % 4 === k)));
    return at;
  });
  const results = [];
  for (const [n, order] of [
    [0, 1, 2, 3],
    [3, 1, 0, 2],
  ].entries()) {
    const data = path.join(folder, `dataset-${n}`);
    prepareDataset(data, { zone: 'America/New_York' });
    await working(data, {}, async (workshop, dataset) => {
      for (const k of order) {
        await importing(workshop, [pieces[k]!]);
        if (k % 2 === 1) await processing(workshop);
      }
      await processing(workshop);
      isCurrent(dataset);
    });
    expect(
      await differences(
        databaseOf(data),
        order.map((k) => pieces[k]!),
        { zone: 'America/New_York' },
      ),
    ).toEqual([]);
    const { injection, ...tables } = await tablesOf(databaseOf(data));
    expect(injection).toBeDefined();
    results.push(tables);
  }
  expect(results[1]).toEqual(results[0]);
});

test('without --close the periods that are open by the clock of the zone wait, and the rest is done', async () => {
  const data = temporaryFolder();
  const lines = path.join(data, 'lines.jsonl');
  writeFileSync(lines, trafficBytes({ impressions: 1200, days: 5, start: '2016-02-27', seed: 33 }));
  prepareDataset(data, { zone: 'America/New_York' });
  let now = NOW;
  await working(data, { clock: () => now }, async (workshop) => {
    await importing(workshop, [lines]);
    const done = async (at: string): Promise<{ day: string[]; week: string[]; month: string[]; waiting: number }> => {
      now = Date.parse(at);
      const drained = await workshop.process({ close: false });
      expect(drained.failed).toEqual([]);
      const of = (processor: string): string[] =>
        units(drained).flatMap((u) => (u.startsWith(`${processor} `) ? [u.slice(processor.length + 1)] : []));
      return {
        day: of('VisitorInjection'),
        week: of('VisitorWeekInjection'),
        month: of('VisitorMonthInjection'),
        waiting: drained.waiting.length,
      };
    };
    // In New York it is the 1st of March until 5:00 UTC of the 2nd.
    expect(await done('2016-03-01T04:59:59.999Z')).toMatchObject({
      day: ['2016-02-26', '2016-02-27', '2016-02-28'],
      week: ['2016-W08'],
      month: [],
    });
    expect(await done('2016-03-01T05:00:00Z')).toMatchObject({ day: ['2016-02-29'], week: [], month: ['2016-02'] });
    expect(await done('2016-03-01T12:00:00Z')).toMatchObject({ day: [], week: [], month: [] });
    expect(await done('2016-03-03T05:00:00Z')).toMatchObject({ day: ['2016-03-01', '2016-03-02'], week: [], month: [] });
    expect(await done('2016-03-07T05:00:00Z')).toEqual({ day: [], week: ['2016-W09'], month: [], waiting: 1 });
    expect(await done('2016-04-01T03:59:59Z')).toEqual({ day: [], week: [], month: [], waiting: 1 });
    expect(await done('2016-04-01T04:00:00Z')).toEqual({ day: [], week: [], month: ['2016-03'], waiting: 0 });
  });
  expect(await differences(databaseOf(data), [lines], { zone: 'America/New_York' })).toEqual([]);
});
