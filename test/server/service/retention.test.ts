/* Beans go when they are old enough, and not before nobody needs them. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { line, prepareDataset } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ManualClock, serving, spooled } from '../../support/service.js';
import { tidemillJson } from '../../support/tidemill.js';
import { soon } from '../../support/soon.js';

const DAY = '2026-03-02';
const HOUR = 3_600_000;
const START = Date.parse(`${DAY}T00:00:00Z`);
const at = (time: string): number => Date.parse(`${time}Z`);

test('raw data and visitors: kept while a week or month is open, purged after, and the sums stay right', async () => {
  const data = temporaryFolder();
  prepareDataset(data, { settings: { retention: { sesrawdata: { keep: '1d' }, visdata: { keep: '2d' } } } });
  const clock = new ManualClock(START + HOUR);
  await serving(data, clock, async ({ service, settled, log }) => {
    const { store } = service.dataset;
    const retention = (location: string) => service.status().retention.find((r) => r.location === location);
    spooled(data, 'oirawdata', DAY, 1, line(START));
    spooled(data, 'sesrawdata', DAY, 2, line(START));
    await settled();
    clock.set(at('2026-03-03T12:00:00'));
    await settled();
    clock.pass(HOUR);
    expect(store.packages('sesrawdata').map((p) => p.state)).toEqual(['complete']);

    // A day after its end it is old enough, and through.
    const [file] = store.packages('sesrawdata').flatMap((p) => store.files(p));
    clock.set(at('2026-03-04T01:30:00'));
    await soon(() => expect(retention('sesrawdata')).toEqual({ location: 'sesrawdata', keepMs: 24 * HOUR, purged: 1, held: 0 }));
    expect(existsSync(file!.file)).toBe(false);
    expect(store.packages('sesrawdata')).toEqual([
      expect.objectContaining({ state: 'purged', parts: [], beans: { RawSensorCallBean: 1 } }),
    ]);
    expect(log).toContainEqual(expect.objectContaining({ msg: 'beans are purged', location: 'sesrawdata', packages: 1 }));

    // The month needs the visitors of each of its days.
    clock.set(at('2026-03-20T12:00:00'));
    await settled();
    clock.pass(HOUR);
    await soon(() =>
      expect(retention('visdata')).toMatchObject({ purged: 0, held: 1, reason: 'VisitorMonthProcessor 2026-03 has not run yet' }),
    );
    expect(log).toContainEqual(expect.objectContaining({ location: 'visdata', reason: 'VisitorMonthProcessor 2026-03 has not run yet' }));
    clock.set(at('2026-04-01T12:00:00'));
    await settled();
    clock.pass(HOUR);
    await soon(() => expect(retention('visdata')).toMatchObject({ purged: 1, held: 0 }));
    const jobs = store.jobs().length;

    // What comes late to it is kept, and told of: the sessions that it belongs to are gone.
    spooled(data, 'sesrawdata', DAY, 3, line(START, { visitor: 'late' }));
    await settled();
    clock.pass(HOUR);
    await soon(() =>
      expect(retention('sesrawdata')).toMatchObject({ purged: 1, held: 1, reason: expect.stringContaining('came after') as string }),
    );
    expect(store.jobs()).toHaveLength(jobs);
    await expect(service.rerun({ processor: 'SessionMerger', period: DAY })).rejects.toMatchObject({ code: 'TM_ERR_NOTHING_TO_RERUN' });
    await expect(service.rerun({ processor: 'VisitorMonthProcessor' })).rejects.toMatchObject({ code: 'TM_ERR_NOTHING_TO_RERUN' });
  });
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    expect(service.dataset.store.jobs().every((j) => j.state === 'succeeded')).toBe(true);
  });
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true }]);
});

test('impressions with ids: kept as long as one that comes late with the same id would be counted', async () => {
  const data = temporaryFolder();
  const log = (name: string, ids: readonly string[]): void =>
    writeFileSync(path.join(data, name), ids.map((id) => line(START, id === '' ? {} : { id })).join(''));
  prepareDataset(data, {
    settings: {
      sources: [{ path: path.join(data, '*.txt'), cron: '0 * * * *' }],
      retention: Object.fromEntries(
        ['oirawdata', 'oiprocessed', 'sesrawdata'].map((name) => [name, { keep: name === 'sesrawdata' ? '9d' : '1d' }]),
      ),
    },
  });
  log('a.txt', ['1', '2']);
  log('b.txt', ['']);
  const clock = new ManualClock(at('2026-03-03T00:30:00'));
  await serving(data, clock, async ({ service, settled }) => {
    const { store } = service.dataset;
    const states = (location: string) => store.packages(location).map((p) => `${p.state} ${p.beans['TransferObject'] ?? 0}`);
    const seen = (n: number) => soon(() => expect(service.status().agent.sources[0]).toMatchObject({ lines: n }));
    clock.pass(HOUR);
    await seen(3);
    await settled();
    clock.set(at('2026-03-04T02:00:00'));
    await settled();
    clock.pass(HOUR);
    // Nothing says that oiprocessed goes before oirawdata: sesrawdata is there for a week more.
    await soon(() =>
      expect(service.status().retention[0]).toMatchObject({ held: 1, reason: expect.stringContaining('ids that come late') as string }),
    );
    expect(states('oirawdata').toSorted()).toEqual(['complete 2', 'purged 1']);

    log('late.txt', ['2', '1', '3']);
    clock.pass(HOUR);
    await seen(6);
    await settled();
    expect(store.packages('oirawdata').map((p) => p.counters['duplicate'])).toContain(2);
    clock.set(at('2026-03-12T12:00:00'));
    await settled();
    clock.pass(HOUR);
    await soon(() => expect(service.status().retention[0]).toMatchObject({ location: 'oirawdata', purged: 3 }));
  });
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true }]);
});
