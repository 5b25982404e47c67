import { setMaxListeners } from 'node:events';
import { FixedQueue, Piscina } from 'piscina';
import { fail, TidemillError } from '../errors.js';
import { tidyHeap } from '../heap.js';
import {
  eventOf,
  notPlain,
  THREAD_LIMITS,
  wallClock,
  openEnvelope,
  type Call,
  type Envelope,
  type Executor,
  type RunOptions,
  type TaskEvent,
} from './executor.js';
import type { WorkerData } from './worker.js';

export interface PoolOptions {
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
  /** URLs of modules that calls will be of: each thread loads them at its start, before it is called. */
  readonly modules?: readonly string[];
  /**
   * Lowers the priority of the threads, so that what the process does beside them goes on while they are busy (on Linux; elsewhere
   * a priority is the process's and stays as it is).
   */
  readonly nice?: number;
}

interface Waiting {
  readonly priority: number;
  start(): void;
}

/**
 * Runs calls in worker threads. The queue is here and not in Piscina, so that a longer chain of jobs can go first; Piscina
 * holds no more calls than it has threads. A call that is past its deadline or aborted has its thread terminated: workers
 * hold nothing that needs care (they write no LMDB).
 */
export class PoolExecutor implements Executor {
  readonly workers: number;
  /** Told of every call that came to something. */
  onTask: ((event: TaskEvent) => void) | undefined;
  readonly #pool: Piscina;
  #closed: Promise<void> | undefined;
  readonly #waiting: Waiting[] = [];
  /** What ends each call that is with Piscina. */
  readonly #ends = new Set<(error: Error) => void>();
  #running = 0;

  constructor(workers: number, { onTask, modules = [], nice = 0 }: PoolOptions = {}) {
    this.workers = workers;
    this.onTask = onTask;
    this.#pool = new Piscina({
      filename: new URL('./entry.cjs', import.meta.url).href,
      workerData: { modules } satisfies WorkerData,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      resourceLimits: THREAD_LIMITS,
      niceIncrement: process.platform === 'linux' ? nice : 0,
      taskQueue: new FixedQueue(),
    });
    // A thread that ends while it is idle is replaced. Where one cannot even start, no other is tried until a call asks for it: calls
    // that are left without any would wait for ever.
    this.#pool.on('error', (error: Error) => {
      if (this.#pool.threads.length === 0) for (const end of this.#ends) end(error);
    });
  }

  async run<T>(call: Call, options: RunOptions = {}): Promise<T> {
    const { priority = 0, signal } = options;
    // As many calls as the caller likes wait for one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    if (this.#running >= this.workers) await this.#turn(priority, signal);
    else this.#running++;
    try {
      return await this.#runNow<T>(call, options);
    } finally {
      tidyHeap();
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.start();
    }
  }

  /** Again does nothing. */
  close(): Promise<void> {
    return (this.#closed ??= this.#pool.destroy());
  }

  /** Wait for a thread; it is the one of a call that has ended. */
  #turn(priority: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(item), 1);
        reject(signal?.reason as Error);
      };
      const item = {
        priority,
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      if (signal?.aborted === true) return reject(signal.reason as Error);
      signal?.addEventListener('abort', leave, { once: true });
      this.#enqueue(item);
    });
  }

  #enqueue(item: Waiting): void {
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).priority < item.priority) at--;
    this.#waiting.splice(at, 0, item);
  }

  async #runNow<T>(call: Call, { timeoutMs, signal, label = call.name, onEnd }: RunOptions): Promise<T> {
    signal?.throwIfAborted();
    const ended = new AbortController();
    const onAbort = (): void => ended.abort(signal?.reason);
    const onLate = (): void => ended.abort(fail('TM_ERR_TASK_TIMEOUT', `${label} did not finish in ${timeoutMs} ms`));
    const lost = (cause: Error): Error => fail('TM_ERR_WORKER_LOST', `the worker of ${label} ended: ${cause.message}`, { cause });
    const onNoThread = (cause: Error): void => ended.abort(lost(cause));
    signal?.addEventListener('abort', onAbort);
    const timer = timeoutMs === undefined ? undefined : setTimeout(onLate, timeoutMs);
    this.#ends.add(onNoThread);
    let envelope: Envelope;
    const start = wallClock();
    try {
      envelope = (await this.#pool.run(call, { signal: ended.signal })) as Envelope;
    } catch (cause) {
      if ((cause as Error).name === 'DataCloneError') throw notPlain(call, cause as Error);
      const error = ended.signal.aborted ? (ended.signal.reason as Error) : lost(cause as Error);
      const { message } = error;
      const code = error instanceof TidemillError ? error.code : 'TM_ERR_JOB_CANCELLED';
      onEnd?.({ label, thread: 0, start, end: wallClock(), error: { code, message } });
      throw error;
    } finally {
      clearTimeout(timer);
      this.#ends.delete(onNoThread);
      signal?.removeEventListener('abort', onAbort);
    }
    const event = eventOf(envelope, label);
    if (envelope.ok) this.onTask?.(event);
    onEnd?.(event);
    return openEnvelope<T>(envelope);
  }
}
