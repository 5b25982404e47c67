import { fail } from '../errors.js';
import { hasParts } from './layout.js';
import { packRecord, unpackRecord } from './record.js';
import type { Database, RootDatabase } from 'lmdb';

export const VERSION = 2;
/** A store of version 1 has parts without descriptions, and no count of packages. */
const OLDEST = 1;

export const NAMES = ['package', 'job', 'record', 'meta'] as const;
export type DbName = (typeof NAMES)[number];
export type Databases = Readonly<Record<DbName, Database<Buffer, string>>>;

export interface About {
  readonly version: number;
  readonly dataset: string;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** Key in `meta` of the number of packages, which every commit keeps. */
export const PACKAGES = 'packages';
export const ABOUT = 'about';

export interface Opened {
  readonly db: Databases;
  readonly about: About;
  /** Makes a store of the version before one of this, when its parts have their descriptions. */
  readonly upgrade?: () => void;
}

/**
 * The databases of a store that is whole; those of a new one are made, where `fresh` tells of it.
 * Errors: TM_ERR_STORE_INCOMPLETE, TM_ERR_STORE_UNREADABLE, TM_ERR_STORE_VERSION, TM_ERR_STORE_CORRUPT.
 */
export function openDatabases(folder: string, root: RootDatabase<Buffer, string>, fresh: About | undefined): Opened {
  const there = Array.from(root.getKeys(), String);
  const missing = NAMES.filter((name) => !there.includes(name));
  const open = (name: DbName): Database<Buffer, string> => root.openDB<Buffer, string>({ name, encoding: 'binary' });
  const known = there.filter((name): name is DbName => (NAMES as readonly string[]).includes(name));
  // An end of the process while a store is made leaves some of its databases, and nothing in them.
  const isNew = known.every((name) => entriesOf(open(name)) === 0) && !hasParts(folder);
  if (isNew && fresh === undefined) throw fail('TM_ERR_STORE_UNREADABLE', `${folder} holds no store of this program`);
  if (!isNew && missing.length > 0) throw incomplete(folder, `its records of ${missing.join(', ')} are missing`);
  const db = Object.fromEntries(NAMES.map((name) => [name, open(name)])) as unknown as Databases;
  const get = <T>(key: string): T | undefined => {
    const record = db.meta.get(key);
    return record === undefined ? undefined : (unpackRecord(key, record) as T);
  };
  const begin = (about: About, packages: number): void => {
    root.transactionSync(() => {
      void db.meta.put(ABOUT, packRecord(ABOUT, about));
      void db.meta.put(PACKAGES, packRecord(PACKAGES, packages));
    });
  };
  if (isNew && fresh !== undefined) begin(fresh, 0);
  const about = get<About>(ABOUT);
  if (about === undefined) throw incomplete(folder, 'it does not say what it is');
  if (about.version > VERSION || about.version < OLDEST)
    throw fail('TM_ERR_STORE_VERSION', `the store in ${folder} is of version ${about.version}; this program reads version ${VERSION}`);
  const counted = entriesOf(db.package);
  const kept = get<number>(PACKAGES);
  if (kept === undefined && about.version === VERSION) throw incomplete(folder, 'the number of its packages is missing');
  if (kept !== undefined && kept !== counted) throw incomplete(folder, `it has ${counted} packages, where it kept ${kept}`);
  return about.version === VERSION ? { db, about } : { db, about, upgrade: () => begin({ ...about, version: VERSION }, counted) };
}

export function incomplete(folder: string, what: string): Error {
  return fail('TM_ERR_STORE_INCOMPLETE', `the store in ${folder} has lost something: ${what}`, { data: { folder } });
}

/** By going through them: LMDB's own statistics look at its free pages too, which upset a writer in another process (measured). */
function entriesOf(db: Database<Buffer, string>): number {
  return db.getKeysCount();
}
