import { openEnvelope, perform, type Call, type Executor } from './executor.js';

/** Runs calls in this thread, one after the other: for tests and for debugging. Deadlines are not kept. */
export class InlineExecutor implements Executor {
  readonly workers = 1;
  #last: Promise<unknown> = Promise.resolve();

  run<T>(call: Call): Promise<T> {
    // Through a structured clone, so that nothing passes here that could not pass between threads.
    const result = this.#last.then(async () => openEnvelope<T>(structuredClone(await perform(structuredClone(call), 0))));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
  }
}
