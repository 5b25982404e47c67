import { setFlagsFromString } from 'node:v8';
import { threadId, workerData } from 'node:worker_threads';
import { tidyHeap } from '../heap.js';
import { perform, type Call, type Envelope } from './executor.js';

/** What the pool tells a thread at its start. */
export interface WorkerData {
  readonly modules: readonly string[];
}

/**
 * V8 compiles what is hot in each thread for itself, and counts on code that runs for hours: of a run of seconds that was a fifth of
 * all time. Larger budgets let it wait for what is really hot, and with less inlined each compilation is short (measured: 6 % less
 * time for 2 and for 10 million impressions, 3 % for a log). They hold for the whole process.
 */
for (const flag of ['--interrupt-budget=300000', '--max-inlined-bytecode-size-cumulative=100']) setFlagsFromString(flag);
// What a processor prints is for whoever tries it out: standard output is for the results of a command.
// oxlint-disable-next-line no-console
console.log = console.info = console.debug = console.error;
await Promise.all((workerData as WorkerData).modules.map((module) => import(module)));

/** The entry of a pool's worker thread. */
export default async function work(call: Call): Promise<Envelope> {
  const envelope = await perform(call, threadId);
  tidyHeap();
  return envelope;
}
