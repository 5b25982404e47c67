import { fail, TidemillError } from './errors.js';
import type { Executor, TaskEvent } from './executor/executor.js';

/** The module of the functions that run in the pool. */
export const TASKS = new URL('./task/tasks.js', import.meta.url).href;

/** How often tasks are tried. */
export interface Tries {
  /** Tries of a task before its shard is cut, or the job fails; its pieces have one, and a record alone two. */
  readonly attempts: number;
  readonly taskTimeoutMs: number;
  /** Tries of all tasks of one job that may be lost, which no thread came back from, before it fails. */
  readonly losses: number;
}

export interface TaskRunnerParts {
  readonly executor: Executor;
  readonly tries: Tries;
  readonly processor: string;
  readonly priority: number;
  /** The threads that run the tasks, where they are not the executor's own. */
  readonly realm: string | undefined;
  /** Aborted when the job was cancelled, or one of its tasks has failed for good. */
  readonly signal: AbortSignal;
  readonly onEnd: (event: TaskEvent) => void;
  readonly count: (name: string, by: number) => void;
  readonly progress: (done: number, total: number) => void;
}

/** Whether a try was lost: it was not over in time, or its thread ended. */
export function isLoss(error: unknown): boolean {
  return error instanceof TidemillError && (error.code === 'TM_ERR_TASK_TIMEOUT' || error.code === 'TM_ERR_WORKER_LOST');
}

/** Runs the tasks of one job, each until it succeeds or is not worth another try. */
export class TaskRunner {
  readonly #p: TaskRunnerParts;
  #done = 0;
  #total = 0;
  #losses = 0;

  constructor(parts: TaskRunnerParts) {
    this.#p = parts;
  }

  /** Errors: that of the last try; for the try that was one loss too many for the job, its code. */
  async run<R>(
    name: string,
    argument: unknown,
    { attempts, retriesLosses = true }: { attempts: number; retriesLosses?: boolean },
  ): Promise<R> {
    const { executor, tries, processor, priority, realm, signal, onEnd, count, progress } = this.#p;
    const call = { module: TASKS, name, argument, ...(realm === undefined ? {} : { realm }) };
    const options = { priority, timeoutMs: tries.taskTimeoutMs, signal, label: `${processor} ${name}`, onEnd };
    progress(this.#done, ++this.#total);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const result = await executor.run<R>(call, options);
          count('tasks', 1);
          return result;
        } catch (error) {
          if (isLoss(error)) this.#lose(error as TidemillError);
          if (!this.#mayPass(error) || attempt >= attempts || (isLoss(error) && !retriesLosses)) throw error;
          count('task_retries', 1);
        }
      }
    } finally {
      progress(++this.#done, this.#total);
    }
  }

  /** Whether an error may be due to a single record, so that the others are worth a try without it. */
  mayBePoison(error: unknown): error is TidemillError {
    if (this.#isOver() || !(error instanceof TidemillError) || error.code === 'TM_ERR_IO') return false;
    return error.retryable || error.code === 'TM_ERR_BEAN_INVALID';
  }

  /** Whether the same task is worth another try. */
  #mayPass(error: unknown): boolean {
    return !this.#isOver() && error instanceof TidemillError && error.retryable;
  }

  #isOver(): boolean {
    return this.#p.signal.aborted || this.#losses >= this.#p.tries.losses;
  }

  /** A loss takes a thread, and as long as a task may take: that is not to be had for each record of a job. */
  #lose({ code, message }: TidemillError): void {
    if (this.#p.signal.aborted || ++this.#losses < this.#p.tries.losses) return;
    throw fail(
      code as 'TM_ERR_WORKER_LOST',
      `${this.#losses} tries of its tasks were lost, the most that a job may lose; the last: ${message}`,
    );
  }
}
