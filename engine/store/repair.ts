import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { unitKey } from '../agenda.js';
import { ABOUT, NAMES, PACKAGES, VERSION, type About, type DbName } from './databases.js';
import { storeError, sync } from './disk.js';
import { lockFolder } from './folder-lock.js';
import { Journal } from './journal.js';
import { ALONE, DATA_FILE, folderOf, LOCK_FILE, SCRATCH } from './layout.js';
import { open } from './lmdb.js';
import { packRecord } from './record.js';
import { salvage, type Salvaged } from './salvage.js';
import { SetAside } from './set-aside.js';
import { byAge, faultsOf, survey, type Surveyed } from './survey.js';
import type { Topology } from '../processor.js';
import type { WorkPackage } from '../work-package.js';

/** What a repair did. */
export interface Repaired {
  /** Packages that the store has now, and how many of them its parts alone told of. */
  readonly packages: number;
  readonly fromParts: number;
  readonly jobs: number;
  readonly records: number;
  /** Packages that jobs make again from what is there: their parts were damaged, or are of a commit that was not finished. */
  readonly again: readonly { readonly path: string; readonly why: string }[];
  /** Data that could not be brought back, and where it was. */
  readonly lost: readonly string[];
  /** What else of the records could not be brought back, and costs no data. */
  readonly forgotten: readonly string[];
  /** Files that are none of Tidemill's; they were left alone. */
  readonly others: readonly string[];
  /** Where the data file that there was lies now, with what was set aside; nothing was removed. */
  readonly setAside: string;
}

interface Candidate {
  readonly package: WorkPackage;
  readonly isFromParts: boolean;
}

/**
 * Make the records of a store again: of what is left of its data file, and of what its parts say of themselves. Nothing is removed:
 * the data file that was there, and parts of no use, are moved to a folder of their own. `onFile` is told of files looked at.
 * Errors: TM_ERR_STORE_LOCKED, TM_ERR_STORE_UNREADABLE, TM_ERR_DISK_FULL.
 */
export async function repairStore(
  store: string,
  dataset: string,
  topology: Topology,
  now: number,
  onFile: (n: number) => void,
): Promise<Repaired> {
  const lock = await lockFolder(store);
  try {
    return await new Repair(store, dataset, topology, now).run(onFile);
  } catch (error) {
    throw storeError(store, error);
  } finally {
    lock.release();
  }
}

/** What a database has that no part tells of. */
const ENTRIES = [
  ['job', 'jobs that made no package, such as failed ones'],
  ['record', 'what was noted without a package, such as whether the scheduler was paused'],
] as const;

class Repair {
  readonly #store: string;
  readonly #dataset: string;
  readonly #topology: Topology;
  readonly #now: number;
  readonly #scratch: string;
  readonly #aside: SetAside;
  readonly #again: { path: string; why: string }[] = [];
  readonly #lost: string[] = [];
  readonly #forgotten: string[] = [];

  constructor(store: string, dataset: string, topology: Topology, now: number) {
    this.#store = store;
    this.#dataset = dataset;
    this.#topology = topology;
    this.#now = now;
    this.#scratch = path.join(store, SCRATCH, 'repair');
    this.#aside = new SetAside(store, 'repaired', now);
  }

  async run(onFile: (n: number) => void): Promise<Repaired> {
    rmSync(this.#scratch, { recursive: true, force: true });
    mkdirSync(this.#scratch, { recursive: true });
    const old = salvage(this.#store, this.#scratch);
    const about = old.meta.entries.get(ABOUT) as About | undefined;
    const dataset = about?.dataset ?? this.#dataset;
    const { packages: found, others } = survey(this.#store, dataset, onFile);
    const kept = this.#choose(old.package, found);
    const told = [...found.values()].flatMap(({ descriptions }) => descriptions).sort(byAge);
    const content: Record<DbName, Map<string, unknown>> = {
      package: new Map([...kept].map(([at, { package: p }]) => [at, p])),
      job: new Map(old.job.isWhole ? [] : told.flatMap(({ jobs }) => jobs.map((job) => [job.id, job]))),
      record: new Map(),
      meta: new Map(),
    };
    if (!old.record.isWhole)
      for (const { kind, key, value } of told.flatMap((d) => d.records)) set(content.record, `${kind}/${key}`, value);
    for (const { sequences } of told)
      for (const [name, n] of Object.entries(sequences))
        content.meta.set(`sequence/${name}`, Math.max(n, (content.meta.get(`sequence/${name}`) as number | undefined) ?? 0));
    for (const name of ['job', 'record', 'meta'] as const) for (const [key, value] of old[name].entries) content[name].set(key, value);
    // Ids of jobs begin with the age of the store: those of one that has forgotten it must not be given again.
    content.meta.set(ABOUT, { version: VERSION, dataset, createdAt: about?.createdAt ?? this.#now } satisfies About);
    content.meta.set(PACKAGES, content.package.size);
    for (const [name, what] of ENTRIES) {
      const { isWhole, corrupt } = old[name];
      if (!isWhole && corrupt.length === 0) this.#forgotten.push(what);
      for (const key of corrupt)
        if (!content[name].has(key)) this.#forgotten.push(`the ${name} ${key}, whose record does not match its checksum`);
    }
    await this.#replace(content);
    return {
      packages: content.package.size,
      fromParts: [...kept.values()].filter((c) => c.isFromParts).length,
      jobs: content.job.size,
      records: content.record.size,
      again: this.#again,
      lost: this.#lost,
      forgotten: this.#forgotten,
      others,
      setAside: this.#aside.folder,
    };
  }

  /** The packages that the store has from now on; the folders of others are set aside. */
  #choose(old: Salvaged, found: ReadonlyMap<string, Surveyed>): Map<string, Candidate> {
    const all = new Map<string, Candidate>();
    for (const p of old.entries.values() as Iterable<WorkPackage>) all.set(p.path, { package: p, isFromParts: false });
    for (const [at, { descriptions }] of found) {
      const p = descriptions.at(-1)?.package;
      if (p !== undefined && !all.has(at)) all.set(at, { package: p, isFromParts: true });
    }
    const faults = new Map([...all].map(([at, c]) => [at, faultsOf(c.package, folderOf(this.#store, at), found.get(at))]));
    const drop = (at: string, why: string): void => {
      if (all.delete(at)) this.#again.push({ path: at, why });
      this.#aside.move(folderOf(this.#store, at));
    };
    // A commit that was not finished holds where all of it is there, and then what it was to remove goes.
    for (const { create, remove } of new Journal(this.#store).entries()) {
      const isThere = create.every((at) => all.has(at) && faults.get(at)?.length === 0);
      const ended = isThere ? remove.filter((at) => !create.includes(at)) : create;
      for (const at of ended) if (all.get(at)?.isFromParts !== false) drop(at, 'it is of a commit that was not finished');
    }
    const newest = new Map<string, WorkPackage>();
    for (const { package: p } of all.values()) {
      const processor = this.#topology.processors.get(p.processor ?? '');
      if (processor === undefined) continue;
      const key = unitKey(processor, p.period, p.inputs);
      const other = newest.get(key);
      const [keep, leave] = other === undefined || other.createdAt < p.createdAt ? [p, other] : [other, p];
      newest.set(key, keep);
      if (leave !== undefined) drop(leave.path, 'another one has taken its place');
    }
    for (const [at, { package: p }] of all) {
      const own = faults.get(at) as string[];
      if (own.length === 0) continue;
      const canBeMade =
        p.processor !== undefined && p.inputs.length > 0 && p.inputs.every((input) => all.get(input)?.package.state === 'complete');
      if (canBeMade) drop(at, own.join('; '));
      else this.#lost.push(...own.map((fault) => `of ${at}: ${fault}`));
    }
    for (const [at, { folder, files }] of found) {
      if (!existsSync(folder)) continue;
      const there = all.get(at)?.package;
      if (there?.state === 'purged') for (const name of files.keys()) if (name !== ALONE) this.#aside.move(path.join(folder, name));
      if (there !== undefined) continue;
      const location = at.split('/')[2] ?? '';
      this.#aside.move(folder);
      if (this.#topology.locations.has(location) && this.#topology.producerOf(location) !== undefined)
        this.#again.push({ path: at, why: 'its parts do not say what they are of' });
      else this.#lost.push(`${at}: its parts (${[...files.keys()].join(', ')}) do not say what they are of`);
    }
    for (const at of old.corrupt)
      if (!all.has(at)) this.#lost.push(`${at}: its record does not match its checksum, and no part tells of it`);
    return all;
  }

  /** Write the new data file, then put it in the place of the old one, which is set aside. */
  async #replace(content: Record<DbName, Map<string, unknown>>): Promise<void> {
    const root = open<Buffer, string>({ path: this.#scratch, noSubdir: false, encoding: 'binary', maxDbs: 8 });
    for (const name of NAMES) {
      const db = root.openDB<Buffer, string>({ name, encoding: 'binary' });
      root.transactionSync(() => {
        for (const [key, value] of content[name]) void db.put(key, packRecord(key, value));
      });
    }
    await root.flushed;
    await root.close();
    await sync(path.join(this.#scratch, DATA_FILE));
    for (const at of [LOCK_FILE, path.join(SCRATCH, 'commits')]) this.#aside.move(path.join(this.#store, at));
    // There is a data file at any time: the old one gets a second name, then the new one its first.
    const data = path.join(this.#store, DATA_FILE);
    if (existsSync(data)) this.#aside.link(data);
    renameSync(path.join(this.#scratch, DATA_FILE), data);
    rmSync(this.#scratch, { recursive: true, force: true });
    await sync(this.#store);
  }
}

function set(map: Map<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
