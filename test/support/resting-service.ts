/* A real dataset as a service whose scheduler rests: what changes is what the test commits, and it is told of as the service would. */
import { EventEmitter } from 'node:events';
import type { Job, JobState, WorkPackage } from '#engine/index.js';
import type { Dataset } from '#server/dataset.js';
import type { RerunRequest, Service, ServiceEvent, ServiceStatus, TaskRecord } from '#server/service/contract.js';
import { fail } from '#server/errors.js';
import { periodOf } from '#engine/index.js';
import { staged } from './packages.js';
import type { BeanType } from '#engine/bean.js';
import type { Bean } from '#engine/bean-batch.js';

export interface RestingService extends Service {
  /** Store jobs, and tell of them. */
  put(jobs: readonly Job[]): Promise<void>;
  /** Commit packages of raw data, and tell of them. */
  capture(path: string, date: string, type: BeanType, beans: readonly Bean[]): Promise<WorkPackage>;
  remove(path: string): Promise<void>;
  emit(event: ServiceEvent): void;
  readonly asked: RerunRequest[];
  /** What `status` tells beside the scheduler. */
  told: Partial<ServiceStatus>;
}

/** A job that no processor ran. */
export function jobOf(store: { readonly createdAt: number; readonly dataset: string }, n: number, about: Partial<Job> = {}): Job {
  return {
    id: `job_${store.createdAt}_${String(n).padStart(6, '0')}`,
    processor: 'SessionMerger',
    period: periodOf('day', 16_000 + (n % 400)),
    inputs: [`/${store.dataset}/sesrawdata/${n}`],
    output: `/${store.dataset}/sesdata/${n}`,
    state: 'succeeded',
    attempt: 1,
    createdAt: store.createdAt + n,
    startedAt: store.createdAt + n + 1,
    finishedAt: store.createdAt + n + 5,
    progress: { done: 3, total: 3 },
    counters: { records_in: 10, records_out: 4 },
    ...about,
  };
}

export function restingService(dataset: Dataset): RestingService {
  const { store } = dataset;
  const events = new EventEmitter().setMaxListeners(0);
  const active = new Map<string, Job>();
  const tasks = new Map<string, TaskRecord[]>();
  let state: 'running' | 'paused' = 'running';
  const emit = (event: ServiceEvent): void => void events.emit('event', event);
  const scheduler = () => ({ state, ready: 0, waiting: 0, running: active.size });
  const tell = (job: Job): void => {
    if (job.state === 'scheduled' || job.state === 'running') active.set(job.id, job);
    else active.delete(job.id);
    tasks.set(job.id, [{ label: `${job.processor} map 0`, thread: 1, start: job.createdAt, end: job.createdAt + 2, attempt: job.attempt }]);
    emit({ kind: 'job', job });
  };
  const service: RestingService = {
    dataset,
    startedAt: Date.UTC(2026, 0, 1),
    asked: [],
    told: {},
    status: () => ({
      scheduler: scheduler(),
      capture: null,
      agent: { state: 'idle', packagesMoved: 0, linesMoved: 0, waiting: 0, sources: [] },
      database: { kind: 'duckdb', state: 'ok' },
      retention: [],
      workers: 2,
      ...service.told,
    }),
    jobs: { active: () => [...active.values()] },
    tasks: (id) => tasks.get(id) ?? [],
    pause: () => {
      state = 'paused';
      emit({ kind: 'scheduler', status: scheduler() });
    },
    resume: () => {
      state = 'running';
      emit({ kind: 'scheduler', status: scheduler() });
    },
    async cancel(id) {
      const job = active.get(id);
      if (job === undefined) return store.job(id) === undefined ? 'unknown' : 'not_running';
      await service.put([{ ...job, state: 'cancelled', finishedAt: job.createdAt + 9 }]);
      return 'cancelled';
    },
    async retry(id) {
      const job = store.job(id);
      if (job === undefined) throw fail('TM_ERR_JOB_UNKNOWN', `there is no job ${id}`);
      if (job.state !== 'failed' && job.state !== 'cancelled') throw fail('TM_ERR_JOB_NOT_ENDED', `the job ${id} is ${job.state}`);
      const again = { ...job, state: 'scheduled' as const, attempt: job.attempt + 1 };
      await service.put([again]);
      return again;
    },
    async rerun(what) {
      service.asked.push(what);
      if (!dataset.topology.processors.has(what.processor))
        throw fail('TM_ERR_PROCESSOR_UNKNOWN', `there is no processor '${what.processor}'`);
      const job = jobOf(store, await store.next('job'), { processor: what.processor, state: 'scheduled' });
      await service.put([job]);
      return [job];
    },
    on(listener) {
      events.on('event', listener);
      return () => events.off('event', listener);
    },
    async put(jobs) {
      await store.commit({ jobs });
      for (const job of jobs) tell(job);
    },
    async capture(path, date, type, beans) {
      const made = staged(store, path, date, type, [beans], 100);
      await store.commit({ create: [made] });
      emit({ kind: 'package', change: 'created', path, location: made.package.location });
      return made.package;
    },
    async remove(path) {
      await store.commit({ remove: [path] });
      emit({ kind: 'package', change: 'removed', path, location: path.split('/')[2] ?? '' });
    },
    emit,
    close: () => Promise.resolve(),
  };
  return service;
}

export function stateOf(n: number): JobState {
  return (['succeeded', 'succeeded', 'failed', 'cancelled', 'running', 'scheduled'] as const)[n % 6] as JobState;
}
