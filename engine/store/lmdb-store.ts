import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Database, RootDatabase } from 'lmdb';
import { open } from './lmdb.js';
import { fail } from '../errors.js';
import { checkDataFile } from './data-file.js';
import { storeError, sync } from './disk.js';
import { packRecord, unpackRecord } from './record.js';
import { allocateLock, Reserve, type Size } from './reserve.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import type { Job } from '../job.js';
import type { Part, PartFile, WorkPackage } from '../work-package.js';
import type { Change, LocationStore, StagedFile } from './location-store.js';

/*
 *   <folder>/data.mdb               LMDB: 'package' path → metadata, 'job' id → job, 'record' kind/key → any, 'meta'
 *   <folder>/<location>/<yyyy>/…    the parts, in the seed's own hierarchy
 *   <folder>/scratch/               what is not committed yet
 *
 * Parts are files and not LMDB values, because pages that LMDB maps stay resident: reading a day's packages through the
 * map made peak memory grow with the input. A commit moves the parts into place, then makes them visible in one LMDB
 * transaction; until then they are files of no package, which the next opening sweeps.
 */
const VERSION = 1;
const SCRATCH = 'scratch';
/** LMDB's limit. */
const KEY_BYTES = 1978;

/** Of the records that opening may write: those of the databases, and what the store is. */
const OPENING: Size = { records: 8, bytes: 4096, isUrgent: true };
/** Of the record of a sequence. */
const NUMBER: Size = { records: 1, bytes: 2 * KEY_BYTES, isUrgent: true };

/** Until then LMDB has said why a commit failed, or never will. */
const SAID_WITHIN_MS = 1000;

type DbName = 'package' | 'job' | 'record' | 'meta';

export class LmdbStore implements LocationStore {
  readonly dataset: string;
  readonly createdAt: number;
  readonly #folder: string;
  readonly #lock: FolderLock | undefined;
  readonly #root: RootDatabase<Buffer, string>;
  readonly #reserve: Reserve;
  readonly #db: Readonly<Record<DbName, Database<Buffer, string>>>;
  /** Why a commit has failed. LMDB may carry out a later one, or let whoever waits for it wait for ever: there is none. */
  #failure: Error | undefined;
  /** Ends what waits for LMDB when a commit fails. */
  readonly #waiting = new Set<(failure: Error) => void>();

  private constructor(folder: string, dataset: string, root: RootDatabase<Buffer, string>, lock: FolderLock | undefined, now: number) {
    this.#folder = folder;
    this.#lock = lock;
    this.#root = root;
    this.#reserve = new Reserve(folder, root);
    const giveBack = lock === undefined ? undefined : this.#reserve.take(OPENING);
    const db = (name: string): Database<Buffer, string> => root.openDB<Buffer, string>({ name, encoding: 'binary' });
    this.#db = { package: db('package'), job: db('job'), record: db('record'), meta: db('meta') };
    let about = this.#get<{ version: number; dataset: string; createdAt: number }>('meta', 'about');
    if (about === undefined && lock !== undefined) {
      about = { version: VERSION, dataset, createdAt: now };
      const record = packRecord('about', about);
      void root.transactionSync(() => this.#db.meta.put('about', record));
    }
    giveBack?.();
    if (about === undefined) throw fail('TM_ERR_STORE_UNREADABLE', `${folder} holds no store of this program`);
    if (about.version !== VERSION) {
      throw fail('TM_ERR_STORE_VERSION', `the store in ${folder} is of version ${about.version}; this program reads version ${VERSION}`);
    }
    this.dataset = about.dataset;
    this.createdAt = about.createdAt;
  }

  /** Whether a folder holds a store. Errors: TM_ERR_STORE_UNREADABLE where it cannot be looked at. */
  static exists(folder: string): boolean {
    try {
      return statSync(path.join(folder, 'data.mdb'), { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      throw storeError(folder, error);
    }
  }

  /**
   * Open a store; `write` makes it where there is none, locks it, and sweeps what an ended process left.
   * Errors: TM_ERR_STORE_LOCKED, TM_ERR_STORE_UNREADABLE, TM_ERR_STORE_VERSION, TM_ERR_STORE_CORRUPT, TM_ERR_DISK_FULL.
   */
  static async open(folder: string, dataset: string, mode: 'read' | 'write', now: number = Date.now()): Promise<LmdbStore> {
    let lock: FolderLock | undefined;
    let root: RootDatabase<Buffer, string> | undefined;
    try {
      if (mode === 'write') {
        mkdirSync(folder, { recursive: true });
        lock = await lockFolder(folder);
      }
      checkDataFile(folder, mode);
      if (mode === 'write') allocateLock(folder);
      // With the batching of event turns, a commit that fails (a full disk) also rejects a promise that nobody can have.
      root = open<Buffer, string>({
        path: folder,
        noSubdir: false,
        encoding: 'binary',
        maxDbs: 8,
        readOnly: mode === 'read',
        eventTurnBatching: false,
      });
      const store = new LmdbStore(folder, dataset, root, lock, now);
      if (mode === 'write') store.#sweep();
      return store;
    } catch (error) {
      await root?.close();
      lock?.release();
      throw storeError(folder, error);
    }
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether there is room for new packages. Errors: TM_ERR_STORE_UNREADABLE. */
  hasRoom(): Promise<boolean> {
    return this.#reserve.hasRoom();
  }

  packages(location: string): WorkPackage[] {
    const prefix = `/${this.dataset}/${location}/`;
    return this.#range<WorkPackage>('package', prefix).map(({ value }) => value);
  }

  package(packagePath: string): WorkPackage | undefined {
    return this.#get('package', packagePath);
  }

  jobs(): Job[] {
    return this.#range<Job>('job', '').map(({ value }) => value);
  }

  job(id: string): Job | undefined {
    return this.#get('job', id);
  }

  record(kind: string, key: string): unknown {
    return this.#get('record', `${kind}/${key}`);
  }

  records(kind: string): { key: string; value: unknown }[] {
    return this.#range('record', `${kind}/`).map(({ key, value }) => ({ key: key.slice(kind.length + 1), value }));
  }

  async next(sequence: string): Promise<number> {
    const key = `sequence/${sequence}`;
    let n = 0;
    await this.#write(NUMBER, () => {
      n = (this.#get<number>('meta', key) ?? 0) + 1;
      this.#put(packed('meta', key, n));
    });
    return n;
  }

  files(p: WorkPackage): PartFile[] {
    return p.parts.map((part) => ({ file: this.file(p, part), blocks: part.blocks }));
  }

  file(p: WorkPackage, part: Part): string {
    return path.join(this.#folderOf(p.path), part.name);
  }

  scratch(name: string): string {
    const folder = path.join(this.#folder, SCRATCH, name);
    try {
      if (mkdirSync(folder, { recursive: true }) === undefined) {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
        mkdirSync(folder, { recursive: true });
      }
    } catch (error) {
      throw storeError(this.#folder, error);
    }
    return folder;
  }

  async dropScratch(name: string): Promise<void> {
    const folder = path.join(this.#folder, SCRATCH, name);
    try {
      // It is empty mostly, or was never made: to look into it first would only take longer.
      await rmdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      // Again where a worker that was given up put one more file into it. What is left the next opening sweeps.
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
  }

  async commit({ create = [], remove = [], jobs = [], records = [], onlyFor }: Change): Promise<boolean> {
    try {
      // What cannot be stored is found before anything is: an error inside the transaction would leave half of it done.
      const writes = [
        ...remove.map((at) => packed('package', at, undefined)),
        ...create.map(({ package: p }) => packed('package', p.path, p)),
        ...jobs.map((job) => packed('job', job.id, job)),
        ...records.map(({ kind, key, value }) => packed('record', `${kind}/${key}`, value)),
      ];
      // Asked before files move as well: an attempt that was given up must not touch those of its successor.
      if (!this.#isCurrent(onlyFor)) return false;
      for (const { package: p, files } of create) await this.#place(p, files);
      let current = true;
      await this.#write(sizeOf(writes, create), () => {
        current = this.#isCurrent(onlyFor);
        if (current) for (const write of writes) this.#put(write);
      });
      if (!current) return false;
      // Losing the note that a job began costs nothing; losing a package that was answered for would.
      if (create.length + remove.length + records.length > 0) await this.#flushed();
      const kept = new Set(create.map(({ package: p }) => p.path));
      const purged = create.flatMap(({ package: p }) => (p.state === 'purged' ? [p.path] : []));
      // The change is made; files that cannot be removed are of no package, and the next opening sweeps them.
      for (const at of [...remove.filter((r) => !kept.has(r)), ...purged])
        await rm(this.#folderOf(at), { recursive: true, force: true }).catch(() => undefined);
      return true;
    } catch (error) {
      throw storeError(this.#folder, error);
    }
  }

  async close(): Promise<void> {
    const closed = async (): Promise<void> => {
      if (this.#lock !== undefined) await this.#root.flushed;
      await this.#root.close();
    };
    await this.#unlessBroken(closed()).catch(() => undefined);
    this.#lock?.release();
  }

  #folderOf(packagePath: string): string {
    return path.join(this.#folder, ...packagePath.split('/').slice(2));
  }

  async #place(p: WorkPackage, files: readonly StagedFile[]): Promise<void> {
    if (files.length === 0) return;
    const folder = this.#folderOf(p.path);
    let firstMade = await mkdir(folder, { recursive: true });
    // A package that is made again keeps its files until each is replaced: its record must never point at nothing. What else is there
    // is of a commit that failed.
    if (firstMade === undefined && this.package(p.path) === undefined) {
      await rm(folder, { recursive: true, force: true });
      firstMade = await mkdir(folder, { recursive: true });
    }
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

  /** Wait until all commits so far are on the disk. */
  async #flushed(): Promise<void> {
    await this.#unlessBroken(this.#root.flushed);
  }

  #isCurrent(attempt: Change['onlyFor']): boolean {
    if (attempt === undefined) return true;
    const stored = this.#get<Job>('job', attempt.id);
    return stored?.attempt === attempt.attempt && stored.state === 'running';
  }

  /** Only below `<location>/<yyyy>` is anything ours to remove, and there only what holds no package. */
  #sweep(): void {
    rmSync(path.join(this.#folder, SCRATCH), { recursive: true, force: true });
    const packages = new Set<string>();
    const above = new Set<string>();
    for (const { key, value } of this.#range<WorkPackage>('package', '')) {
      if (value.state === 'purged') continue;
      const folder = this.#folderOf(key);
      packages.add(folder);
      for (let at = path.dirname(folder); at.length > this.#folder.length && !above.has(at); at = path.dirname(at)) above.add(at);
    }
    const visit = (folder: string, isOurs: (name: string) => boolean): void => {
      for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory() && isOurs(e.name))) {
        const at = path.join(folder, name);
        if (above.has(at)) visit(at, () => true);
        else if (!packages.has(at)) rmSync(at, { recursive: true, force: true });
      }
    };
    for (const entry of readdirSync(this.#folder, { withFileTypes: true })) {
      if (entry.isDirectory()) visit(path.join(this.#folder, entry.name), (name) => /^\d{4}$/.test(name));
    }
  }

  #get<T>(db: DbName, key: string): T | undefined {
    const record = this.#db[db].get(key);
    return record === undefined ? undefined : (unpackRecord(key, record) as T);
  }

  #put({ db, key, record }: Packed): void {
    // Where a commit fails, the transaction's own promise tells.
    (record === undefined ? this.#db[db].remove(key) : this.#db[db].put(key, record)).catch(() => undefined);
  }

  #range<T>(db: 'package' | 'job' | 'record', prefix: string): { key: string; value: T }[] {
    const found: { key: string; value: T }[] = [];
    for (const { key, value } of this.#db[db].getRange({ start: prefix, end: `${prefix}\u{10ffff}` }))
      found.push({ key, value: unpackRecord(key, value) as T });
    return found;
  }

  /**
   * An error that `work` throws comes out of here: thrown inside, it would be lost among the transactions of one batch. Where there
   * is no room for what it writes, LMDB never hears of it, and a later write may go well.
   */
  async #write(size: Size, work: () => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const giveBack = this.#reserve.take(size);
    try {
      await this.#transact(work);
    } finally {
      giveBack();
    }
  }

  async #transact(work: () => void): Promise<void> {
    const outcome: { error?: Error } = {};
    const committed = this.#root.transaction(() => {
      try {
        work();
      } catch (error) {
        outcome.error = error as Error;
      }
    });
    const told = committed.catch(async (error: Error & { commitError?: Promise<never> }) => {
      // What LMDB said comes as a promise that rejects; where it was said before that was made, it never does.
      const said = error.commitError?.catch((e: unknown) => e);
      const cause = await Promise.race([said ?? error, setTimeout(SAID_WITHIN_MS, error)]);
      this.#failure ??= storeError(this.#folder, cause);
      for (const end of this.#waiting) end(this.#failure);
    });
    await this.#unlessBroken(told);
    if (outcome.error !== undefined) throw outcome.error;
  }

  /** Wait for LMDB. Rejects with the failure of a commit, before or meanwhile. */
  #unlessBroken(waited: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      void waited.then(() => resolve(), reject).finally(() => this.#waiting.delete(reject));
      if (this.#failure !== undefined) reject(this.#failure);
    });
  }
}

/** A record to store, or undefined where there shall be none. */
interface Packed {
  readonly db: DbName;
  readonly key: string;
  readonly record: Buffer | undefined;
}

function packed(db: DbName, key: string, value: unknown): Packed {
  if (Buffer.byteLength(key) > KEY_BYTES) throw new TypeError(`the key '${key.slice(0, 80)}…' is longer than ${KEY_BYTES} bytes`);
  return { db, key, record: value === undefined ? undefined : packRecord(key, value) };
}

function sizeOf(writes: readonly Packed[], create: NonNullable<Change['create']>): Size {
  const bytes = writes.reduce((sum, { key, record }) => sum + 2 * key.length + (record?.length ?? 0), 0);
  return { records: writes.length, bytes, isUrgent: create.every(({ files }) => files.length === 0) };
}

/** Bytes on the disk below a folder, a file with several names counted once. */
export function diskBytes(folder: string): number {
  const seen = new Set<number>();
  let bytes = 0;
  const visit = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const child = path.join(at, entry.name);
      if (entry.isDirectory()) visit(child);
      else {
        const s = statSync(child);
        if (!seen.has(s.ino)) bytes += s.size;
        seen.add(s.ino);
      }
    }
  };
  visit(folder);
  return bytes;
}
