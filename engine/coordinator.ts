import { setMaxListeners } from 'node:events';
import { Agenda, type Unit } from './agenda.js';
import { Catalogue } from './catalogue.js';
import { TidemillError } from './errors.js';
import { runGroup } from './group-run.js';
import { defaultLimits, runJob, type Limits, type RunnerParts, type Sink } from './job-runner.js';
import type { Outcome } from './outcome.js';
import { Readers } from './readers.js';
import { readinessOf } from './readiness.js';
import { Slots, type UnitGroup } from './slots.js';
import { Unfinished } from './unfinished.js';
import type { Executor } from './executor/executor.js';
import type { Job } from './job.js';
import type { Period } from './period.js';
import type { Context, Topology } from './processor.js';
import type { LocationStore } from './store/location-store.js';
import { withoutBeans, type WorkPackage } from './work-package.js';

export interface CoordinatorOptions extends Pick<RunnerParts, 'onTask' | 'isTrusted' | 'realmOf'> {
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
  /** Told of packages that a commit made (or made anew), and of those that it ended, as they were. */
  readonly onPackages?: (created: readonly WorkPackage[], removed: readonly WorkPackage[]) => void;
  /** Told each time that the units were looked through. */
  readonly onLook?: () => void;
}

export interface Drained {
  readonly succeeded: readonly Job[];
  readonly failed: readonly Job[];
  /** Units that are due but wait: for their period to close, or for a failed job before them. */
  readonly waiting: readonly Unit[];
}

/** A unit that runs, and its job as it was when it was started. */
interface Started {
  readonly unit: Unit;
  readonly job: Job;
  readonly cancel: AbortController;
}

interface Finished {
  readonly unit: Unit;
  readonly job: Job;
  readonly outcome: Outcome;
}

/** What one loop of the coordinator is to do. */
interface Course {
  readonly closed: (period: Period) => boolean;
  readonly signal: AbortSignal;
  /** Whether it ends when nothing is ready and nothing runs; else it waits to be woken. */
  readonly endsIdle: boolean;
  readonly onEnd: (job: Job) => void;
}

/** Kind of the records of units that are to run though their output is current: key → number of the request. */
const AGAIN = 'again';

/**
 * Turns due units into jobs and runs them: until none is ready (`drain`), or as they become ready, for as long as a service
 * lives (`serve`).
 *
 * A job's record is stored before its work starts and with its package when it ends, in one commit. What an ended process
 * left running is due again, and runs as the next attempt of the same job, with the packages that there are by then. What
 * failed or was cancelled is tried again by the next drain; a service leaves it until its inputs change or it is planned.
 *
 * A package is not removed while a job of this coordinator reads it: the unit that replaces it waits for the readers, and no
 * reader is started while it runs.
 */
export class Coordinator {
  readonly agenda: Agenda;
  readonly #o: CoordinatorOptions;
  readonly #parts: RunnerParts;
  readonly #catalogue: Catalogue;
  readonly #unfinished: Unfinished;
  /** Keys of units that are being planned. */
  readonly #planning = new Set<string>();
  readonly #active = new Map<string, AbortController>();
  /** What units were made of when they failed, or were cancelled. */
  readonly #stuck = new Map<string, string>();
  readonly #readers = new Readers();
  readonly #slots: Slots;
  #counts = { ready: 0, waiting: 0, running: 0 };
  #isPaused = false;
  #woken: Promise<void>;
  #wake: () => void = () => undefined;

  constructor(options: CoordinatorOptions) {
    const { store, topology } = options;
    this.#o = options;
    this.#parts = { ...options, limits: { ...defaultLimits, ...options.limits } };
    this.#slots = new Slots(topology, options.executor.workers, this.#readers, options.isTrusted);
    this.#woken = this.#sleep();
    this.#catalogue = new Catalogue(store, topology.locations.keys());
    this.agenda = new Agenda(
      topology,
      (location) => this.#catalogue.packages(location),
      store.records(AGAIN).map(({ key, value }) => [key, value as number]),
    );
    this.#unfinished = new Unfinished(options);
  }

  /**
   * Run every ready job until none is; a period counts as closed when `closed` says so. One call at a time. When it rejects
   * (the signal's reason, an error of the store, or TM_ERR_DISK_FULL), no job is under way any more, and none has failed of it.
   */
  async drain(closed: (period: Period) => boolean, signal: AbortSignal = new AbortController().signal): Promise<Drained> {
    const succeeded: Job[] = [];
    const failed: Job[] = [];
    this.#stuck.clear();
    const onEnd = (job: Job): unknown => (job.state === 'succeeded' ? succeeded : failed).push(job);
    const waiting = await this.#loop({ closed, signal, endsIdle: true, onEnd });
    return { succeeded, failed, waiting };
  }

  /** Run jobs as they become ready, until the signal ends it; it rejects as `drain` does. What was cancelled stays so. */
  async serve(closed: (period: Period) => boolean, signal: AbortSignal): Promise<void> {
    for (const [key, job] of this.#unfinished.cancelled()) this.#stuck.set(key, job.inputs.join('\n'));
    await this.#loop({ closed, signal, endsIdle: false, onEnd: () => undefined });
  }

  /** Look again: something outside has changed, such as the day. */
  wake(): void {
    this.#wake();
  }

  /** Start no more jobs, or go on with it. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.wake();
  }

  /** Units to start now, units that wait, and jobs under way: of one look, as what ends makes others ready. */
  get counts(): { readonly ready: number; readonly waiting: number; readonly running: number } {
    return this.#counts;
  }

  /** Jobs that are scheduled or under way. */
  active(): Job[] {
    return this.#unfinished.active();
  }

  packages(location: string): readonly WorkPackage[] {
    return this.#catalogue.packages(location);
  }

  isRunning(unit: Unit): boolean {
    return this.#slots.has(unit.key);
  }

  /** End a running job; it becomes `cancelled`. False where no such job runs. */
  cancel(id: string, reason: Error): boolean {
    const controller = this.#active.get(id);
    controller?.abort(reason);
    return controller !== undefined;
  }

  /** Cancel a job that is scheduled and not under way. False where there is none. Errors: those of the store. */
  async unplan(id: string): Promise<boolean> {
    const [key, job] = this.#unfinished.scheduled(id) ?? [];
    if (key === undefined || job === undefined || this.#slots.has(key)) return false;
    const unit = this.agenda.unit(job.processor, key);
    const cancelled = { ...job, state: 'cancelled' as const, finishedAt: this.#o.clock() };
    this.#unfinished.unplan(id);
    this.#unfinished.set(key, cancelled);
    this.#stuck.set(key, unit?.inputs.join('\n') ?? '');
    if (unit !== undefined) this.agenda.ask(unit, undefined);
    await this.#o.store.commit({ jobs: [cancelled], records: [{ kind: AGAIN, key, value: undefined }] });
    this.#o.onJob?.(cancelled);
    return true;
  }

  /**
   * Schedule the jobs of units, whether they have failed, were cancelled, or their output is current. They start when their
   * turn comes; a unit that runs is left out. Errors: those of the store.
   */
  async plan(units: readonly Unit[]): Promise<Job[]> {
    const { store, onJob } = this.#o;
    const free = units.filter(({ key }) => !this.#slots.has(key) && !this.#planning.has(key));
    for (const { key } of free) this.#planning.add(key);
    try {
      const planned: { readonly unit: Unit; readonly job: Job }[] = [];
      for (const unit of free) {
        const asked = this.agenda.isDue(unit) ? unit : { ...unit, again: await store.next(AGAIN) };
        planned.push({ unit: asked, job: (await this.#unfinished.jobsOf([asked]))[0] as Job });
      }
      const records = planned.flatMap(({ unit: { key, again: value } }) => (value === undefined ? [] : [{ kind: AGAIN, key, value }]));
      const jobs = planned.map(({ job }) => job);
      await store.commit({ jobs, records });
      for (const { unit, job } of planned) {
        if (unit.again !== undefined) this.agenda.ask(unit, unit.again);
        this.#stuck.delete(unit.key);
        this.#unfinished.plan(unit.key, job);
        onJob?.(job);
      }
      return jobs;
    } finally {
      for (const { key } of free) this.#planning.delete(key);
      this.wake();
    }
  }

  /** Let units be tried again that failed, where `which` says so. */
  release(which: (job: Job) => boolean): void {
    for (const key of this.#stuck.keys()) {
      const job = this.#unfinished.get(key);
      if (job?.state === 'failed' && which(job)) this.#stuck.delete(key);
    }
    this.wake();
  }

  /** Take in packages that somebody else has committed. */
  learn(created: readonly WorkPackage[]): void {
    this.#applied(created, []);
    this.wake();
  }

  /**
   * Free the beans of packages, and keep what is known of them (`purge`), or end them (`remove`). Those that a job reads or
   * replaces are left as they are. Answers the paths of the others. Errors: those of the store.
   */
  async end(packages: readonly WorkPackage[], how: 'purge' | 'remove'): Promise<string[]> {
    const free = packages.filter((p) => !this.#readers.isTaken(p.path));
    if (free.length === 0) return [];
    const release = this.#readers.replace(free.map((p) => p.path));
    try {
      const purged = how === 'remove' ? [] : free.map(withoutBeans);
      const removed = how === 'remove' ? free.map((p) => p.path) : [];
      await this.#o.store.commit({ create: purged.map((p) => ({ package: p, files: [] })), remove: removed });
      this.#applied(purged, removed);
      return free.map((p) => p.path);
    } finally {
      release();
      this.wake();
    }
  }

  async #loop({ closed, signal, endsIdle, onEnd }: Course): Promise<readonly Unit[]> {
    const course = new AbortController();
    setMaxListeners(0, course.signal); // one a job under way
    const onAbort = (): void => {
      course.abort(signal.reason);
      this.wake();
    };
    signal.addEventListener('abort', onAbort);
    const ends = new Set<Promise<void>>();
    const held = ({ key, inputs }: Unit): boolean =>
      this.#slots.has(key) || this.#planning.has(key) || (this.#stuck.has(key) && this.#stuck.get(key) === inputs.join('\n'));
    try {
      signal.throwIfAborted();
      await this.#unfinished.recover(this.agenda);
      for (;;) {
        course.signal.throwIfAborted();
        if (this.#o.store.failure !== undefined) throw this.#o.store.failure;
        this.#woken = this.#sleep();
        if (this.#slots.isFull) {
          await this.#woken;
          continue;
        }
        const { ready, waiting } = readinessOf(this.agenda, { closed, held });
        if (endsIdle && ready.length === 0 && ends.size === 0) return waiting;
        const chosen = this.#isPaused ? [] : this.#slots.take(ready);
        for (const group of chosen) {
          const end: Promise<void> = this.#run(group, course, onEnd)
            .catch(() => undefined)
            .finally(() => {
              ends.delete(end);
              this.wake();
            });
          ends.add(end);
        }
        const running = this.#slots.size;
        const started = chosen.flat().length;
        this.#counts = { ready: ready.length - started, waiting: Math.max(0, waiting.length - running + started), running };
        this.#o.onLook?.();
        await this.#woken;
      }
    } catch (error) {
      // Nobody has cancelled the jobs under way: they stay what they were, and run again when what ended this has passed.
      course.abort(error);
      await Promise.all(ends);
      this.#counts = { ...this.#counts, running: 0 };
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** What it rejects with has aborted the course by the time that the slot is free: nothing takes the units again. */
  async #run(units: UnitGroup, course: AbortController, onEnd: (job: Job) => void): Promise<void> {
    let started: Started[] = [];
    let scratch: Started[] = [];
    try {
      const jobs = await this.#unfinished.jobsOf(units);
      started = units.map((unit, i) => ({ unit, job: jobs[i] as Job, cancel: new AbortController() }));
      for (const { unit, job, cancel } of started) {
        this.#unfinished.unplan(job.id);
        this.#active.set(job.id, cancel);
        this.#update(unit, job);
      }
      scratch = started;
      const ended = started.length > 1 ? await this.#workTogether(started, course.signal) : undefined;
      // A group has one folder.
      if (ended !== undefined) scratch = started.slice(0, 1);
      if (ended !== undefined) for (const job of ended) onEnd(job);
      else for (const one of started) onEnd(await this.#work(one, course.signal));
    } catch (error) {
      course.abort(error);
      throw error;
    } finally {
      for (const { job } of started) this.#active.delete(job.id);
      this.#slots.free(units);
      this.wake();
      for (const { job } of scratch) await this.#o.store.dropScratch(`${job.id}-${job.attempt}`);
    }
  }

  /** Run a group as one. Undefined where one of its jobs fails or is cancelled: which one shows when each is alone. */
  async #workTogether(started: readonly Started[], outer: AbortSignal): Promise<Job[] | undefined> {
    const { store, clock } = this.#o;
    const { signal, release } = firstOf([outer, ...started.map(({ cancel }) => cancel.signal)]);
    try {
      signal.throwIfAborted();
      const progress = { done: 0, total: 1 };
      const begun = started.map(({ unit, job }) => this.#update(unit, { ...job, state: 'running', startedAt: clock(), progress }));
      await store.commit({ jobs: begun });
      const outcomes = await runGroup(this.#parts, begun, clock, signal);
      if (started[0]?.unit.processor.kind !== 'inject') signal.throwIfAborted();
      return await this.#finish(started.map(({ unit }, i) => ({ unit, job: begun[i] as Job, outcome: outcomes[i] as Outcome })));
    } catch (error) {
      outer.throwIfAborted();
      if (started[0]?.unit.processor.kind !== 'inject' && isOutOfRoom(error)) throw error;
      return undefined;
    } finally {
      release();
    }
  }

  async #work({ unit, job: scheduled, cancel }: Started, outer: AbortSignal): Promise<Job> {
    const { store, clock } = this.#o;
    let job = scheduled;
    const { signal, release } = firstOf([outer, cancel.signal]);
    try {
      signal.throwIfAborted();
      job = this.#update(unit, { ...job, state: 'running', startedAt: clock() });
      await store.commit({ jobs: [job] });
      const outcome = await runJob(this.#parts, job, clock, signal, (done, total) => {
        job = this.#update(unit, { ...job, progress: { done, total } });
      });
      // What is in the database must not lack its report: it is too late to cancel that.
      if (unit.processor.kind !== 'inject') signal.throwIfAborted();
      const finished = await this.#finish([{ unit, job, outcome }]);
      if (finished?.[0] !== undefined) return finished[0];
      const refused = this.#update(unit, { ...job, state: 'cancelled', finishedAt: clock() });
      this.#unfinished.set(unit.key, store.job(job.id) ?? refused);
      return refused;
    } catch (error) {
      outer.throwIfAborted();
      // No job is at fault, and the next would fare no better. An injection may have met the disk of its database.
      if (unit.processor.kind !== 'inject' && !cancel.signal.aborted && isOutOfRoom(error)) throw error;
      const state = cancel.signal.aborted ? ('cancelled' as const) : ('failed' as const);
      const code = error instanceof TidemillError ? error.code : 'TM_ERR_TASK_FAILED';
      const ended = { ...job, state, finishedAt: clock(), error: { code, message: (error as Error).message } };
      // Without the request the output is current again, and holds up nobody.
      const isGivenUp = state === 'cancelled' && unit.again !== undefined;
      await store.commit({ jobs: [ended], records: isGivenUp ? [{ kind: AGAIN, key: unit.key, value: undefined }] : [] });
      if (isGivenUp) this.agenda.ask(unit, undefined);
      return this.#update(unit, ended);
    } finally {
      release();
    }
  }

  /** Commit what jobs have made, all or none. Undefined where another attempt of one has begun meanwhile. */
  async #finish(made: readonly Finished[]): Promise<Job[] | undefined> {
    const { store, clock } = this.#o;
    const finishedAt = clock();
    const done = made.map(({ job, outcome: { counters } }): Job => {
      const { total } = job.progress;
      return { ...job, state: 'succeeded', finishedAt, counters, progress: { done: total, total } };
    });
    const removed = made.flatMap(({ unit, outcome }) => unit.supersedes.filter((at) => at !== outcome.package.path));
    const asked = made.map(({ unit }) => unit).filter(({ again }) => again !== undefined);
    const committed = await store.commit({
      create: made.map(({ outcome: { package: p, files } }) => ({ package: p, files })),
      remove: removed,
      jobs: done,
      onlyFor: done,
      records: asked.map(({ key }) => ({ kind: AGAIN, key, value: undefined })),
    });
    if (!committed) return undefined;
    for (const unit of asked) this.agenda.ask(unit, undefined);
    // The loop is woken when the slot is free.
    this.#applied(
      made.map(({ outcome }) => outcome.package),
      removed,
    );
    for (const [i, { unit }] of made.entries()) {
      this.#update(unit, done[i] as Job);
      this.#unfinished.delete(unit.key);
    }
    return done;
  }

  /** Take note of a unit's job as it is now, and tell of it. */
  #update(unit: Unit, job: Job): Job {
    // Before anybody is told, who may release it at once.
    if (job.state === 'failed' || job.state === 'cancelled') this.#stuck.set(unit.key, unit.inputs.join('\n'));
    this.#unfinished.set(unit.key, job);
    this.#o.onJob?.(job);
    return job;
  }

  #applied(created: readonly WorkPackage[], removed: readonly string[]): void {
    const before = this.#catalogue.apply(created, removed);
    this.agenda.apply(created, before);
    this.#o.onPackages?.(created, before);
  }
}

function isOutOfRoom(error: unknown): boolean {
  return error instanceof TidemillError && error.code === 'TM_ERR_DISK_FULL';
}

/** A signal that is aborted with the first of several; `release` lets go of these, which may live longer. */
function firstOf(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; release(): void } {
  const joined = new AbortController();
  const listeners = signals.map((signal) => {
    const onAbort = (): void => joined.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
    return () => signal.removeEventListener('abort', onAbort);
  });
  return {
    signal: joined.signal,
    release: () => {
      for (const remove of listeners) remove();
    },
  };
}
