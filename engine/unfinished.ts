import { unitKey, type Agenda, type Unit } from './agenda.js';
import { outputPath } from './work-package.js';
import type { Job } from './job.js';
import type { Topology } from './processor.js';
import type { LocationStore } from './store/location-store.js';

export interface UnfinishedParts {
  readonly store: LocationStore;
  readonly topology: Topology;
  /** Now, in ms since the epoch. */
  readonly clock: () => number;
}

/** The jobs that did not succeed, by the key of their unit: at most one a unit, whose next attempt a later one is. */
export class Unfinished {
  readonly #p: UnfinishedParts;
  readonly #jobs = new Map<string, Job>();
  /** Ids of those whose present attempt has been stored, and not begun. */
  readonly #planned = new Set<string>();

  constructor(parts: UnfinishedParts) {
    this.#p = parts;
    for (const job of parts.store.jobs()) {
      const processor = parts.topology.processors.get(job.processor);
      if (job.state !== 'succeeded' && processor !== undefined) this.#jobs.set(unitKey(processor, job.period, job.inputs), job);
    }
  }

  get(key: string): Job | undefined {
    return this.#jobs.get(key);
  }

  set(key: string, job: Job): void {
    this.#jobs.set(key, job);
  }

  delete(key: string): void {
    this.#jobs.delete(key);
  }

  *cancelled(): Generator<readonly [key: string, job: Job]> {
    for (const [key, job] of this.#jobs) if (job.state === 'cancelled') yield [key, job];
  }

  /** Jobs that are scheduled or under way. */
  active(): Job[] {
    return [...this.#jobs.values()].filter((job) => job.state === 'running' || job.state === 'scheduled');
  }

  /** A job that is scheduled, by its id. */
  scheduled(id: string): readonly [key: string, job: Job] | undefined {
    return [...this.#jobs].find(([, job]) => job.id === id && job.state === 'scheduled');
  }

  plan(key: string, job: Job): void {
    this.#jobs.set(key, job);
    this.#planned.add(job.id);
  }

  /** An attempt that was planned begins, or will not. */
  unplan(id: string): void {
    this.#planned.delete(id);
  }

  /** The jobs of units, scheduled: new ones, those that were planned, or the next attempts of those that did not succeed. */
  async jobsOf(units: readonly Unit[]): Promise<Job[]> {
    const count = units.filter(({ key }) => !this.#jobs.has(key)).length;
    let next = count === 0 ? 0 : await this.#p.store.next('job', count);
    return units.map((unit) => this.#jobOf(unit, () => next++));
  }

  #jobOf({ key, processor, period, inputs, again }: Unit, number: () => number): Job {
    const { store, topology, clock } = this.#p;
    const { layout } = topology.location(processor.output);
    const output = outputPath(store.dataset, processor.output, layout, processor.name, period, inputs, again);
    const scheduled = {
      processor: processor.name,
      period,
      inputs,
      output,
      state: 'scheduled',
      progress: { done: 0, total: 0 },
      counters: {},
    } as const;
    const before = this.#jobs.get(key);
    if (before !== undefined) {
      const attempt = before.attempt + (this.#planned.has(before.id) ? 0 : 1);
      return { ...scheduled, id: before.id, attempt, createdAt: before.createdAt };
    }
    return { ...scheduled, id: `job_${store.createdAt}_${String(number()).padStart(6, '0')}`, attempt: 1, createdAt: clock() };
  }

  /** What an ended process left under way is scheduled again, or cancelled where there is nothing left for it to do. */
  async recover(agenda: Agenda): Promise<void> {
    const jobs: Job[] = [];
    for (const [key, job] of this.#jobs) {
      if (job.state !== 'running' && (job.state !== 'scheduled' || this.#planned.has(job.id))) continue;
      const isDue = agenda.isDue({ processor: this.#p.topology.processor(job.processor), key });
      const error = { code: 'TM_ERR_JOB_CANCELLED', message: 'the process ended, and what the job was for is there or gone' };
      const left: Job = isDue ? { ...job, state: 'scheduled' } : { ...job, state: 'cancelled', finishedAt: this.#p.clock(), error };
      this.#jobs.set(key, left);
      jobs.push(left);
    }
    if (jobs.length > 0) await this.#p.store.commit({ jobs });
  }
}
