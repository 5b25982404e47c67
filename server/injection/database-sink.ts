import { Worker } from 'node:worker_threads';
import { fail } from '../errors.js';
import { THREAD_LIMITS, TidemillError, type Delivery, type Sink, type TaskEvent } from '../../engine/index.js';
import type { Row } from '../database/database.js';
import type { Top, WriterAnswer, WriterRequest, WriterStart, WriterStarted } from './messages.js';

interface Waiting {
  /** What `onTask` is told that it was; nothing where it is not to be told. */
  readonly label?: string;
  resolve(report: unknown): void;
  reject(error: Error): void;
}

/** The analytics database as the sink of injections, behind a thread of its own. */
export class DatabaseSink implements Sink {
  readonly #worker: Worker;
  readonly #onTask: ((event: TaskEvent) => void) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #last = 0;
  /** Why the thread answers no more. */
  #lost: Error | undefined;
  #injected: ReadonlySet<string> = new Set();

  /** Open the database and bring its tables up to date. Errors: those of `openDatabase` and `migrate`. */
  static async open(start: WriterStart, onTask?: (event: TaskEvent) => void): Promise<DatabaseSink> {
    const sink = new DatabaseSink(start, onTask);
    try {
      sink.#injected = new Set((await sink.#answerTo(0, 'open the database')) as WriterStarted);
      return sink;
    } catch (error) {
      await sink.close();
      throw error;
    }
  }

  private constructor(start: WriterStart, onTask: ((event: TaskEvent) => void) | undefined) {
    this.#onTask = onTask;
    this.#worker = new Worker(new URL('./writer-thread.js', import.meta.url), {
      workerData: start,
      resourceLimits: THREAD_LIMITS,
    });
    this.#worker.on('message', (answer: WriterAnswer) => this.#settle(answer));
    this.#worker.on('error', (cause) => this.#lose(cause));
    this.#exited = new Promise((resolve) =>
      this.#worker.once('exit', () => {
        this.#lose(new Error('it exited'));
        resolve();
      }),
    );
  }

  /** Whether the database had the sums of a package when it was opened. */
  holds(packagePath: string): boolean {
    return this.#injected.has(packagePath);
  }

  deliver(delivery: Delivery): Promise<unknown> {
    return this.#ask({ id: ++this.#last, delivery }, delivery.job.processor);
  }

  /** What was delivered and answered is in it. Errors: those of `AnalyticsDatabase.top`. */
  top(top: Top): Promise<readonly Row[]> {
    return this.#ask({ id: ++this.#last, top }) as Promise<readonly Row[]>;
  }

  /** Wait for what is under way and let go of the database. */
  async close(): Promise<void> {
    this.#worker.postMessage('close');
    await this.#exited;
  }

  #ask(request: WriterRequest, label?: string): Promise<unknown> {
    const answer = this.#answerTo(request.id, label);
    this.#worker.postMessage(request);
    return answer;
  }

  #answerTo(id: number, label?: string): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, ...(label === undefined ? {} : { label }) }));
  }

  #settle({ id, report, time, error }: WriterAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting?.label !== undefined && time !== undefined)
      this.#onTask?.({ label: waiting.label, thread: this.#worker.threadId, start: time[0], end: time[1] });
    if (error === undefined) waiting?.resolve(report);
    else waiting?.reject(new TidemillError(error.code, { summary: '', ...error }, error.message, { data: error.data }));
  }

  #lose(cause: Error): void {
    this.#lost ??= fail('TM_ERR_WRITER_LOST', `the database's thread ended: ${cause.message}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}
