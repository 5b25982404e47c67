import { mkdirSync, rmSync, statSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { open } from './lmdb.js';
import { checkDataFile } from './data-file.js';
import { incomplete, openDatabases, PACKAGES, VERSION, type Databases, type DbName } from './databases.js';
import { descriptionsOf, type Description } from './description.js';
import { storeError } from './disk.js';
import { Journal } from './journal.js';
import { DATA_FILE, filesIn, folderOf, pathOf, SCRATCH } from './layout.js';
import { describeInPlace, place, removeFiles } from './place.js';
import { packRecord, unpackRecord } from './record.js';
import { allocateLock, Reserve, type Size } from './reserve.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { findStrays } from './strays.js';
import { sweep } from './sweep.js';
import type { Job } from '../job.js';
import type { Part, PartFile, WorkPackage } from '../work-package.js';
import type { Change, LocationStore, Strays } from './location-store.js';

/*
 * How a store's folder is laid out is in layout.ts. Parts are files and not LMDB values, because pages that LMDB maps stay
 * resident: reading a day's packages through the map made peak memory grow with the input. A commit notes in the journal what it
 * is about to do, moves the parts into place, then makes them visible in one LMDB transaction; until then they are files of no
 * package, which the next opening sets aside. Each package is described by its parts too, for `repairStore`.
 */
/** LMDB's limit. */
const KEY_BYTES = 1978;

/** Of the records that opening may write: those of the databases, and what the store is. */
const OPENING: Size = { records: 8, bytes: 4096, isUrgent: true };
/** Of the record of a sequence. */
const NUMBER: Size = { records: 1, bytes: 2 * KEY_BYTES, isUrgent: true };

/** Until then LMDB has said why a commit failed, or never will. */
const SAID_WITHIN_MS = 1000;

const SEQUENCE = 'sequence/';

export class LmdbStore implements LocationStore {
  readonly dataset: string;
  readonly createdAt: number;
  readonly #folder: string;
  readonly #lock: FolderLock | undefined;
  readonly #root: RootDatabase<Buffer, string>;
  readonly #reserve: Reserve;
  readonly #db: Databases;
  readonly #journal: Journal;
  readonly #upgrade: (() => void) | undefined;
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
    this.#journal = new Journal(folder);
    const { db, about, upgrade } = openDatabases(
      folder,
      root,
      lock === undefined ? undefined : { version: VERSION, dataset, createdAt: now },
    );
    this.#db = db;
    this.#upgrade = upgrade;
    giveBack?.();
    this.dataset = about.dataset;
    this.createdAt = about.createdAt;
  }

  /** Whether a folder holds a store. Errors: TM_ERR_STORE_UNREADABLE where it cannot be looked at. */
  static exists(folder: string): boolean {
    try {
      return statSync(path.join(folder, DATA_FILE), { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      throw storeError(folder, error);
    }
  }

  /**
   * Open a store; `write` makes it where there is none, locks it, and sweeps what an ended process left. Where it is refused, all
   * is left as it is.
   * Errors: TM_ERR_STORE_LOCKED, TM_ERR_STORE_UNREADABLE, TM_ERR_STORE_INCOMPLETE, TM_ERR_STORE_VERSION, TM_ERR_STORE_CORRUPT,
   * TM_ERR_DISK_FULL.
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
      if (mode === 'write') store.#begin(now);
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

  async next(sequence: string, count = 1): Promise<number> {
    const key = `${SEQUENCE}${sequence}`;
    let last = 0;
    await this.#write(NUMBER, () => {
      last = this.#get<number>('meta', key) ?? 0;
      this.#put(packed('meta', key, last + count));
    });
    return last + 1;
  }

  files(p: WorkPackage): PartFile[] {
    return p.parts.map((part) => ({ file: this.file(p, part), blocks: part.blocks }));
  }

  file(p: WorkPackage, part: Pick<Part, 'name'>): string {
    return path.join(folderOf(this.#folder, p.path), part.name);
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

  async commit({ create = [], remove = [], jobs = [], records = [], onlyFor = [] }: Change): Promise<boolean> {
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
      const moves = create.length + remove.length > 0;
      const size = sizeOf(writes, create);
      const done = moves ? this.#journal.begin({ create: create.map(({ package: p }) => p.path), remove }, size.isUrgent) : undefined;
      for (const [i, { package: p, files }] of create.entries()) {
        const committed = i === 0 ? { jobs, records, sequences: this.#sequences() } : { jobs: [], records: [], sequences: {} };
        await place(this.#folder, this.#describe({ package: p, ...committed }), files, this.package(p.path) !== undefined);
      }
      let current = true;
      await this.#write(size, () => {
        current = this.#isCurrent(onlyFor);
        if (!current) return;
        const before = moves ? (this.#get<number>('meta', PACKAGES) ?? 0) : 0;
        let added = 0;
        for (const write of writes) added += this.#put(write);
        if (moves) this.#put(packed('meta', PACKAGES, before + added));
      });
      if (!current) return false;
      // Losing the note that a job began costs nothing; losing a package that was answered for would.
      if (create.length + remove.length + records.length > 0) await this.#flushed();
      const kept = new Set(create.map(({ package: p }) => p.path));
      const ended = [
        ...remove.flatMap((at) => (kept.has(at) ? [] : [{ path: at }])),
        ...create.flatMap(({ package: p }) => (p.state === 'purged' ? [p] : [])),
      ];
      // The change is made; files that cannot be removed are of no package, and the next opening sweeps them.
      let isClean = true;
      for (const p of ended) isClean = (await removeFiles(this.#folder, p)) && isClean;
      if (isClean) done?.();
      return true;
    } catch (error) {
      throw storeError(this.#folder, error);
    }
  }

  strays(packages: readonly WorkPackage[]): Promise<Strays> {
    return findStrays(this.#folder, packages, this.#journal, (folder) => this.package(pathOf(this.#folder, this.dataset, folder)));
  }

  async close(): Promise<void> {
    const closed = async (): Promise<void> => {
      if (this.#lock !== undefined) await this.#root.flushed;
      await this.#root.close();
    };
    await this.#unlessBroken(closed()).catch(() => undefined);
    this.#lock?.release();
  }

  /** Wait until all commits so far are on the disk. */
  async #flushed(): Promise<void> {
    await this.#unlessBroken(this.#root.flushed);
  }

  #isCurrent(attempts: NonNullable<Change['onlyFor']>): boolean {
    return attempts.every(({ id, attempt }) => {
      const stored = this.#get<Job>('job', id);
      return stored?.attempt === attempt && stored.state === 'running';
    });
  }

  /** What a process before this one left is put in order, unless there is more of it than a commit leaves. */
  #begin(now: number): void {
    const started = new Set(this.#journal.entries().flatMap(({ create }) => create.map((at) => folderOf(this.#folder, at))));
    if (this.#db.package.getKeysCount() === 0) {
      for (const { folder, isPart } of filesIn(this.#folder))
        if (isPart && !started.has(folder)) throw incomplete(this.#folder, `it has no package, but parts, as in ${folder}`);
    }
    sweep(this.#folder, this.#journal, (at) => this.package(at), now);
    if (this.#upgrade === undefined) return;
    // Any package may tell of the records, which were committed with one that is not known any more.
    let records = this.#range('record', '').map(({ key, value }) => ({
      kind: key.slice(0, key.indexOf('/')),
      key: key.slice(key.indexOf('/') + 1),
      value,
    }));
    for (const { value: p } of this.#range<WorkPackage>('package', '')) {
      const job = this.job(p.job ?? '');
      describeInPlace(this.#folder, { package: p, jobs: job === undefined ? [] : [job], records, sequences: this.#sequences() });
      records = [];
    }
    const giveBack = this.#reserve.take(OPENING);
    this.#upgrade();
    giveBack();
  }

  /** A package that is purged goes on to tell what was committed with it. */
  #describe(own: Description): Description {
    const before = own.package.state === 'purged' ? this.package(own.package.path) : undefined;
    const part = before?.parts[0] ?? before?.rejects;
    if (before === undefined || part === undefined) return own;
    const told = descriptionsOf(this.file(before, part), part.bytes).findLast((d) => d.package.path === before.path);
    return told === undefined ? own : { ...own, jobs: [...told.jobs, ...own.jobs], records: [...told.records, ...own.records] };
  }

  #sequences(): Record<string, number> {
    return Object.fromEntries(this.#range<number>('meta', SEQUENCE).map(({ key, value }) => [key.slice(SEQUENCE.length), value]));
  }

  #get<T>(db: DbName, key: string): T | undefined {
    const record = this.#db[db].get(key);
    return record === undefined ? undefined : (unpackRecord(key, record) as T);
  }

  /** Within a transaction. Answers how many packages more there are. */
  #put({ db, key, record }: Packed): number {
    const was = db === 'package' && this.#db.package.doesExist(key) ? 1 : 0;
    // Where a commit fails, the transaction's own promise tells.
    (record === undefined ? this.#db[db].remove(key) : this.#db[db].put(key, record)).catch(() => undefined);
    return db === 'package' ? (record === undefined ? 0 : 1) - was : 0;
  }

  #range<T>(db: DbName, prefix: string): { key: string; value: T }[] {
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
  // One more for the number of packages.
  return { records: writes.length + 1, bytes: bytes + 64, isUrgent: create.every(({ files }) => files.length === 0) };
}
