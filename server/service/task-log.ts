import type { Job, TaskEvent } from '../../engine/index.js';
import type { TaskRecord } from './contract.js';

/** Jobs that are remembered, and tasks of one of them. */
const JOBS = 500;
const TASKS = 2000;

/** The tasks of running and recently ended jobs. */
export class TaskLog {
  /** The job that was heard of last is the last one. */
  readonly #byJob = new Map<string, TaskRecord[]>();

  add({ id, attempt }: Pick<Job, 'id' | 'attempt'>, task: TaskEvent): void {
    const tasks = this.#byJob.get(id) ?? [];
    this.#byJob.delete(id);
    this.#byJob.set(id, tasks);
    if (tasks.length >= TASKS) tasks.shift();
    tasks.push({ ...task, attempt });
    for (const oldest of this.#byJob.keys()) {
      if (this.#byJob.size <= JOBS) break;
      this.#byJob.delete(oldest);
    }
  }

  of(jobId: string): readonly TaskRecord[] {
    return [...(this.#byJob.get(jobId) ?? [])].sort((a, b) => a.start - b.start);
  }
}
