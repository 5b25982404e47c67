import { eventOf, notPlain, openEnvelope, perform, type Call, type Executor, type RunOptions } from './executor.js';

/** Runs calls in this thread, one after the other: for tests and for debugging. Deadlines are not kept. */
export class InlineExecutor implements Executor {
  readonly workers = 1;
  #last: Promise<unknown> = Promise.resolve();

  run<T>(call: Call, { signal, onEnd, label = call.name }: RunOptions = {}): Promise<T> {
    const result = this.#last.then(async () => {
      signal?.throwIfAborted();
      const envelope = await perform(plain(call), 0);
      onEnd?.(eventOf(envelope, label));
      return openEnvelope<T>(envelope);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
  }
}

/** A clone of the call: nothing passes here that could not pass between threads. */
function plain(call: Call): Call {
  try {
    return structuredClone(call);
  } catch (error) {
    throw notPlain(call, error as Error);
  }
}
