/* From the spool into the locations: every line once, whatever is met on the way. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { RejectedLine } from '#server/acquisition/rejected-line.js';
import { checkLine } from '#server/capture/spool/checks.js';
import { findPackages } from '#server/capture/spool/names.js';
import { beansOf, readPart, type WorkPackage } from '#engine/index.js';
import type { Dataset } from '#server/dataset.js';
import { line, prepareDataset } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ManualClock, serving, spooled } from '../../support/service.js';
import { soon } from '../../support/soon.js';

const DAY = '2026-03-02';
const NOON = Date.parse(`${DAY}T12:00:00Z`);

function dataset(settings: object = {}): string {
  const data = temporaryFolder();
  prepareDataset(data, { settings });
  return data;
}

/** The objects of the impressions of a location. */
function objects({ store, topology }: Dataset, location: string): unknown[] {
  const type = topology.location(location).holds[0]!;
  const all = store.packages(location).flatMap((p) => store.files(p).flatMap((f) => [...readPart(f)]));
  return all.flatMap((b) => [...beansOf(type, b)].map((bean) => bean['object'])).toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

const plain = ({ path: at, beans, counters }: WorkPackage): unknown => ({ at, beans, counters });

test('a package keeps its name, counts what it refused, and leaves nothing behind', async () => {
  const data = dataset();
  const lines = `${line(NOON, { object: '/a', id: '1' })}no line\n${line(NOON, { object: '/b', id: '1' })}${line(NOON, { object: '/c', extra: 1 })}`;
  spooled(data, 'oirawdata', DAY, 7, lines);
  spooled(data, 'sesrawdata', DAY, 8, lines);
  await serving(data, new ManualClock(NOON), async ({ service, settled, events }) => {
    await settled();
    const { store } = service.dataset;
    const name = (n: number): string => `sensor-00000${n}-${Date.parse(DAY)}`;
    expect(store.packages('oirawdata').map(plain)).toEqual([
      {
        at: `/analytics/oirawdata/2026/03/02/${name(7)}`,
        beans: { TransferObject: 2 },
        counters: { read: 4, accepted: 2, rejected: 1, filtered: 0, duplicate: 1, unknown_fields: 1, with_id: 2, 'rejected:json': 1 },
      },
    ]);
    expect(store.packages('sesrawdata').map(plain)).toEqual([
      {
        at: `/analytics/sesrawdata/2026/03/02/${name(8)}`,
        beans: { RawSensorCallBean: 2 },
        counters: { read: 2, accepted: 2, with_id: 2 },
      },
    ]);
    expect(objects(service.dataset, 'sesrawdata')).toEqual(['/a', '/c']);
    expect(store.packages('oirawdata')[0]!.rejects?.blocks[0]?.records).toBe(1);
    expect(await findPackages(path.join(data, 'analytics/spool'), 'oirawdata')).toEqual([]);
    expect(service.status().agent).toMatchObject({ state: 'idle', packagesMoved: 2, linesMoved: 8, waiting: 0, lastMovedAt: NOON });
    expect(events.filter((e) => e.kind === 'package').map((e) => e.location)).toEqual(expect.arrayContaining(['oirawdata', 'sesrawdata']));
  });
});

test('lines of several days make a package on each; what is open, or empty, makes none', async () => {
  const data = dataset();
  spooled(data, 'oirawdata', DAY, 1, `${line(NOON)}${line(NOON - 86_400_000)}`);
  spooled(data, 'oirawdata', DAY, 2, '');
  spooled(data, 'oirawdata', DAY, 3, 'nothing but this\n');
  const open = path.join(data, 'analytics/spool/oirawdata/2026/03/02/sensor-000004-1');
  mkdirSync(open, { recursive: true });
  writeFileSync(path.join(open, 'data.txt.temp'), line(NOON));
  await serving(data, new ManualClock(NOON), async ({ service, settled }) => {
    await settled();
    const made = service.dataset.store.packages('oirawdata');
    expect(made.map((p) => [p.path.split('/').slice(3).join('/'), p.counters['read'], p.counters['accepted']])).toEqual([
      [`2026/03/01/sensor-000001-${Date.parse(DAY)}`, 1, 1],
      [`2026/03/02/sensor-000001-${Date.parse(DAY)}`, 1, 1],
      [`2026/03/02/sensor-000003-${Date.parse(DAY)}`, 1, 0],
    ]);
    expect(readdirSync(open)).toEqual(['data.txt.temp']);
  });
});

test('of the days before yesterday no folder is left, whenever they were emptied', async () => {
  const data = dataset();
  const clock = new ManualClock(NOON);
  const folders = (): string[] => readdirSync(path.join(data, 'analytics/spool'), { recursive: true, encoding: 'utf8' }).toSorted();
  spooled(data, 'oirawdata', DAY, 1, line(NOON));
  spooled(data, 'oirawdata', '2026-03-01', 2, line(NOON));
  spooled(data, 'oirawdata', '2026-02-28', 3, line(NOON));
  spooled(data, 'oirawdata', '2026-02-28', 4, line(NOON));
  spooled(data, 'sesrawdata', '2025-12-31', 5, line(NOON));
  await serving(data, clock, async ({ settled }) => {
    await settled();
    expect(folders()).toEqual([
      'oirawdata',
      'oirawdata/2026',
      'oirawdata/2026/03',
      'oirawdata/2026/03/01',
      'oirawdata/2026/03/02',
      'sesrawdata',
    ]);
    clock.pass(2 * 86_400_000);
    await settled();
    expect(folders()).toEqual(['oirawdata', 'sesrawdata']);
  });
});

test('an id counts once a day in each location, across packages and starts', async () => {
  const data = dataset();
  const clock = new ManualClock(NOON);
  const of = (...ids: string[]): string => ids.map((id) => line(NOON, { object: `/${id}`, id })).join('');
  spooled(data, 'oirawdata', DAY, 1, of('a', 'b'));
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    spooled(data, 'oirawdata', DAY, 2, of('b', 'c'));
    spooled(data, 'oirawdata', DAY, 3, of('c', 'd', 'd'));
    await settled();
    expect(objects(service.dataset, 'oirawdata')).toEqual(['/a', '/b', '/c', '/d']);
    expect(service.dataset.store.packages('oirawdata').map((p) => p.counters['duplicate'])).toEqual([0, 1, 2]);
  });
  spooled(data, 'sesrawdata', DAY, 4, of('a', 'b', 'b', 'c', 'c', 'd', 'd'));
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    expect(objects(service.dataset, 'sesrawdata')).toEqual(['/a', '/b', '/c', '/d']);
  });
});

test('a package that was moved and is met again is only removed; a torn line is put aside', async () => {
  const data = dataset();
  const at = spooled(data, 'oirawdata', DAY, 1, line(NOON));
  await serving(data, new ManualClock(NOON), async ({ service, settled, log }) => {
    await settled();
    spooled(data, 'oirawdata', DAY, 1, line(NOON));
    const torn = spooled(data, 'sesrawdata', DAY, 2, line(NOON));
    const file = path.join(data, 'analytics/spool', torn, 'data.txt.torn');
    writeFileSync(file, '{"time":1');
    await settled();
    expect(objects(service.dataset, 'oirawdata')).toEqual(['/']);
    expect(existsSync(path.join(data, 'analytics/spool', at))).toBe(false);
    const aside = path.join(data, 'analytics/spool/torn', `${torn.replaceAll('/', '-')}.txt`);
    expect(readFileSync(aside, 'utf8')).toBe('{"time":1');
    expect(log).toContainEqual(expect.objectContaining({ msg: 'a torn line was put aside', file: aside }));
  });
});

test('a batch that is not as it was written is rejected as it is; the others, and packages without checks, are counted', async () => {
  const data = dataset();
  const batches = ['/a', '/b', '/c'].map((object) => line(NOON, { object }) + line(NOON, { object: `${object}/2` }));
  const checks = batches.map((b, i) => checkLine({ offset: i * b.length, length: b.length, crc: crc32(b) })).join('');
  const changed = batches.join('').replace('"/b"', '"/x"');
  const put = (location: string, n: number, lines: string): void => {
    const folder = path.join(data, 'analytics/spool', spooled(data, location, DAY, n, lines));
    writeFileSync(path.join(folder, 'data.txt.crc'), checks);
  };
  put('oirawdata', 1, changed);
  put('sesrawdata', 2, changed);
  spooled(data, 'oirawdata', DAY, 3, line(NOON, { object: '/unchecked' }));
  await serving(data, new ManualClock(NOON), async ({ service, settled, log }) => {
    await settled();
    expect(objects(service.dataset, 'oirawdata')).toEqual(['/a', '/a/2', '/c', '/c/2', '/unchecked']);
    expect(objects(service.dataset, 'sesrawdata')).toEqual(['/a', '/a/2', '/c', '/c/2']);
    const { store } = service.dataset;
    for (const location of ['oirawdata', 'sesrawdata']) {
      const [p] = store.packages(location);
      expect(p?.counters).toMatchObject({ read: 6, accepted: 4, rejected: 2, 'rejected:checksum': 2 });
      const rejects = [...readPart({ file: store.file(p!, p!.rejects!), blocks: p!.rejects!.blocks })];
      const kept = rejects.flatMap((batch) => [...beansOf(RejectedLine, batch)]);
      expect(kept.map((r) => [r['line'], r['reason'], Buffer.from(r['text'] as Uint8Array).toString()])).toEqual([
        [3, 'checksum', line(NOON, { object: '/x' }).trim()],
        [4, 'checksum', line(NOON, { object: '/b/2' }).trim()],
      ]);
    }
    expect(log.filter((l) => l['level'] === 'error' && l['lines'] === 2)).toHaveLength(2);
  });
});

test('one that cannot be taken out of the spool is counted all the same, once, and taken out later', async () => {
  const data = dataset();
  const clock = new ManualClock(NOON);
  await serving(data, clock, async ({ service, settled, log }) => {
    await settled();
    const aside = path.join(data, 'analytics/spool/torn');
    const torn = spooled(data, 'oirawdata', DAY, 1, line(NOON));
    writeFileSync(aside, 'in the way');
    writeFileSync(path.join(data, 'analytics/spool', torn, 'data.txt.torn'), '{"time":1');
    spooled(data, 'oirawdata', DAY, 2, line(NOON, { object: '/other' }));
    const { store } = service.dataset;
    clock.set(NOON + 43_200_000);
    await soon(() => expect(store.packages('oiinjected').map((p) => p.inputs.length)).toEqual([2]));
    expect(service.status().agent).toMatchObject({ state: 'failed', packagesMoved: 2, linesMoved: 2, waiting: 0 });

    rmSync(aside);
    clock.pass(10_000);
    await settled();
    await soon(() => expect(service.status().agent).toMatchObject({ state: 'idle', packagesMoved: 2, linesMoved: 2, waiting: 0 }));
    expect(await findPackages(path.join(data, 'analytics/spool'), 'oirawdata')).toEqual([]);
    expect(readdirSync(aside)).toEqual([`${torn.replaceAll('/', '-')}.txt`]);
    expect(objects(service.dataset, 'oirawdata')).toEqual(['/', '/other']);
    expect(log.filter((l) => l['msg'] === 'a torn line was put aside')).toHaveLength(1);
  });
});

test('a source that can be read does not hide that the spool cannot', async () => {
  const data = dataset({ sources: [{ name: 'shop', path: '*.log', cron: '*/10 * * * *' }] });
  const clock = new ManualClock(NOON);
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    const bad = path.join(data, 'analytics/spool/oirawdata/2026/03/02/sensor-000001-1/data.txt');
    mkdirSync(bad, { recursive: true });
    service.spoolClosed();
    const failed = { state: 'failed', error: { code: 'TM_ERR_IMPORT_DIRECTORY' } };
    await soon(() => expect(service.status().agent).toMatchObject(failed));
    const states: unknown[] = [];
    service.on((event) => event.kind === 'agent' && states.push(event.status.state));
    clock.pass(600_000);
    await soon(() => expect(service.status().agent.sources[0]).toMatchObject({ lastRunAt: NOON + 600_000 }));
    await soon(() => expect(service.status().agent).toMatchObject(failed));
    expect(states).not.toContain('idle');
  });
});

test('an agent that has stopped arms no alarm', async () => {
  const data = dataset({ sources: [{ name: 'shop', path: '*.log', cron: '*/10 * * * *' }] });
  const clock = new ManualClock(NOON);
  let armed = 0;
  await serving(data, clock, async ({ service }) => {
    const arm = clock.at.bind(clock);
    clock.at = (ms, callback) => {
      armed++;
      return arm(ms, callback);
    };
    // It stops while the source is looked at.
    const stopped = new Promise<void>((resolve) => {
      service.on((event) => {
        if (event.kind !== 'agent' || event.status.state !== 'working') return;
        armed = 0;
        resolve(service.close());
      });
    });
    clock.pass(600_000);
    await stopped;
    expect(armed).toBe(0);
  });
});

test('one that cannot be read does not keep the others, and is tried again', async () => {
  const data = dataset();
  const clock = new ManualClock(NOON);
  await serving(data, clock, async ({ service, settled }) => {
    await settled();
    // A folder in the place of the file: no user may be kept out of a file where tests run as root.
    const bad = path.join(data, 'analytics/spool/oirawdata/2026/03/02/sensor-000001-1/data.txt');
    mkdirSync(bad, { recursive: true });
    spooled(data, 'oirawdata', DAY, 2, line(NOON));
    service.spoolClosed();
    await soon(() =>
      expect(service.status().agent).toMatchObject({ state: 'failed', packagesMoved: 1, error: { code: 'TM_ERR_IMPORT_DIRECTORY' } }),
    );
    rmSync(bad, { recursive: true });
    writeFileSync(bad, line(NOON, { object: '/mended' }));
    clock.pass(10_000);
    await settled();
    await soon(() => expect(service.status().agent).toMatchObject({ state: 'idle', packagesMoved: 2 }));
    expect(service.status().agent.error).toBeUndefined();
    expect(objects(service.dataset, 'oirawdata')).toEqual(['/', '/mended']);
  });
});
