import { Coordinator, endOf, zone, type Limits, type Period, type WorkPackage, type Zone } from '../../engine/index.js';
import type { PoolExecutor } from '../../engine/executor/pool-executor.js';
import { isDiskFull } from '../../engine/store/disk.js';
import { Agent } from '../agent/agent.js';
import { tableTypes } from '../declarations.js';
import { fail } from '../errors.js';
import { databaseShare } from '../memory.js';
import { flowOf, lostInjections } from '../workshop.js';
import { startThreads } from '../threads.js';
import { isAway, LastingSink } from './lasting-sink.js';
import { nextMidnight } from './midnight.js';
import { noteOf } from './notes.js';
import { unitOf, unitsFor } from './rerun.js';
import { Retention } from './retention.js';
import { RoomWatch } from './room-watch.js';
import { TaskLog } from './task-log.js';
import { systemClock, type Clock } from './clock.js';
import type { Dataset } from '../dataset.js';
import type { Log } from '../log.js';
import type { CaptureStatus } from '../supervisor/messages.js';
import type { ErrorNote, RerunRequest, SchedulerStatus, Service, ServiceEvent, ServiceStatus, TaskRecord } from './contract.js';
import type { Job } from '../../engine/index.js';

/** How often retention looks for what may go, ms. */
const RETENTION = 3_600_000;
/** How long jobs that are under way at the end have to come to theirs, ms. */
const GRACE = 4000;
const PAUSED = { kind: 'service', key: 'paused' } as const;

export interface ServiceOptions {
  /** Open for writing; the service closes its store. */
  readonly dataset: Dataset;
  readonly workers?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly clock?: Clock;
  readonly log: Log;
  /** How long jobs under way are waited for when it closes, ms; default 4 s. */
  readonly graceMs?: number;
  /** Told when nothing can be scheduled any more, because the store is of no use. */
  readonly onFailure?: (error: unknown) => void;
}

/** A dataset at work in this process: agent, scheduler, pool and database. */
export class RunningService implements Service {
  readonly dataset: Dataset;
  readonly startedAt: number;
  readonly jobs: { active(): readonly Job[] };
  readonly #o: ServiceOptions;
  readonly #clock: Clock;
  readonly #zone: Zone;
  readonly #executor: PoolExecutor;
  readonly #sink: LastingSink;
  readonly #coordinator: Coordinator;
  readonly #agent: Agent;
  readonly #retention: Retention;
  readonly #room: RoomWatch;
  readonly #tasks = new TaskLog();
  readonly #listeners = new Set<(event: ServiceEvent) => void>();
  readonly #stop = new AbortController();
  readonly #alarms = new Map<string, () => void>();
  #serving: Promise<void> = Promise.resolve();
  #isPaused: boolean;
  #error: ErrorNote | undefined;
  #capture: CaptureStatus | null = null;
  #told = '';

  /**
   * Begin to work on a dataset: the first look at the spool is over when it resolves.
   * Errors: those of the store. A database that is not there is in the status, and tried again.
   */
  static async start(options: ServiceOptions): Promise<RunningService> {
    const service = new RunningService(options);
    await service.#start();
    return service;
  }

  private constructor(options: ServiceOptions) {
    const { dataset, workers, limits, clock = systemClock, log } = options;
    this.#o = options;
    this.dataset = dataset;
    this.#clock = clock;
    this.#zone = zone(dataset.settings.timeZone);
    this.startedAt = clock.now();
    this.#isPaused = dataset.store.record(PAUSED.kind, PAUSED.key) === true;
    this.#executor = startThreads(workers);
    this.#sink = new LastingSink({
      database: dataset.database,
      memory: databaseShare(dataset.memory),
      types: tableTypes(dataset.topology),
      clock,
      onTask: () => undefined,
      onOpened: async (holds) => {
        // As they are in memory: to read thousands of reports from the store would hold up the API.
        const lost = lostInjections(dataset, (location) => this.#coordinator.packages(location), holds);
        await this.#coordinator.end(lost, 'remove');
      },
      onBack: () => this.#releaseInjections(),
    });
    this.#coordinator = new Coordinator({
      ...flowOf(dataset, limits),
      executor: this.#executor,
      sink: this.#sink,
      clock: () => clock.now(),
      onJob: (job) => this.#onJob(job),
      onTask: (job, task) => this.#tasks.add(job, task),
      onPackages: (created, removed) => this.#onPackages(created, removed),
      onLook: () => this.#tellScheduler(),
    });
    this.#room = new RoomWatch(clock, () => dataset.store.hasRoom());
    this.jobs = { active: () => this.#coordinator.active() };
    this.#agent = new Agent({
      dataset,
      executor: this.#executor,
      clock,
      log,
      onPackages: (created) => (created.length === 0 ? this.#coordinator.wake() : this.#coordinator.learn(created)),
      onStatus: (status) => this.#tell({ kind: 'agent', status }),
      room: () => this.#room.wait(),
    });
    const { topology, settings } = dataset;
    this.#retention = new Retention({
      coordinator: this.#coordinator,
      topology,
      zone: this.#zone,
      settings: settings.retention,
      closed: (period) => this.#hasEnded(period),
    });
  }

  status(): ServiceStatus {
    return {
      scheduler: this.#schedulerStatus(),
      capture: this.#capture,
      agent: this.#agent.status,
      database: this.#sink.status,
      retention: this.#retention.status,
      workers: this.#executor.workers,
    };
  }

  tasks(jobId: string): readonly TaskRecord[] {
    return this.#tasks.of(jobId);
  }

  pause(): void {
    this.#pause(true);
  }

  resume(): void {
    this.#pause(false);
  }

  async cancel(jobId: string): Promise<'cancelled' | 'not_running' | 'unknown'> {
    const reason = fail('TM_ERR_JOB_CANCELLED', 'cancelled by hand');
    const state = await new Promise<Job['state']>((resolve) => {
      const settle = (to: Job['state']): void => {
        off();
        this.#stop.signal.removeEventListener('abort', onStop);
        resolve(to);
      };
      // A job that the end of the service ends is left as it is, for the next start.
      const onStop = (): void => settle('running');
      const off = this.on((event) => {
        if (event.kind !== 'job' || event.job.id !== jobId || event.job.state === 'running' || event.job.state === 'scheduled') return;
        settle(event.job.state);
      });
      this.#stop.signal.addEventListener('abort', onStop);
      if (this.#stop.signal.aborted) onStop();
      else if (!this.#coordinator.cancel(jobId, reason)) settle('scheduled');
    });
    if (state === 'cancelled') return 'cancelled';
    if (state !== 'scheduled') return 'not_running';
    if (await this.#coordinator.unplan(jobId)) return 'cancelled';
    return this.dataset.store.job(jobId) === undefined ? 'unknown' : 'not_running';
  }

  async retry(jobId: string): Promise<Job> {
    const { store, topology } = this.dataset;
    const job = this.#coordinator.active().find(({ id }) => id === jobId) ?? store.job(jobId);
    if (job === undefined) throw fail('TM_ERR_JOB_UNKNOWN', `there is no job ${jobId}`);
    if (job.state === 'running' || job.state === 'scheduled') throw fail('TM_ERR_JOB_NOT_ENDED', `${jobId} is ${job.state}`);
    const [planned] = await this.#coordinator.plan(unitOf(this.#coordinator, topology, job));
    if (planned === undefined) throw fail('TM_ERR_JOB_NOT_ENDED', `${jobId} runs now`);
    return planned;
  }

  rerun(what: RerunRequest): Promise<readonly Job[]> {
    return Promise.resolve().then(() => this.#coordinator.plan(unitsFor(this.#coordinator, this.dataset.topology, what)));
  }

  on(listener: (event: ServiceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The sensor has closed a package of the spool. */
  spoolClosed(): void {
    this.#agent.look();
  }

  /** What the capture process says of itself. */
  captureSays(status: CaptureStatus): void {
    this.#capture = status;
    this.#tell({ kind: 'capture', status });
  }

  /** The capture process has ended. */
  captureDown(): void {
    const none = { port: 0, queue: 0, warnSize: 0, maxSize: 0, accepted: 0, rejected: 0, refused: 0 };
    this.captureSays({ ...none, ...this.#capture, state: 'DOWN', since: this.#clock.now(), perSecond: 0, open: null });
  }

  async close(): Promise<void> {
    for (const callOff of this.#alarms.values()) callOff();
    this.#coordinator.pause(true);
    await Promise.all([this.#agent.stop(), this.#retention.idle(), this.#idle()]);
    this.#stop.abort(new Error('the service ends'));
    this.#room.stop();
    await this.#serving;
    await this.#sink.close();
    await this.#executor.close();
    await this.dataset.store.close();
  }

  async #start(): Promise<void> {
    this.#coordinator.pause(this.#isPaused);
    await this.#agent.start();
    void this.#sink.look();
    this.#serving = this.#serve().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#o.log.error('the scheduler ended', { error });
      this.#error = noteOf(error);
      this.#tellScheduler();
      this.#o.onFailure?.(error);
    });
    this.#onMidnight();
    this.#purge();
  }

  /** Run jobs until the service ends; where the disk is full, from when it has room on. */
  async #serve(): Promise<void> {
    const { settings, store } = this.dataset;
    const { liveSums } = settings.scheduler;
    for (;;) {
      try {
        await this.#coordinator.serve((period) => liveSums || this.#hasEnded(period), this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted || store.failure !== undefined || !isDiskFull(error)) throw error;
        this.#o.log.error('the disk is full; the scheduler waits for room', { error });
        this.#error = noteOf(error);
        this.#tellScheduler();
      }
      await this.#room.wait();
      this.#stop.signal.throwIfAborted();
      this.#error = undefined;
      this.#o.log.info('there is room again; the scheduler goes on');
    }
  }

  /** Whether the last day of a period is over, and nothing of it is in the spool any more. */
  #hasEnded(period: Period): boolean {
    const end = endOf(period);
    return end <= this.#zone.dayOf(this.#clock.now()) && !this.#agent.holds(period.first, end);
  }

  #onMidnight(): void {
    const at = nextMidnight(this.#zone, this.#clock.now());
    this.#alarm('midnight', at, () => {
      this.#agent.look();
      this.#coordinator.wake();
      this.#onMidnight();
    });
  }

  #purge(): void {
    this.#alarm('retention', this.#clock.now() + RETENTION, () => this.#purge());
    const before = new Map(this.#retention.status.map((r) => [r.location, r]));
    const { log } = this.#o;
    this.#retention.run(this.#clock.now()).then(
      (after) => {
        for (const { location, purged, held, reason } of after) {
          const old = before.get(location);
          if (purged > (old?.purged ?? 0)) log.info('beans are purged', { location, packages: purged - (old?.purged ?? 0) });
          if (held > 0 && reason !== old?.reason)
            log.info('beans are kept longer, because they are needed', { location, packages: held, reason });
        }
      },
      (error: unknown) => log.error('retention failed; it tries again', { error }),
    );
  }

  #alarm(name: string, at: number, callback: () => void): void {
    this.#alarms.get(name)?.();
    this.#alarms.set(name, this.#clock.at(at, callback));
  }

  #pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#coordinator.pause(isPaused);
    this.dataset.store.commit({ records: [{ ...PAUSED, value: isPaused ? true : undefined }] }).catch((error: unknown) => {
      this.#o.log.error('that the scheduler is paused could not be stored', { error });
    });
    this.#tellScheduler();
  }

  /** Resolves when no job is under way, or when the grace is over. */
  async #idle(): Promise<void> {
    const { graceMs = GRACE } = this.#o;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#coordinator.counts.running > 0 && this.#error === undefined) return;
        off();
        clearTimeout(timer);
        resolve();
      };
      const off = this.on(look);
      const timer = setTimeout(() => {
        off();
        resolve();
      }, graceMs);
      look();
    });
  }

  #schedulerStatus(): SchedulerStatus {
    const state = this.#error !== undefined ? 'failed' : this.#isPaused ? 'paused' : 'running';
    return { state, ...this.#coordinator.counts, ...(this.#error === undefined ? {} : { error: this.#error }) };
  }

  #tellScheduler(): void {
    const status = this.#schedulerStatus();
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell({ kind: 'scheduler', status });
  }

  #onJob(job: Job): void {
    if (job.state === 'failed') this.#o.log.error('a job failed', { job: job.id, processor: job.processor, error: job.error });
    // It came back while the end of the job was stored.
    if (job.state === 'failed' && isAway(job.error?.code) && this.#sink.status.state === 'ok') {
      if (isDiskFull(job.error)) void this.#room.wait().then(() => this.#releaseInjections());
      else this.#releaseInjections();
    }
    this.#tell({ kind: 'job', job });
  }

  /** Let those be tried again that failed because the database was away. */
  #releaseInjections(): void {
    this.#coordinator.release((job) => isAway(job.error?.code));
  }

  #onPackages(created: readonly WorkPackage[], removed: readonly WorkPackage[]): void {
    const there = new Set(created.map((p) => p.path));
    for (const { path, location } of removed) if (!there.has(path)) this.#tell({ kind: 'package', change: 'removed', path, location });
    for (const { path, location } of created) this.#tell({ kind: 'package', change: 'created', path, location });
  }

  #tell(event: ServiceEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
