import { setMaxListeners } from 'node:events';
import { FixedQueue, Piscina } from 'piscina';
import { fail, TidemillError } from '../errors.js';
import { tidyHeap } from '../heap.js';
import {
  eventOf,
  FOREIGN_LIMITS,
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
import { describeError } from './failure.js';
import { MemoryWatch } from './memory-watch.js';
import { Turns } from './turns.js';
import type { WorkerData } from './worker.js';

/** How long a thread of a realm waits for its next call, ms: what its module holds, such as a timer or a socket, ends with it. */
const IDLE = 10_000;
/** Bytes by which the process may grow for each call of a realm that is under way. */
const REALM_BYTES = 1 << 30;

export interface PoolOptions {
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
  /** URLs of modules that calls will be of: each thread loads them at its start, before it is called. */
  readonly modules?: readonly string[];
  /**
   * Lowers the priority of the threads, so that what the process does beside them goes on while they are busy (on Linux; elsewhere
   * a priority is the process's and stays as it is).
   */
  readonly nice?: number;
  /**
   * Whether the calls are of somebody else's code: threads start when there is a call for them, cannot end the process, and are ended
   * where they take too much memory. Not said: ours.
   */
  readonly isForeign?: boolean;
  /** For each foreign call under way, bytes by which the process may grow. Default: 1 GiB. */
  readonly foreignBytes?: number;
}

/**
 * Runs calls in worker threads. The turns are here and not in Piscina, so that a longer chain of jobs can go first; Piscina
 * holds no more calls than it has threads. Each realm has as many threads of its own, beside these, from its first call on. A call
 * that is past its deadline or aborted has its thread terminated: workers hold nothing that needs care (they write no LMDB).
 */
export class PoolExecutor implements Executor {
  readonly workers: number;
  /** Told of every call that came to something. */
  onTask: ((event: TaskEvent) => void) | undefined;
  readonly #pool: Piscina;
  #closed: Promise<void> | undefined;
  readonly #turns: Turns;
  readonly #realms = new Map<string, PoolExecutor>();
  readonly #nice: number;
  readonly #foreignBytes: number;
  readonly #memory: MemoryWatch | undefined;
  /** What ends each call that is with Piscina. */
  readonly #ends = new Set<(error: Error) => void>();

  constructor(workers: number, options: PoolOptions = {}) {
    const { onTask, modules = [], nice = 0, isForeign = false, foreignBytes = REALM_BYTES } = options;
    this.workers = workers;
    this.onTask = onTask;
    this.#turns = new Turns(workers);
    this.#nice = nice;
    this.#foreignBytes = foreignBytes;
    if (isForeign)
      this.#memory = new MemoryWatch(foreignBytes, (bytes) => this.#endAll(new Error(`it took ${Math.round(bytes / 1e6)} MB of memory`)));
    this.#pool = new Piscina({
      filename: new URL('./entry.cjs', import.meta.url).href,
      workerData: { modules, isForeign } satisfies WorkerData,
      minThreads: isForeign ? 0 : workers,
      maxThreads: workers,
      idleTimeout: isForeign ? IDLE : 0,
      concurrentTasksPerWorker: 1,
      resourceLimits: isForeign ? FOREIGN_LIMITS : THREAD_LIMITS,
      niceIncrement: process.platform === 'linux' ? nice : 0,
      taskQueue: new FixedQueue(),
    });
    // A thread that ends while it is idle is replaced. Where one cannot even start, no other is tried until a call asks for it: calls
    // that are left without any would wait for ever.
    this.#pool.on('error', (error: Error) => {
      if (this.#pool.threads.length === 0) this.#endAll(error);
    });
  }

  run<T>(call: Call, options: RunOptions = {}): Promise<T> {
    return (call.realm === undefined ? this : this.#realm(call.realm)).#run<T>(call, options);
  }

  /** Again does nothing. */
  close(): Promise<void> {
    return (this.#closed ??= Promise.all([this.#pool.destroy(), ...[...this.#realms.values()].map((r) => r.close())]).then(
      () => undefined,
    ));
  }

  #realm(name: string): PoolExecutor {
    let realm = this.#realms.get(name);
    if (realm === undefined) {
      const onTask = (event: TaskEvent): void => this.onTask?.(event);
      realm = new PoolExecutor(this.workers, { onTask, nice: this.#nice, isForeign: true, foreignBytes: this.#foreignBytes });
      this.#realms.set(name, realm);
    }
    return realm;
  }

  async #run<T>(call: Call, options: RunOptions): Promise<T> {
    const { priority = 0, signal } = options;
    // As many calls as the caller likes wait for one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    await this.#turns.take(priority, signal);
    await this.#memory?.begin();
    try {
      return await this.#runNow<T>(call, options);
    } finally {
      tidyHeap();
      this.#memory?.end();
      this.#turns.free();
    }
  }

  #endAll(error: Error): void {
    for (const end of this.#ends) end(error);
  }

  async #runNow<T>(call: Call, { timeoutMs, signal, label = call.name, onEnd }: RunOptions): Promise<T> {
    signal?.throwIfAborted();
    const ended = new AbortController();
    const onAbort = (): void => ended.abort(signal?.reason);
    const onLate = (): void => ended.abort(fail('TM_ERR_TASK_TIMEOUT', `${label} did not finish in ${timeoutMs} ms`));
    const lost = (cause: Error): Error =>
      fail('TM_ERR_WORKER_LOST', `the worker of ${label} ended: ${describeError(cause, this.#memory !== undefined).message}`, { cause });
    const onNoThread = (cause: Error): void => ended.abort(lost(cause));
    signal?.addEventListener('abort', onAbort);
    let timer: NodeJS.Timeout | undefined;
    this.#ends.add(onNoThread);
    let envelope: Envelope;
    let start = wallClock();
    try {
      // A foreign thread may have to start first: that is no part of the time that its code has.
      if (this.#memory !== undefined) await this.#pool.run(call.module, { signal: ended.signal });
      if (timeoutMs !== undefined) timer = setTimeout(onLate, timeoutMs);
      start = wallClock();
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
