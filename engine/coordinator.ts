import { setMaxListeners } from 'node:events';
import { Catalogue } from './catalogue.js';
import { TidemillError } from './errors.js';
import { defaultLimits, runJob, type Limits, type RunnerParts, type Sink } from './job-runner.js';
import { readiness, unitKey, type Unit } from './readiness.js';
import { outputPath } from './work-package.js';
import type { Executor } from './executor/executor.js';
import type { Job } from './job.js';
import type { Period } from './period.js';
import type { Context, Topology } from './processor.js';
import type { LocationStore } from './store/location-store.js';

export interface CoordinatorOptions {
  readonly store: LocationStore;
  readonly executor: Executor;
  readonly topology: Topology;
  /** URL of the module that declares a processor. */
  readonly moduleOf: (processor: string) => string;
  readonly context: Context;
  readonly sink: Sink;
  readonly limits?: Partial<Limits>;
  /** Now, in ms since the epoch. */
  readonly clock: () => number;
  /** Told of every change of a job: its state and its progress. */
  readonly onJob?: (job: Job) => void;
}

/** Injections under way at once. */
const INJECTIONS = 16;

export interface Drained {
  readonly succeeded: readonly Job[];
  readonly failed: readonly Job[];
  /** Units that are due but wait: for their period to close, or for a failed job before them. */
  readonly waiting: readonly Unit[];
}

/**
 * Turns due units into jobs and runs them until none is ready.
 *
 * A job's record is stored before its work starts and with its package when it ends, in one commit. What an ended process
 * left running, what failed and what was cancelled is due again, and runs as the next attempt of the same job, with the
 * packages that there are by then.
 */
export class Coordinator {
  readonly #o: CoordinatorOptions;
  readonly #parts: RunnerParts;
  readonly #catalogue: Catalogue;
  /** Jobs that did not succeed, by the key of their unit. */
  readonly #unfinished = new Map<string, Job>();
  readonly #active = new Map<string, AbortController>();
  readonly #failedKeys = new Set<string>();

  constructor(options: CoordinatorOptions) {
    this.#o = options;
    this.#parts = { ...options, limits: { ...defaultLimits, ...options.limits } };
    this.#catalogue = new Catalogue(options.store, options.topology.locations.keys());
    for (const job of options.store.jobs()) {
      const processor = options.topology.processors.get(job.processor);
      if (job.state !== 'succeeded' && processor !== undefined) this.#unfinished.set(unitKey(processor, job.period, job.inputs), job);
    }
  }

  /**
   * Run every ready job until none is; a period counts as closed when `closed` says so. One call at a time. When it rejects
   * (the signal's reason, or an error of the store), no job is under way any more.
   */
  async drain(closed: (period: Period) => boolean, signal: AbortSignal = new AbortController().signal): Promise<Drained> {
    setMaxListeners(0, signal); // one a job under way
    const succeeded: Job[] = [];
    const failed: Job[] = [];
    const running = new Map<string, { readonly unit: Unit; readonly end: Promise<void> }>();
    this.#failedKeys.clear();
    const look = () =>
      readiness(this.#o.topology, {
        packages: (location) => this.#catalogue.packages(location),
        closed,
        held: (unit) => running.has(unit.key) || this.#failedKeys.has(unit.key),
      });
    try {
      for (;;) {
        signal.throwIfAborted();
        const { ready, waiting } = look();
        if (ready.length === 0 && running.size === 0) return { succeeded, failed, waiting };
        for (const unit of this.#choose(
          ready,
          [...running.values()].map((r) => r.unit),
        )) {
          const end = this.#run(unit, signal).then((job) => {
            (job.state === 'succeeded' ? succeeded : failed).push(job);
            if (job.state !== 'succeeded') this.#failedKeys.add(unit.key);
            running.delete(unit.key);
          });
          running.set(unit.key, { unit, end });
          end.catch(() => undefined);
        }
        await Promise.race([...running.values()].map((r) => r.end));
      }
    } catch (error) {
      for (const controller of this.#active.values()) controller.abort(error);
      await Promise.allSettled([...running.values()].map((r) => r.end));
      throw error;
    }
  }

  /** End a running job; it becomes `cancelled`. False where no such job runs. */
  cancel(id: string, reason: Error): boolean {
    const controller = this.#active.get(id);
    controller?.abort(reason);
    return controller !== undefined;
  }

  /**
   * The units to start now, those of the oldest period first, so that the sink has work from the beginning on, and of them
   * those before the longest chains: enough to keep every worker busy while other jobs wait for a commit, and apart from them
   * some for the sink, which takes together what waits for it.
   */
  #choose(ready: readonly Unit[], running: readonly Unit[]): Unit[] {
    const { topology, executor } = this.#o;
    const isInjection = (unit: Unit): boolean => unit.processor.kind === 'inject';
    let injections = running.filter(isInjection).length;
    let others = running.length - injections;
    const inOrder = [...ready].sort((a, b) => a.period.first - b.period.first || topology.depth(b.processor) - topology.depth(a.processor));
    return inOrder.filter((unit) => (isInjection(unit) ? injections++ < INJECTIONS : others++ < 2 * executor.workers + 2));
  }

  async #run(unit: Unit, outer: AbortSignal): Promise<Job> {
    const { store, clock, onJob } = this.#o;
    let job = await this.#jobOf(unit);
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(outer.reason);
    if (outer.aborted) onAbort();
    else outer.addEventListener('abort', onAbort);
    this.#active.set(job.id, controller);
    const update = (change: Partial<Job>): Job => {
      job = { ...job, ...change };
      this.#unfinished.set(unit.key, job);
      onJob?.(job);
      return job;
    };
    try {
      await store.commit({ jobs: [update({})] });
      controller.signal.throwIfAborted();
      await store.commit({ jobs: [update({ state: 'running', startedAt: clock() })] });
      const outcome = await runJob(this.#parts, job, clock, controller.signal, (done, total) => update({ progress: { done, total } }));
      controller.signal.throwIfAborted();
      const done = { ...job, state: 'succeeded' as const, finishedAt: clock(), counters: outcome.counters };
      const removed = unit.supersedes.filter((at) => at !== outcome.package.path);
      const committed = await store.commit({
        create: [{ package: outcome.package, files: outcome.files }],
        remove: removed,
        jobs: [done],
        onlyFor: job,
      });
      if (!committed) {
        const refused = update({ state: 'cancelled', finishedAt: clock() });
        this.#unfinished.set(unit.key, store.job(job.id) ?? refused);
        return refused;
      }
      this.#catalogue.apply([outcome.package], removed);
      update(done);
      this.#unfinished.delete(unit.key);
      return done;
    } catch (error) {
      outer.throwIfAborted();
      const state = controller.signal.aborted ? ('cancelled' as const) : ('failed' as const);
      const code = error instanceof TidemillError ? error.code : 'TM_ERR_TASK_FAILED';
      const ended = update({ state, finishedAt: clock(), error: { code, message: (error as Error).message } });
      await store.commit({ jobs: [ended] });
      return ended;
    } finally {
      outer.removeEventListener('abort', onAbort);
      this.#active.delete(job.id);
      store.dropScratch(`${job.id}-${job.attempt}`);
    }
  }

  /** The job of a unit, scheduled: a new one, or the next attempt of one that did not succeed. */
  async #jobOf({ key, processor, period, inputs }: Unit): Promise<Job> {
    const { store, topology, clock } = this.#o;
    const { layout } = topology.location(processor.output);
    const output = outputPath(store.dataset, processor.output, layout, processor.name, period, inputs);
    const scheduled = {
      processor: processor.name,
      period,
      inputs,
      output,
      state: 'scheduled',
      progress: { done: 0, total: 0 },
      counters: {},
    } as const;
    const before = this.#unfinished.get(key);
    if (before !== undefined) return { ...scheduled, id: before.id, attempt: before.attempt + 1, createdAt: before.createdAt };
    const n = await store.next('job');
    return { ...scheduled, id: `job_${store.createdAt}_${String(n).padStart(6, '0')}`, attempt: 1, createdAt: clock() };
  }
}
