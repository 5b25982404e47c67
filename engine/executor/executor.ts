import { fail, TidemillError } from '../errors.js';
import { describeError } from './failure.js';

/** A call of a function in a module, as plain data: it runs in a worker thread, inline, or in another process. */
export interface Call {
  /** URL of a module, and the name of a function that it exports: `(argument) => result or promise`. */
  readonly module: string;
  readonly name: string;
  readonly argument: unknown;
  /**
   * Calls of one realm have threads of their own, which run nothing else: for what is not ours, and may do to its thread what it
   * likes. Not said: the executor's own threads.
   */
  readonly realm?: string;
}

export interface RunOptions {
  /** Calls with a greater number start first; calls with the same one in the order of `run`. */
  readonly priority?: number;
  /** The call is ended, with whatever it leaves behind, after so many ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** What a timeline shows. */
  readonly label?: string;
  /** Told when the call has ended in whatever way, unless it never began. */
  readonly onEnd?: (event: TaskEvent) => void;
}

/** When and where a call ran: times in ms since the epoch, `thread` 0 for the caller's own, and for one that was lost. */
export interface TaskEvent {
  readonly label: string;
  readonly thread: number;
  readonly start: number;
  readonly end: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Runs calls, at most `workers` at once. Argument and result are plain data: they cross as structured clones. A call fails
 * alone: TM_ERR_TASK_FAILED when the function throws something without a code or there is no clone, TM_ERR_TASK_TIMEOUT at its
 * deadline, TM_ERR_WORKER_LOST when its thread ends, the signal's reason when that is aborted, at once while it waits for its
 * turn, else the error that was thrown, with its code and data.
 */
export interface Executor {
  readonly workers: number;
  run<T>(call: Call, options?: RunOptions): Promise<T>;
  close(): Promise<void>;
}

/**
 * What V8 may use in a thread of ours. Little that is made there lives longer than a moment; V8's default of 48 MB for it is no
 * faster (measured).
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 4 };

/**
 * What V8 may use in a thread of somebody else's code: more than such a thread is let grow to, as V8 ends the process where a large
 * array does not fit in.
 */
export const FOREIGN_LIMITS = { ...THREAD_LIMITS, maxOldGenerationSizeMb: 4096 };

/** What a call came to. Errors lose their fields between threads, so they travel as data. */
export type Envelope = { readonly thread: number; readonly start: number; readonly end: number } & (
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly exitCode: 1 | 2;
      readonly data: Readonly<Record<string, unknown>>;
      readonly stack: string | undefined;
    }
);

/** Ms since the epoch, to the microsecond. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Make a call in this thread; errors of foreign code have a place. Never throws. */
export async function perform({ module, name, argument }: Call, thread: number, isForeign = false): Promise<Envelope> {
  const start = wallClock();
  try {
    const loaded = (await import(module)) as Record<string, (argument: unknown) => unknown>;
    const work = loaded[name];
    if (work === undefined) throw new TypeError(`${module} exports no ${name}`);
    // Cloned here, where what cannot be is still an error of the call: results are small, the data itself goes into files.
    const value = structuredClone(await work(argument));
    return { ok: true, value, thread, start, end: wallClock() };
  } catch (error) {
    const { message, stack } = describeError(error, isForeign);
    const { code, retryable, exitCode, data } = error instanceof TidemillError ? error : fail('TM_ERR_TASK_FAILED', message);
    return { ok: false, code, message, retryable, exitCode, data: plain(data), stack, thread, start, end: wallClock() };
  }
}

function plain(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(data);
  } catch {
    return {};
  }
}

/** What a call comes to whose argument cannot be cloned. */
export function notPlain({ name }: Call, cause: Error): Error {
  return fail('TM_ERR_TASK_FAILED', `the argument of ${name} is not plain data: ${cause.message}`, { cause });
}

/** What is told of a call that came to something. */
export function eventOf(envelope: Envelope, label: string): TaskEvent {
  const { thread, start, end } = envelope;
  return { label, thread, start, end, ...(envelope.ok ? {} : { error: { code: envelope.code, message: envelope.message } }) };
}

export function openEnvelope<T>(envelope: Envelope): T {
  if (envelope.ok) return envelope.value as T;
  const { code, message, retryable, exitCode, data, stack } = envelope;
  const error = new TidemillError(code, { summary: '', retryable, exitCode }, message, { data });
  if (stack !== undefined) error.stack = stack;
  throw error;
}
