import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { describePart, packDescription, type Description } from './description.js';
import { isDiskFull, sync } from './disk.js';
import { ALONE, folderOf } from './layout.js';
import { SetAside } from './set-aside.js';
import type { StagedFile } from './location-store.js';
import type { WorkPackage } from '../work-package.js';

/**
 * Put the files of a package in their places, each on the disk, with the description; nobody knows them until its record is there.
 * `isThere` says whether the package has a record already: it keeps its files until each is replaced, for the record must never point
 * at nothing. What is in the way of a new one is of a commit that failed.
 */
export async function place(store: string, description: Description, files: readonly StagedFile[], isThere: boolean): Promise<void> {
  const { package: p } = description;
  const folder = folderOf(store, p.path);
  if (files.length === 0) {
    try {
      describeInPlace(store, description);
      // Another one can be made of an injection, but not of beans that are about to go.
      if (p.state === 'purged') await sync(path.join(folder, ALONE));
    } catch (error) {
      // What frees room must not need any.
      if (!isDiskFull(error)) throw error;
    }
    return;
  }
  let firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined && !isThere) {
    new SetAside(store, 'swept', Date.now()).move(folder);
    firstMade = await mkdir(folder, { recursive: true });
  }
  describe(folder, description, files);
  // What a record refers to is on the disk before it. No worker waits for that.
  await Promise.all(files.filter(({ how }) => how === 'move').map(({ from }) => sync(from)));
  for (const { name, from, how } of files) {
    const to = path.join(folder, name);
    if (how === 'move') await rename(from, to);
    else {
      await rm(to, { force: true });
      await link(from, to).catch(async () => {
        await copyFile(from, to);
        await sync(to);
      });
    }
  }
  // A name is on the disk when its folder is. At once they are one write of the file system's journal.
  const top = firstMade === undefined ? folder : path.dirname(firstMade);
  const folders = [folder];
  for (let at = folder; at !== top; at = path.dirname(at)) folders.push(path.dirname(at));
  await Promise.all(folders.map(sync));
}

/** Let a package that is in its place be told of by its parts, as far as these are there. */
export function describeInPlace(store: string, description: Description): void {
  const { path: at, parts, rejects } = description.package;
  const folder = folderOf(store, at);
  const files = [...parts, ...(rejects === undefined ? [] : [rejects])].map(({ name }) => ({ name, from: path.join(folder, name) }));
  if (files.length === 0) mkdirSync(folder, { recursive: true });
  const there = files.filter(({ from }) => existsSync(from));
  if (there.length > 0 || files.length === 0) describe(folder, description, there);
}

/** The first and the last file of a package tell of it, or one of its own where there is none. */
function describe(folder: string, description: Description, files: readonly Pick<StagedFile, 'name' | 'from'>[]): void {
  const { parts, rejects } = description.package;
  const frame = packDescription(description);
  const [first] = files;
  if (first === undefined) writeFileSync(path.join(folder, ALONE), frame);
  else {
    for (const { name, from } of new Set([first, files.at(-1) ?? first])) {
      const part = name === rejects?.name ? rejects : parts.find((known) => known.name === name);
      if (part !== undefined) describePart(from, part.bytes, frame);
    }
  }
}

/** Remove the files of a package that is no more or, where it is purged, all but what tells of it. Answers whether none is left. */
export async function removeFiles(
  store: string,
  { path: at, state }: Pick<WorkPackage, 'path'> & { state?: WorkPackage['state'] },
): Promise<boolean> {
  const folder = folderOf(store, at);
  try {
    if (state !== 'purged') await rm(folder, { recursive: true, force: true });
    else for (const name of await readdir(folder)) if (name !== ALONE) await rm(path.join(folder, name), { force: true });
    return true;
  } catch {
    return false;
  }
}
