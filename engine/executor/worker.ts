import { threadId } from 'node:worker_threads';
import { perform, type Call, type Envelope } from './executor.js';

/** The entry of a pool's worker thread. */
export default function work(call: Call): Promise<Envelope> {
  return perform(call, threadId);
}
