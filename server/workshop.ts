import {
  Coordinator,
  endOf,
  zone,
  type Drained,
  type Job,
  type Limits,
  type Period,
  type TaskEvent,
  type WorkPackage,
} from '../engine/index.js';
import type { PoolExecutor } from '../engine/executor/pool-executor.js';
import { tableTypes } from './declarations.js';
import { importFiles, type ImportOptions, type ImportReport } from './acquisition/import-files.js';
import { DatabaseSink } from './injection/database-sink.js';
import { hostName, type Params } from '../processors/index.js';
import path from 'node:path';
import { databaseShare } from './memory.js';
import { isWithin } from './within.js';
import { startThreads } from './threads.js';
import type { Dataset } from './dataset.js';
import type { Settings } from './settings.js';

export interface WorkshopOptions {
  /** Closed with the workshop. Default: threads of its own, `workers` of them. */
  readonly threads?: PoolExecutor | undefined;
  readonly workers?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
  readonly clock?: () => number;
}

export type ImportRequest = Pick<ImportOptions, 'format' | 'onProgress' | 'standardInput' | 'chunkBytes' | 'signal'> & {
  readonly site: string;
  readonly keep: readonly string[];
};

/** What a coordinator of a dataset works with, beside an executor and a sink. */
export function flowOf({ store, topology, moduleOf, isTrusted, realmOf, settings }: Dataset, limits: Partial<Limits> = {}) {
  const { taskTimeout: taskTimeoutMs } = settings.scheduler;
  return { store, topology, moduleOf, isTrusted, realmOf, context: { params: paramsOf(settings) }, limits: { taskTimeoutMs, ...limits } };
}

/** Plain data for the processors. */
function paramsOf(settings: Settings): Params & Readonly<Record<string, unknown>> {
  return {
    timeZone: settings.timeZone,
    sessionTimeoutMs: settings.session.timeoutMinutes * 60_000,
    hosts: Object.fromEntries(Object.entries(settings.sites).map(([name, s]) => [name, s.hosts.map(hostName)])),
  };
}

/** How lines are read into a dataset, apart from their format. */
export function parserOf(
  { settings, visitorKey, folder }: Dataset,
  now: number,
  site: string,
  keep: readonly string[],
): ImportOptions['parser'] {
  const { cityDatabase } = settings.geo;
  return {
    site,
    keep: [...keep],
    zone: settings.timeZone,
    now,
    key: visitorKey,
    ...(cityDatabase === undefined ? {} : { cityDatabase: path.resolve(folder, cityDatabase) }),
  };
}

/**
 * Injections whose sums a database has not got: it is another one, or was lost. They are to be made again; not those whose beans were
 * purged, for their reports are all that is left.
 */
export function lostInjections(
  { topology, store }: Dataset,
  packages: (location: string) => readonly WorkPackage[],
  holds: (packagePath: string) => boolean,
): WorkPackage[] {
  return injectionsOf(topology, packages).filter((p) => !holds(p.path) && !isOfPurged(p, store));
}

/** Injections that no database can have again. */
export function purgedInjections({ topology, store }: Dataset): WorkPackage[] {
  return injectionsOf(topology, (location) => store.packages(location)).filter((p) => isOfPurged(p, store));
}

function injectionsOf({ processors }: Dataset['topology'], packages: (location: string) => readonly WorkPackage[]): WorkPackage[] {
  return [...processors.values()].filter((p) => p.kind === 'inject').flatMap((p) => packages(p.output));
}

function isOfPurged({ inputs }: WorkPackage, store: Dataset['store']): boolean {
  return inputs.some((input) => store.package(input)?.state === 'purged');
}

/** A dataset with hands: the pool, and what runs in it. */
export class Workshop {
  readonly #dataset: Dataset;
  readonly #executor: PoolExecutor;
  readonly #limits: Partial<Limits>;
  readonly #clock: () => number;
  readonly #onTask: (event: TaskEvent) => void;
  #sink: Promise<DatabaseSink> | undefined;
  /** Ms that threads have spent, by the first word of what they did: the processor's name, or `import`. */
  readonly busy = new Map<string, number>();

  constructor(dataset: Dataset, options: WorkshopOptions = {}) {
    this.#dataset = dataset;
    this.#onTask = (event) => {
      const [name = ''] = event.label.split(' ', 1);
      this.busy.set(name, (this.busy.get(name) ?? 0) + event.end - event.start);
      options.onTask?.(event);
    };
    this.#executor = options.threads ?? startThreads(options.workers);
    this.#executor.onTask = this.#onTask;
    this.#limits = options.limits ?? {};
    this.#clock = options.clock ?? Date.now;
  }

  /** Errors: those of `importFiles`. */
  import(files: readonly string[], { site, keep, ...options }: ImportRequest): Promise<ImportReport> {
    const now = this.#clock();
    return importFiles(files, this.#dataset.store, this.#executor, now, { ...options, parser: parserOf(this.#dataset, now, site, keep) });
  }

  /**
   * Run every ready job until none is; `close` treats every period that has data as closed, or those whose sums the database has lost.
   * The database is open for that time: `onDrained` may ask it when all is done.
   * Errors: those of the store and of the database's opening. A job that fails is in the result.
   */
  async process(options: {
    readonly close: boolean | 'lost';
    readonly onJob?: (job: Job) => void;
    readonly signal?: AbortSignal | undefined;
    readonly onDrained?: ((database: Pick<DatabaseSink, 'top'>) => Promise<void>) | undefined;
  }): Promise<Drained> {
    const { store, settings } = this.#dataset;
    this.openDatabase();
    try {
      const sink = await (this.#sink as Promise<DatabaseSink>);
      const lost = lostInjections(
        this.#dataset,
        (location) => store.packages(location),
        (at) => sink.holds(at),
      );
      if (lost.length > 0) await store.commit({ remove: lost.map((p) => p.path) });
      const coordinator = new Coordinator({
        ...flowOf(this.#dataset, this.#limits),
        executor: this.#executor,
        sink,
        clock: this.#clock,
        ...(options.onJob === undefined ? {} : { onJob: options.onJob }),
      });
      const today = zone(settings.timeZone).dayOf(this.#clock());
      const wasInjected = (period: Period): boolean => lost.some((p) => isWithin(period, p.period));
      const isForced = (period: Period): boolean => (options.close === 'lost' ? wasInjected(period) : options.close);
      const closed = (period: Period): boolean => endOf(period) <= today || isForced(period);
      const drained = await coordinator.drain(closed, options.signal);
      await options.onDrained?.(sink);
      return drained;
    } finally {
      await this.#closeDatabase();
    }
  }

  /** Begin to open the database, as `process` would: it takes a while, in a thread of its own. What goes wrong `process` tells. */
  openDatabase(): void {
    const { database, memory, topology } = this.#dataset;
    this.#sink ??= DatabaseSink.open({ database, memory: databaseShare(memory), types: tableTypes(topology) }, this.#onTask);
    this.#sink.catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#closeDatabase();
    await this.#executor.close();
  }

  async #closeDatabase(): Promise<void> {
    const sink = this.#sink;
    this.#sink = undefined;
    await sink?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}
