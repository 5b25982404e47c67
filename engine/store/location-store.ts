import type { Job } from '../job.js';
import type { Part, PartFile, WorkPackage } from '../work-package.js';

/** A file that becomes a part of a package: moved from the scratch folder, or linked from another package's part. */
export interface StagedFile {
  readonly name: string;
  readonly from: string;
  readonly how: 'move' | 'link';
}

/** What one commit does: all of it, or nothing. */
export interface Change {
  readonly create?: readonly { readonly package: WorkPackage; readonly files: readonly StagedFile[] }[];
  /** Paths of packages that end: superseded by a created one, or purged. */
  readonly remove?: readonly string[];
  readonly jobs?: readonly Job[];
  /** Records of the caller's own, by kind and key; undefined deletes. */
  readonly records?: readonly { readonly kind: string; readonly key: string; readonly value: unknown }[];
  /** Refuse the commit unless each of these jobs is stored with this attempt, and as running. */
  readonly onlyFor?: readonly Pick<Job, 'id' | 'attempt'>[];
}

/** Files in a store's folder that are of no package, by their paths. */
export interface Strays {
  /** Those that lie and are called as the parts of one. */
  readonly parts: readonly string[];
  readonly others: readonly string[];
}

/**
 * Work packages by location, jobs, and records, in one place that survives a crash at any instant.
 *
 * - A package exists when its metadata record does; readers never see a part of a commit. The files of a package that a
 *   commit removes, or purges, go after it: a reader of another process that finds none looks at the package again.
 * - Records and metadata carry a checksum that is checked on every read (TM_ERR_STORE_CORRUPT).
 * - One process at a time opens a store for writing (TM_ERR_STORE_LOCKED); any number may read at the same time.
 * - What lies in the scratch folder goes when a store is opened for writing, and what a commit that failed left is set aside.
 *   Nothing else is touched. A store that has lost something is refused (TM_ERR_STORE_INCOMPLETE).
 */
export interface LocationStore {
  readonly dataset: string;
  /** When the store was made, in ms since the epoch; part of the ids of its jobs. */
  readonly createdAt: number;
  /** Why nothing can be committed any more, until the store is opened anew. */
  readonly failure: Error | undefined;
  /** The packages of a location in the order of their paths. */
  packages(location: string): WorkPackage[];
  package(path: string): WorkPackage | undefined;
  jobs(): Job[];
  job(id: string): Job | undefined;
  record(kind: string, key: string): unknown;
  records(kind: string): { key: string; value: unknown }[];
  /** The first of the next `count` numbers of a sequence that never repeats; of one by default. */
  next(sequence: string, count?: number): Promise<number>;
  /** Where the parts of a package lie. */
  files(p: WorkPackage): PartFile[];
  file(p: WorkPackage, part: Pick<Part, 'name'>): string;
  /** `packages` are all of the store's. What a commit under way, in this process or another, is about to take or leave does not count. */
  strays(packages: readonly WorkPackage[]): Promise<Strays>;
  /** An empty folder for the files of one attempt, on the same disk as the parts. */
  scratch(name: string): string;
  dropScratch(name: string): Promise<void>;
  /**
   * Apply a change. When it resolves, packages and records are on the disk; jobs alone are safe from the end of the
   * process only. Answers false where `onlyFor` refuses it.
   * Errors: TM_ERR_DISK_FULL, after which a later commit may go well where `failure` is not set; TM_ERR_STORE_UNREADABLE.
   */
  commit(change: Change): Promise<boolean>;
  close(): Promise<void>;
}
