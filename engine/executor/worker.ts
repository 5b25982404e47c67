import { setFlagsFromString } from 'node:v8';
import { threadId, workerData } from 'node:worker_threads';
import { tidyHeap } from '../heap.js';
import { perform, type Call, type Envelope } from './executor.js';

/** What the pool tells a thread at its start. */
export interface WorkerData {
  readonly modules: readonly string[];
  /** Whether it runs somebody else's code. */
  readonly isForeign: boolean;
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
const { modules, isForeign } = workerData as WorkerData;
const changed = isForeign ? await guard() : undefined;
await Promise.all(modules.map((module) => import(module)));

async function guard(): Promise<() => string[]> {
  const { guardThread, watchBuiltIns } = await import('./guard.js');
  guardThread();
  return watchBuiltIns();
}

/** The entry of a pool's worker thread: a call, or only the URL of a module to load for those that come. */
export default async function work(call: Call | string): Promise<Envelope | undefined> {
  if (typeof call === 'string') {
    await import(call);
    return undefined;
  }
  const envelope = await perform(call, threadId, isForeign);
  tidyHeap();
  if (envelope.ok || changed === undefined) return envelope;
  // Whatever has failed then, in our code or in theirs, says little of the cause.
  const [first] = changed();
  if (first === undefined) return envelope;
  const message = `its module has changed ${first}, which all code in its thread needs: ${envelope.message}`;
  return { ...envelope, code: 'TM_ERR_DECLARATION', retryable: false, exitCode: 2, message };
}
