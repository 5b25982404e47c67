/* A store whose disk is full: what does not fit is refused before LMDB hears of it. */
import { readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { hasRoom, isDiskFull } from '#engine/store/disk.js';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { canFill, fillDisk, fillStore } from '../../support/full-disk.js';
import { staged } from '../../support/packages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const Word = bean('Word', { word: 'string' });
const full: Error = expect.objectContaining({ code: 'TM_ERR_DISK_FULL' }) as Error;
const open = (folder: string): Promise<LmdbStore> => LmdbStore.open(folder, 'analytics', 'write');

describe.skipIf(!canFill)('a full disk', () => {
  test('refuses packages first, then records; nothing of them is stored, and with room again all goes on', async () => {
    const folder = temporaryFolder();
    const store = await open(folder);
    const add = (name: string): Promise<boolean> =>
      store.commit({ create: [staged(store, `/analytics/loc/2020/01/01/${name}`, '2020-01-01', Word, [[{ word: name }]])] });
    await add('before');
    const disk = fillDisk(folder);
    let packages = 0;
    await expect(
      (async () => {
        for (; packages < 1000; packages++) await add(`${packages}`);
      })(),
    ).rejects.toThrow(full);
    expect(await store.hasRoom()).toBe(false);
    const records = await fillStore(store);
    expect(records).toBeGreaterThan(0);
    expect(store.failure).toBeUndefined();
    disk.free();
    expect(await store.hasRoom()).toBe(true);
    await add('after');
    await store.close();

    const again = await open(folder);
    expect(again.packages('loc')).toHaveLength(packages + 2);
    expect(again.records('filler')).toHaveLength(records);
    await again.close();
  });

  test.each([1, 2, 3])('LMDB never needs more than was kept for it: seed %i', async (seed) => {
    const folder = temporaryFolder();
    const store = await open(folder);
    let x = seed;
    const below = (n: number): number => {
      x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
      return (x >>> 8) % n;
    };
    const change = (): { records: { kind: string; key: string; value: unknown }[] } => ({
      records: Array.from({ length: 1 + below(below(3) === 0 ? 200 : 5) }, () => ({
        kind: 'kind',
        key: `${below(400)}`.padEnd(1 + below(300), 'k'),
        value: below(4) === 0 ? undefined : 'x'.repeat(below(below(5) === 0 ? 60_000 : 3000)),
      })),
    });
    let refused = 0;
    for (let round = 0; round < 40; round++) {
      // Sometimes there is room, and mostly not.
      if (round % 8 === 0) await store.commit(change());
      const disk = fillDisk(folder);
      const { size } = statSync(disk.file);
      const settled = await Promise.allSettled(Array.from({ length: 1 + below(6) }, () => store.commit(change())));
      refused += settled.filter((s) => s.status === 'rejected').length;
      expect(statSync(disk.file).size).toBe(size);
      disk.free();
      for (const s of settled) if (s.status === 'rejected') expect(s.reason).toEqual(full);
    }
    expect(refused).toBeGreaterThan(0);
    expect(store.failure).toBeUndefined();
    await store.close();
  });

  test('is one that takes no file', async () => {
    const folder = temporaryFolder();
    expect(await hasRoom(folder, 1 << 16)).toBe(true);
    symlinkSync('/dev/full', path.join(folder, `room-${process.pid}.temp`));
    expect(await hasRoom(folder, 1 << 16)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    await expect(hasRoom(path.join(folder, 'nowhere'), 1)).rejects.toThrow('ENOENT');
  });
});

test.each([
  [{ code: 'ENOSPC', message: '' }, true],
  [{ code: 'EDQUOT', message: '' }, true],
  [{ code: constants.errno.ENOSPC, message: 'said by LMDB' }, true],
  [{ code: constants.errno.EDQUOT, message: 'said by LMDB' }, true],
  [new Error('IO Error: Could not write file "/d/x": No space left on device'), true],
  [new Error('IO Error: Could not write file "/d/x": Disk quota exceeded'), true],
  [{ code: 'EIO', message: 'i/o error' }, false],
  [{ code: 'EACCES', message: 'permission denied' }, false],
  [undefined, false],
])('no room: %o is %s', (error, isFull) => {
  expect(isDiskFull(error)).toBe(isFull);
});
