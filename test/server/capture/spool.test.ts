/** What is on the disk, when, and under which name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { zone } from '#engine/index.js';
import { Spool, type SpoolOptions } from '#server/capture/spool/spool.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { dataFiles, spoolLines } from './capturing.js';
import { failSync } from './failing-sync.js';
import { soon } from '../../support/soon.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 2, 2, 12);

interface Opened {
  readonly spool: Spool;
  readonly folder: string;
  readonly closed: string[];
  readonly troubles: (string | undefined)[];
  now: number;
  /** Add a line and wait until it is answered; rejects where it is refused. */
  add(n: number): Promise<void>;
}

async function opened(own: Partial<SpoolOptions> = {}, folder = temporaryFolder()): Promise<Opened> {
  const closed: string[] = [];
  const troubles: (string | undefined)[] = [];
  const state = { now: NOON };
  const { spool } = await Spool.open({
    folder: path.join(folder, 'spool'),
    zone: zone('UTC'),
    thresholdMs: HOUR,
    commitMs: 5,
    clock: () => state.now,
    onClosed: (at) => closed.push(at),
    onTrouble: (error) => troubles.push(error?.message),
    ...own,
  });
  const add = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      spool.append(`{"n":${n}}\n`, 1, state.now, (error) => (error === undefined ? resolve() : reject(error)));
    });
  return Object.assign(state, { spool, folder, closed, troubles, add });
}

const numbers = (folder: string, location: 'oirawdata' | 'sesrawdata'): unknown[] => spoolLines(folder, location).map((line) => line['n']);

test('a line is in both files when it is answered, and what comes together is written together', async () => {
  const { spool, folder, add } = await opened();
  const all = Array.from({ length: 50 }, (_, n) => add(n));
  expect(spool.waiting).toBe(50);
  await Promise.all(all);
  expect({ waiting: spool.waiting, bytes: spool.waitingBytes }).toEqual({ waiting: 0, bytes: 0 });
  for (const location of ['oirawdata', 'sesrawdata'] as const) {
    expect(numbers(folder, location)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(dataFiles(folder, location).map(({ file }) => file)).toEqual([
      expect.stringMatching(new RegExp(`^${location}/2026/03/02/sensor-00000\\d-${NOON}/data\\.txt\\.temp$`)),
    ]);
  }
  await spool.close();
  expect(dataFiles(folder, 'oirawdata')[0]?.file).toMatch(/\/data\.txt$/);
});

test('packages of oirawdata end by the threshold, those of sesrawdata at midnight', async () => {
  const spooled = await opened();
  const { spool, folder, closed, add } = spooled;
  await add(1);
  spooled.now += HOUR - 1;
  await spool.tick();
  expect(closed).toEqual([]);
  spooled.now += 1;
  await spool.tick();
  expect(closed).toEqual([`oirawdata/2026/03/02/sensor-000002-${NOON}`]);
  await add(2);
  spooled.now = NOON + 12 * HOUR;
  await spool.tick();
  expect(closed.slice(1)).toEqual([`oirawdata/2026/03/02/sensor-000003-${NOON + HOUR}`, `sesrawdata/2026/03/02/sensor-000001-${NOON}`]);
  await add(3);
  expect(dataFiles(folder, 'sesrawdata').map(({ text }) => text)).toEqual(['{"n":1}\n{"n":2}\n', '{"n":3}\n']);
  expect(dataFiles(folder, 'oirawdata').at(-1)?.file).toContain('oirawdata/2026/03/03/');
  await spool.close();
});

test('midnight is the dataset’s, and lines from before it are in the day’s packages though they are written after', async () => {
  const spooled = await opened({ zone: zone('America/New_York') });
  const { spool, folder, add } = spooled;
  spooled.now = Date.UTC(2026, 2, 3, 4, 59, 59, 999);
  const before = add(1);
  spooled.now += 1;
  await Promise.all([before, add(2), spool.tick()]);
  expect(dataFiles(folder, 'sesrawdata').map(({ file, text }) => [file.slice(11, 21), text])).toEqual([
    ['2026/03/02', '{"n":1}\n'],
    ['2026/03/03', '{"n":2}\n'],
  ]);
  // A clock that is set back does not open yesterday again.
  spooled.now -= 1000;
  await add(3);
  expect(dataFiles(folder, 'sesrawdata').map(({ text }) => text)).toEqual(['{"n":1}\n', '{"n":2}\n{"n":3}\n']);
  await spool.close();
});

test('with a threshold of its own sesrawdata ends together with oirawdata', async () => {
  const spooled = await opened({ thresholdMs: 1000, sessionThresholdMs: 1500 });
  await spooled.add(1);
  spooled.now += 1500;
  await spooled.add(2);
  expect(spooled.closed.map((at) => at.slice(0, 10))).toEqual(['oirawdata/', 'sesrawdata']);
  await spooled.spool.close();
  expect(numbers(spooled.folder, 'sesrawdata')).toEqual([1, 2]);
});

test('no number is given twice, also when the packages are gone', async () => {
  const first = await opened();
  await first.add(1);
  await first.spool.close();
  for (const location of ['oirawdata', 'sesrawdata']) rmSync(path.join(first.folder, 'spool', location), { recursive: true });
  const second = await opened({}, first.folder);
  await second.add(2);
  await second.spool.close();
  expect([...first.closed, ...second.closed].map((at) => /sensor-(\d+)/.exec(at)?.[1])).toEqual(['000002', '000001', '000004', '000003']);
  // The file is lost: the packages that are there tell.
  writeFileSync(path.join(first.folder, 'spool/sensor.number'), '');
  const third = await opened({}, first.folder);
  await third.add(3);
  await third.spool.close();
  expect(third.closed[0]).toContain('sensor-000006-');
});

test('what a crash left open is closed at the next start, and new lines go into new packages', async () => {
  const first = await opened();
  await first.add(1);
  // As if it had been killed: the files stay open, and one has half a line more.
  const [file] = dataFiles(first.folder, 'oirawdata');
  const open = path.join(first.folder, 'spool', file!.file);
  writeFileSync(open, `${readFileSync(open, 'utf8')}{"n":`);
  const second = await opened({}, first.folder);
  await second.add(2);
  await second.spool.close();
  expect(dataFiles(first.folder, 'oirawdata').map(({ text }) => text)).toEqual(['{"n":1}\n', '{"n":2}\n']);
  expect(readFileSync(path.join(path.dirname(open), 'data.txt.torn'), 'utf8')).toBe('{"n":');
});

describe('a disk that fails', () => {
  test('a folder that cannot be made: lines are refused, then taken again', async () => {
    const { spool, folder, troubles, add } = await opened();
    const blocked = path.join(folder, 'spool/oirawdata/2026');
    writeFileSync(blocked, 'in the way');
    await expect(add(1)).rejects.toThrow('cannot be used');
    expect(spool.takes).toBe(false);
    expect(spool.trouble).toMatchObject({ code: 'TM_ERR_SPOOL' });
    rmSync(blocked);
    await soon(() => expect(spool.takes).toBe(true));
    await add(2);
    expect(troubles).toEqual([expect.stringContaining('spool'), undefined]);
    expect(numbers(folder, 'oirawdata')).toEqual([2]);
    expect(numbers(folder, 'sesrawdata')).toEqual([2]);
    await spool.close();
  });

  test('a package that cannot be made does not stay, and no line is doubled by a crash after it', async () => {
    const { spool, folder, add } = await opened();
    // That of oirawdata's data file: before it are two of the number, seven of sesrawdata's package, two of the number and its twin.
    failSync(13);
    await expect(add(1)).rejects.toThrow('EIO');
    expect(dataFiles(folder, 'oirawdata')).toEqual([]);
    await soon(() => expect(spool.takes).toBe(true));
    await Promise.all([add(2), add(3)]);
    expect(dataFiles(folder, 'oirawdata')).toHaveLength(1);
    // As if it had been killed.
    const second = await opened({}, folder);
    await second.spool.close();
    expect(numbers(folder, 'oirawdata')).toEqual([2, 3]);
    expect(numbers(folder, 'sesrawdata')).toEqual([2, 3]);
  });

  test.each([
    ['and its package is there', () => undefined],
    ['and its package is taken away', (at: string) => rmSync(at, { recursive: true })],
  ])('a package that gets its name, but not safely, is closed later: %s', async (_, meanwhile) => {
    const spooled = await opened();
    const { spool, folder, closed, add } = spooled;
    await add(1);
    const first = spool.openPackage!.package;
    spooled.now += HOUR;
    failSync(1);
    await expect(add(2)).rejects.toThrow('EIO');
    meanwhile(path.join(folder, 'spool', first));
    await soon(() => expect(spool.takes).toBe(true));
    // A clock that is set back does not make it open again.
    spooled.now -= HOUR;
    await add(3);
    expect(closed).toEqual([first]);
    expect(spool.openPackage).toMatchObject({ lines: 1 });
    expect(numbers(folder, 'oirawdata').at(-1)).toBe(3);
    expect(dataFiles(folder, 'oirawdata').at(-1)?.text).toBe('{"n":3}\n');
    await spool.close();
    expect(numbers(folder, 'sesrawdata')).toEqual([1, 3]);
  });

  test('a full disk: nothing that was refused is there, nothing that was answered is lost', async ({ skip, onTestFinished }) => {
    const disk = path.join(temporaryFolder(), 'disk');
    mkdirSync(disk);
    if (process.getuid?.() !== 0 || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', disk]).status !== 0)
      return skip('this user cannot mount a small file system');
    onTestFinished(() => void spawnSync('umount', ['-l', disk]));
    const { spool, folder } = await opened({}, disk);
    const long = 'x'.repeat(20_000);
    const answered: number[] = [];
    const put = (n: number): Promise<boolean> =>
      new Promise((resolve) => {
        spool.append(`{"n":${n},"long":"${long}"}\n`, 1, NOON, (error) => resolve(error === undefined));
      });
    let n = 0;
    while (await put(++n)) answered.push(n);
    expect(answered.length).toBeGreaterThan(3);
    expect(spool.trouble).toMatchObject({ code: 'TM_ERR_SPOOL', cause: { code: 'ENOSPC' } });
    expect(spawnSync('mount', ['-o', 'remount,size=2m', disk]).status).toBe(0);
    await soon(() => expect(spool.takes).toBe(true));
    expect(await put(++n)).toBe(true);
    answered.push(n);
    await spool.close();
    expect(numbers(folder, 'oirawdata')).toEqual(answered);
    expect(numbers(folder, 'sesrawdata')).toEqual(answered);
  });
});

test('a spool that cannot be made', async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'spool'), '');
  await expect(opened({}, folder)).rejects.toMatchObject({ code: 'TM_ERR_SPOOL' });
  expect(existsSync(path.join(folder, 'spool/oirawdata'))).toBe(false);
});
