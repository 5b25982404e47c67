import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { fail, TidemillError } from '../errors.js';
import { packRecord, unpackRecord } from './record.js';
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

export class LmdbStore implements LocationStore {
  readonly dataset: string;
  readonly createdAt: number;
  readonly #folder: string;
  readonly #lock: FolderLock | undefined;
  readonly #root: RootDatabase<Buffer, string>;
  readonly #db: Readonly<Record<'package' | 'job' | 'record' | 'meta', Database<Buffer, string>>>;

  private constructor(folder: string, dataset: string, root: RootDatabase<Buffer, string>, lock: FolderLock | undefined, now: number) {
    this.#folder = folder;
    this.#lock = lock;
    this.#root = root;
    const db = (name: string): Database<Buffer, string> => root.openDB<Buffer, string>({ name, encoding: 'binary' });
    this.#db = { package: db('package'), job: db('job'), record: db('record'), meta: db('meta') };
    let about = this.#get<{ version: number; dataset: string; createdAt: number }>('meta', 'about');
    if (about === undefined && lock !== undefined) {
      about = { version: VERSION, dataset, createdAt: now };
      const record = packRecord('about', about);
      root.transactionSync(() => this.#db.meta.put('about', record));
    }
    if (about === undefined) throw fail('TM_ERR_STORE_UNREADABLE', `${folder} holds no store of this program`);
    if (about.version !== VERSION) {
      throw fail('TM_ERR_STORE_VERSION', `the store in ${folder} is of version ${about.version}; this program reads version ${VERSION}`);
    }
    this.dataset = about.dataset;
    this.createdAt = about.createdAt;
  }

  /** Whether a folder holds a store. */
  static exists(folder: string): boolean {
    return existsSync(path.join(folder, 'data.mdb'));
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
      root = open<Buffer, string>({ path: folder, noSubdir: false, encoding: 'binary', maxDbs: 8, readOnly: mode === 'read' });
      const store = new LmdbStore(folder, dataset, root, lock, now);
      if (mode === 'write') store.#sweep();
      return store;
    } catch (error) {
      await root?.close();
      lock?.release();
      throw storeError(folder, error);
    }
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
    await this.#write(() => {
      n = (this.#get<number>('meta', key) ?? 0) + 1;
      this.#put('meta', key, n);
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
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  dropScratch(name: string): void {
    rmSync(path.join(this.#folder, SCRATCH, name), { recursive: true, force: true });
  }

  async commit({ create = [], remove = [], jobs = [], records = [], onlyFor }: Change): Promise<boolean> {
    try {
      for (const { package: p, files } of create) await this.#place(p, files);
      let refused = false;
      await this.#write(() => {
        if (onlyFor !== undefined) {
          const stored = this.#get<Job>('job', onlyFor.id);
          if (stored?.attempt !== onlyFor.attempt || stored.state !== 'running') {
            refused = true;
            return;
          }
        }
        for (const gone of remove) void this.#db.package.remove(gone);
        for (const { package: p } of create) this.#put('package', p.path, p);
        for (const job of jobs) this.#put('job', job.id, job);
        for (const { kind, key, value } of records) {
          if (value === undefined) void this.#db.record.remove(`${kind}/${key}`);
          else this.#put('record', `${kind}/${key}`, value);
        }
      });
      if (refused) return false;
      // Losing the note that a job began costs nothing; losing a package that was answered for would.
      if (create.length + remove.length + records.length > 0) await this.#root.flushed;
      const kept = new Set(create.map(({ package: p }) => p.path));
      for (const gone of remove) if (!kept.has(gone)) await rm(this.#folderOf(gone), { recursive: true, force: true });
      return true;
    } catch (error) {
      throw storeError(this.#folder, error);
    }
  }

  async close(): Promise<void> {
    if (this.#lock !== undefined) await this.#root.flushed;
    await this.#root.close();
    this.#lock?.release();
  }

  #folderOf(packagePath: string): string {
    return path.join(this.#folder, ...packagePath.split('/').slice(2));
  }

  async #place(p: WorkPackage, files: readonly StagedFile[]): Promise<void> {
    if (files.length === 0) return;
    const folder = this.#folderOf(p.path);
    // A package that is made again keeps its files until each is replaced: its record must never point at nothing.
    if (this.package(p.path) === undefined) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const { name, from, how } of files) {
      const to = path.join(folder, name);
      if (how === 'move') await rename(from, to);
      else {
        await rm(to, { force: true });
        await link(from, to).catch(() => copyFile(from, to));
      }
    }
  }

  #sweep(): void {
    rmSync(path.join(this.#folder, SCRATCH), { recursive: true, force: true });
    const known = new Set(this.#range<WorkPackage>('package', '').map(({ key }) => this.#folderOf(key)));
    const visit = (folder: string, depth: number): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const at = path.join(folder, entry.name);
        if (known.has(at)) continue;
        if (readdirSync(at, { withFileTypes: true }).some((e) => e.isFile())) rmSync(at, { recursive: true, force: true });
        else if (depth < 7) visit(at, depth + 1);
      }
    };
    for (const entry of readdirSync(this.#folder, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== SCRATCH) visit(path.join(this.#folder, entry.name), 1);
    }
  }

  #get<T>(db: 'package' | 'job' | 'record' | 'meta', key: string): T | undefined {
    const record = this.#db[db].get(key);
    return record === undefined ? undefined : (unpackRecord(key, record) as T);
  }

  #put(db: 'package' | 'job' | 'record' | 'meta', key: string, value: unknown): void {
    void this.#db[db].put(key, packRecord(key, value));
  }

  #range<T>(db: 'package' | 'job' | 'record', prefix: string): { key: string; value: T }[] {
    const found: { key: string; value: T }[] = [];
    for (const { key, value } of this.#db[db].getRange({ start: prefix, end: `${prefix}\u{10ffff}` })) found.push({ key, value: unpackRecord(key, value) as T });
    return found;
  }

  /** An error that `work` throws comes out of here: thrown inside, it would be lost among the transactions of one batch. */
  async #write(work: () => void): Promise<void> {
    let failed: Promise<never> | undefined;
    await this.#root.transaction(() => {
      try {
        work();
      } catch (error) {
        failed = Promise.reject(error as Error);
      }
    });
    await failed;
  }
}

function storeError(folder: string, error: unknown): Error {
  if (error instanceof TidemillError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(message)) {
    return fail('TM_ERR_DISK_FULL', `no space is left for the store in ${folder}`, { cause: error });
  }
  return fail('TM_ERR_STORE_UNREADABLE', `the store in ${folder} cannot be used: ${message}`, { cause: error });
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
