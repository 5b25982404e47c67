/**
 * What a crash left open, made whole and closed.
 *
 *   oirawdata    lines that both have │ more          common: kept as it is
 *   sesrawdata … lines that both have │ else, to      more: the side with more whole lines gives them to the other;
 *                                     ▼               what is no whole line goes to data.txt.torn
 *                                  common
 *
 * A batch is written to both files and answered when both are on the disk. So a line that only one file has was never answered
 * 2xx; it is taken into the other, because it was whole and a browser's beacon does not come again. Any step may be the last
 * before another crash: mending what is half mended comes to the same.
 *
 * A batch with a check is common where both files have it as it was written; where one does, the other gets it. Where neither does,
 * it stays with its check, and whoever reads the package sets it aside; of one whose end is torn off only the lines that both have stay.
 *
 * Only the package of oirawdata that was written last can lack lines, and its number is the last that was given: none is given
 * while it is open. An open one before it could be neither made nor removed; it is mended alone, for the lines behind its
 * offset in sesrawdata are those of the packages after it.
 */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { mendAlone, mendTwins } from './mend-files.js';
import { CHECK_FILE, findPackages, numberOf, OPEN_FILE, TORN_FILE, TWIN_FILE, type FoundPackage } from './names.js';
import { closePackage } from './open-package.js';
import { readLastNumber } from './package-numbers.js';
import { readTwin } from './twin.js';

export interface Mended {
  /** Packages that got their final name. */
  readonly closed: readonly string[];
  /** Bytes that were cut off, by package. */
  readonly torn: Readonly<Record<string, number>>;
  /** Lines that one file had and the other got. */
  readonly taken: number;
  /** The greatest number of any package that was met. */
  readonly greatest: number;
}

/** Mend and close all open packages of a spool. Nobody else may write there. Errors: those of the file system. */
export async function mendSpool(spool: string): Promise<Mended> {
  const impressions = await findPackages(spool, 'oirawdata');
  const sessions = await findPackages(spool, 'sesrawdata');
  const isOpen = ({ files }: FoundPackage): boolean => files.includes(OPEN_FILE);
  const openSessions = new Set(sessions.filter(isOpen).map((p) => p.package));
  const torn: Record<string, number> = {};
  let taken = 0;
  const greatest = Math.max(0, ...[...impressions, ...sessions].map((p) => numberOf(p.package)));
  const last = Math.max(greatest, await readLastNumber(spool));
  for (const { package: at } of impressions.filter(isOpen)) {
    const twin = numberOf(at) === last ? await readTwin(path.join(spool, at)) : undefined;
    if (twin === undefined || !openSessions.has(twin.package)) addTorn(torn, at, await mendAlone(path.join(spool, at)));
    else {
      const mended = await mendTwins(path.join(spool, at), path.join(spool, twin.package), twin.bytes);
      addTorn(torn, at, mended.torn[0]);
      addTorn(torn, twin.package, mended.torn[1]);
      taken += mended.taken;
    }
  }
  for (const at of openSessions) addTorn(torn, at, await mendAlone(path.join(spool, at)));

  // Those of oirawdata first: while one is open, so is the one of sesrawdata that has its lines.
  const closed: string[] = [];
  for (const found of [...impressions, ...sessions]) if (await closeOrRemove(spool, found)) closed.push(found.package);
  return { closed, torn, taken, greatest };
}

function addTorn(torn: Record<string, number>, at: string, bytes: number): void {
  if (bytes > 0) torn[at] = (torn[at] ?? 0) + bytes;
}

/** Close a package that was open; one without a line is removed. Answers whether it was closed. */
async function closeOrRemove(spool: string, found: FoundPackage): Promise<boolean> {
  const folder = path.join(spool, found.package);
  if (!found.files.includes(OPEN_FILE)) {
    // A crash came between making the folder and the file; a folder that the agent empties is no business of ours.
    if (found.files.every((file) => file === TWIN_FILE || file === CHECK_FILE)) await rm(folder, { recursive: true, force: true });
    return false;
  }
  if ((await stat(path.join(folder, OPEN_FILE))).size > 0) {
    await closePackage(folder);
    return true;
  }
  // What was torn stays to be looked at, though no line was whole; the twin goes first, for no later mending would look for it.
  await rm(path.join(folder, TWIN_FILE), { force: true });
  await rm(path.join(folder, CHECK_FILE), { force: true });
  await rm(path.join(folder, OPEN_FILE));
  if (!(await exists(path.join(folder, TORN_FILE)))) await rm(folder, { recursive: true });
  return false;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
