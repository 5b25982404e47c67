import { JobTable, JOB_STATES, numberOf, type JobFilter } from './job-table.js';
import type { Job, JobState, LocationStore } from '../../../engine/index.js';

/** Jobs of which the newest state is kept: longer than a store takes to commit what it was told of. */
const KEPT = 1000;

export type JobCounts = Readonly<Record<JobState, number>>;

/**
 * The jobs of a dataset as the API asks for them, kept up by the service's events: nothing of it reads all jobs again. Only
 * what jobs are found by is held; a page's jobs are read from the store.
 */
export class JobOverview {
  readonly #store: Pick<LocationStore, 'job' | 'createdAt'>;
  readonly #table = new JobTable();
  /** Jobs that an event told of, in the order of the events: they are newer than what is stored. */
  readonly #newest = new Map<string, Job>();
  readonly #counts = new Map<string, Record<JobState, number>>();
  readonly #last = new Map<string, { readonly id: string; readonly at: number }>();
  /** Jobs that neither succeeded nor were cancelled, by id. */
  readonly #unfinished = new Map<string, Job>();

  constructor(store: Pick<LocationStore, 'job' | 'createdAt'>, jobs: Iterable<Job>) {
    this.#store = store;
    for (const job of [...jobs].sort((a, b) => numberOf(a.id) - numberOf(b.id))) this.#take(job);
  }

  /** A job is new, or has changed. */
  apply(job: Job): void {
    this.#newest.delete(job.id);
    this.#newest.set(job.id, job);
    if (this.#newest.size > KEPT) {
      for (const [id, { state }] of this.#newest) {
        if (state === 'scheduled' || state === 'running') continue;
        this.#newest.delete(id);
        if (this.#newest.size <= KEPT) break;
      }
    }
    this.#take(job);
  }

  get(id: string): Job | undefined {
    return this.#newest.get(id) ?? (Number.isNaN(numberOf(id)) || id.length > 100 ? undefined : this.#store.job(id));
  }

  /** Jobs that a filter finds, newest first, of those older than the job with the number `before`. */
  *find(filter: JobFilter, before?: number): Generator<Job> {
    for (const number of this.#table.find(filter, before)) {
      const job = this.get(`job_${this.#store.createdAt}_${String(number).padStart(6, '0')}`);
      // It may have moved on since the event that the table has.
      if (job !== undefined && (filter.state === undefined || job.state === filter.state)) yield job;
    }
  }

  countsOf(processor: string): JobCounts {
    return this.#counts.get(processor) ?? noCounts();
  }

  /** The job of a processor that was started last. */
  lastOf(processor: string): Job | undefined {
    const last = this.#last.get(processor);
    return last === undefined ? undefined : this.get(last.id);
  }

  /** Scheduled, running and failed jobs. */
  unfinished(): Iterable<Job> {
    return this.#unfinished.values();
  }

  #take(job: Job): void {
    const before = this.#table.put(job);
    let counts = this.#counts.get(job.processor);
    if (counts === undefined) this.#counts.set(job.processor, (counts = noCounts()));
    if (before !== undefined) counts[before]--;
    counts[job.state]++;
    const at = job.startedAt ?? job.createdAt;
    if (at >= (this.#last.get(job.processor)?.at ?? -Infinity)) this.#last.set(job.processor, { id: job.id, at });
    if (job.state === 'succeeded' || job.state === 'cancelled') this.#unfinished.delete(job.id);
    else this.#unfinished.set(job.id, job);
  }
}

function noCounts(): Record<JobState, number> {
  return Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
}
