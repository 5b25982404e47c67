/** One process has a folder, and only one that may write in it; no end of a process locks anybody out. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockFolder, type FolderLock } from '#engine/store/folder-lock.js';
import { child } from '../../support/child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const isLinux = process.platform === 'linux';

/** Ask for the lock so many times at once; those that got it. */
async function atOnce(folder: string, n: number): Promise<FolderLock[]> {
  const outcomes = await Promise.allSettled(Array.from({ length: n }, () => lockFolder(folder)));
  for (const o of outcomes) if (o.status === 'rejected') expect(o.reason).toMatchObject({ code: 'TM_ERR_STORE_LOCKED' });
  return outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
}

test('of many at once one wins: in a new folder, after a release, after a kill, and where a power cut spoiled the claim', async () => {
  const folder = temporaryFolder();
  const takeAndRelease = async (): Promise<void> => {
    const [lock, ...others] = await atOnce(folder, 20);
    expect(others).toEqual([]);
    expect(lock).toBeDefined();
    lock?.release();
  };
  await takeAndRelease();
  await takeAndRelease();
  const holder = child('hold-lock.mjs', [folder]);
  expect(await holder.line()).toBe('held');
  expect(await atOnce(folder, 5)).toEqual([]);
  holder.process.kill('SIGKILL');
  await holder.ended;
  await takeAndRelease();
  writeFileSync(path.join(folder, 'lock.1000'), '');
  await takeAndRelease();
});

test('processes that take turns are alone', async () => {
  const folder = temporaryFolder();
  const processes = Array.from({ length: 4 }, () => child('take-turns.mjs', [folder, '15']));
  expect(await Promise.all(processes.map((p) => p.line()))).toEqual(processes.map(() => 'alone'));
}, 30_000);

test('little is left in the folder, and nobody else may read or write it', async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 5; i++) (await lockFolder(folder)).release();
  expect(readdirSync(folder).toSorted()).toEqual(['lock.4', 'lock.5']);
  const lock = await lockFolder(folder);
  onTestFinished(() => lock.release());
  for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o077, name).toBe(0);
  // What was killed in the middle of it goes with the next.
  writeFileSync(path.join(folder, 'lock-0123456789ab.claim'), '');
  lock.release();
  (await lockFolder(folder)).release();
  expect(readdirSync(folder).filter((name) => name.startsWith('lock-'))).toEqual([]);
});

test.runIf(isLinux)('a folder whose path is longer than that of a socket may be', async () => {
  const folder = path.join(temporaryFolder(), 'a'.repeat(120), 'b'.repeat(120));
  mkdirSync(folder, { recursive: true });
  const [lock, ...others] = await atOnce(folder, 5);
  expect(others).toEqual([]);
  expect(await atOnce(folder, 5)).toEqual([]);
  lock?.release();
  expect(readdirSync(folder)).toEqual(['lock.1']);
  (await lockFolder(folder)).release();
});

test.runIf(isLinux)('a name that everybody can listen on locks nobody out', async () => {
  const folder = temporaryFolder();
  const name = `tidemill-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
  onTestFinished(() => void server.close());
  (await lockFolder(folder)).release();
});

test('a folder that is gone when the lock is released, or was never there', async () => {
  const folder = path.join(temporaryFolder(), 'folder');
  mkdirSync(folder);
  const lock = await lockFolder(folder);
  rmSync(folder, { recursive: true });
  lock.release();
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'TM_ERR_STORE_UNREADABLE' });
  expect(existsSync(folder)).toBe(false);
});
