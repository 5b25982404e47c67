import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { link, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from './node-api.js';

/** New files get the string compression of DuckDB 1.3: two thirds of the time and of the size (measured). Older ones stay as they are. */
const STORAGE = { storage_compatibility_version: 'v1.3.0' };

/**
 * Make an empty DuckDB file where there is none, whole or not at all: DuckDB writes its three headers one after the other, and a process
 * that is killed between them, or a full disk, would leave a file that can never be opened again. So it is made beside, and gets its
 * name when it is closed. Errors: DuckDB's.
 */
export async function makeWhole(file: string): Promise<void> {
  // Who was killed here left one.
  for (const left of await partialsOf(file)) await rm(left, { force: true });
  if (existsSync(file)) return;
  // A log of changes to a file that was lost fits no other, and DuckDB would not open what it lies beside. In the same breath as the
  // question: that of a file which another process makes meanwhile must stay.
  if (existsSync(`${file}.wal`)) renameSync(`${file}.wal`, `${file}.wal.lost`);
  const made = `${file}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await makeAt(made, file);
    await link(made, file).catch(({ code }: NodeJS.ErrnoException) => {
      // Another process was first; or it took this one's for what was left.
      if (code === 'EEXIST') return;
      if (code === 'ENOENT') return makeWhole(file);
      // A file system without links.
      return rename(made, file);
    });
  } finally {
    await rm(made, { force: true }).catch(() => {});
  }
}

/** `wanted` is what the user knows it by. */
async function makeAt(file: string, wanted: string): Promise<void> {
  try {
    const instance = await DuckDBInstance.create(file, { ...STORAGE, threads: '1' });
    instance.closeSync();
  } catch (cause) {
    throw new Error((cause as Error).message.replaceAll(file, wanted), { cause });
  }
}

async function partialsOf(file: string): Promise<string[]> {
  const { dir, base } = path.parse(path.resolve(file));
  const isPartial = (name: string): boolean => name.startsWith(base) && /^\.[0-9a-f]{8}\.partial$/.test(name.slice(base.length));
  // Where the folder cannot be read, making the file tells.
  return (await readdir(dir).catch(() => [])).filter(isPartial).map((name) => path.join(dir, name));
}
