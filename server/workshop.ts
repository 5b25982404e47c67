import { availableParallelism } from 'node:os';
import { Coordinator, endOf, zone, type Drained, type Job, type Limits, type Period, type TaskEvent } from '../engine/index.js';
import { PoolExecutor } from '../engine/executor/pool-executor.js';
import { tableTypes } from './custom-flow.js';
import { importFiles, type ImportOptions, type ImportReport } from './acquisition/import-files.js';
import { DatabaseSink } from './injection/database-sink.js';
import { paramsOf } from './settings.js';
import path from 'node:path';
import type { Dataset } from './dataset.js';

export interface WorkshopOptions {
  readonly workers?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
  readonly clock?: () => number;
}

export type ImportRequest = Pick<ImportOptions, 'format' | 'onProgress' | 'standardInput' | 'chunkBytes' | 'signal'> & {
  readonly site: string;
  readonly keep: readonly string[];
};

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
    this.#executor = new PoolExecutor(options.workers ?? availableParallelism(), this.#onTask);
    this.#limits = options.limits ?? {};
    this.#clock = options.clock ?? Date.now;
  }

  /** Errors: those of `importFiles`. */
  import(files: readonly string[], { site, keep, ...options }: ImportRequest): Promise<ImportReport> {
    const { settings, store, visitorKey, folder } = this.#dataset;
    const now = this.#clock();
    const { cityDatabase } = settings.geo;
    return importFiles(files, store, this.#executor, now, {
      ...options,
      parser: {
        site,
        keep: [...keep],
        zone: settings.timeZone,
        now,
        key: visitorKey,
        ...(cityDatabase === undefined ? {} : { cityDatabase: path.resolve(folder, cityDatabase) }),
      },
    });
  }

  /**
   * Run every ready job until none is; `close` treats every period that has data as closed.
   * Errors: those of the store and of the database's opening. A job that fails is in the result.
   */
  async process(options: {
    readonly close: boolean;
    readonly onJob?: (job: Job) => void;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Drained> {
    const { store, topology, moduleOf, settings } = this.#dataset;
    this.openDatabase();
    try {
      const sink = await (this.#sink as Promise<DatabaseSink>);
      await this.#forgetInjections((at) => !sink.holds(at));
      const coordinator = new Coordinator({
        store,
        executor: this.#executor,
        topology,
        moduleOf,
        context: { params: paramsOf(settings) },
        sink,
        limits: this.#limits,
        clock: this.#clock,
        ...(options.onJob === undefined ? {} : { onJob: options.onJob }),
      });
      const today = zone(settings.timeZone).dayOf(this.#clock());
      const closed = (period: Period): boolean => options.close || endOf(period) <= today;
      return await coordinator.drain(closed, options.signal);
    } finally {
      await this.#closeDatabase();
    }
  }

  /** Begin to open the database, as `process` would: it takes a while, in a thread of its own. What goes wrong `process` tells. */
  openDatabase(): void {
    this.#sink ??= DatabaseSink.open(this.#dataset.database, tableTypes(this.#dataset.topology), this.#onTask);
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

  /** What another database got, or one that was lost, is to be injected into this one. */
  async #forgetInjections(isLost: (packagePath: string) => boolean): Promise<void> {
    const { store, topology } = this.#dataset;
    const injections = [...topology.processors.values()].filter((p) => p.kind === 'inject').flatMap((p) => store.packages(p.output));
    const lost = injections.map((p) => p.path).filter(isLost);
    if (lost.length > 0) await store.commit({ remove: lost });
  }
}
