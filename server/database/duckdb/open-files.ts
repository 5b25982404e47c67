import { readdir, readlink, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockedError } from './duckdb-errors.js';

const openHere = new Set<string>();

/**
 * Claim a DuckDB file for one open database of this process; the result gives it back.
 * DuckDB locks its file against other processes only, by a POSIX lock: a second handle in the same process would be let in to spoil the
 * file, and closing it would take the lock from the first. So other threads are looked for among the open files, where the system
 * tells (Linux), and the rest is the caller's duty. Errors: TM_ERR_DATABASE_LOCKED.
 */
export async function claimFile(file: string): Promise<() => void> {
  const path = await realpath(file).catch(() => resolve(file));
  const locked = (): Error => lockedError(file, 'this process has it open already');
  if (openHere.has(path)) throw locked();
  openHere.add(path);
  if (await isOpenInProcess(path)) {
    openHere.delete(path);
    throw locked();
  }
  return () => {
    openHere.delete(path);
  };
}

async function isOpenInProcess(path: string): Promise<boolean> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.includes(path);
}
