import { readdirSync, type Dirent } from 'node:fs';
import path from 'node:path';

/*
 *   <folder>/data.mdb               LMDB: 'package' path → metadata, 'job' id → job, 'record' kind/key → any, 'meta'
 *   <folder>/<location>/<yyyy>/…    the parts, in the seed's own hierarchy
 *   <folder>/scratch/               what is not committed yet, and the journal of commits under way
 *   <folder>/set-aside/             what a commit that failed left, and what a repair replaced
 */
export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';
export const SCRATCH = 'scratch';
export const SET_ASIDE = 'set-aside';
/** Describes a package that has no part. */
export const ALONE = 'package';

const OWN = new Set([DATA_FILE, LOCK_FILE, SCRATCH, SET_ASIDE]);
/** Of a lock (folder-lock.ts), and with which somebody tries whether there is room (disk.ts). */
const PASSING = /^(lock\.\d+|lock-[0-9a-f]+\.(sock|claim)|room-\d+\.temp)$/;
const YEAR = /^\d{4}$/;
const OF_A_PACKAGE = /^(part-\d+|rejects|package)$/;

/** Where the files of a package lie. */
export function folderOf(store: string, packagePath: string): string {
  return path.join(store, ...packagePath.split('/').slice(2));
}

/** The path of the package that a folder is of. */
export function pathOf(store: string, dataset: string, folder: string): string {
  return ['', dataset, ...path.relative(store, folder).split(path.sep)].join('/');
}

export interface Found {
  readonly folder: string;
  readonly name: string;
  /** Whether it is called and lies as a file of a package. */
  readonly isPart: boolean;
}

/** Every file below a store's folder but its own. */
export function* filesIn(store: string): Generator<Found> {
  const below = function* (folder: string, depth: number, isOurs: boolean): Generator<Found> {
    for (const entry of namesIn(folder)) {
      if (depth === 0 && (OWN.has(entry.name) || PASSING.test(entry.name))) continue;
      if (entry.isDirectory()) yield* below(path.join(folder, entry.name), depth + 1, depth === 1 ? YEAR.test(entry.name) : isOurs);
      else yield { folder, name: entry.name, isPart: isOurs && depth > 2 && OF_A_PACKAGE.test(entry.name) };
    }
  };
  yield* below(store, 0, false);
}

/** Whether a store's folder has a file of any package. */
export function hasParts(store: string): boolean {
  for (const { isPart } of filesIn(store)) if (isPart) return true;
  return false;
}

/** None of a folder that is gone: a service beside may have removed it. */
function namesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
