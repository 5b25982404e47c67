import { fail, TidemillError } from '../errors.js';
import { describeError } from '../executor/failure.js';
import { mergeAggregates } from '../sums.js';
import { refusePromise } from '../synchronous.js';
import type { AggregateType, BeanType } from '../bean.js';
import type { Flow, MapOnly, MapReduce } from '../processor.js';
import { toolkit } from './toolkit.js';

/**
 * A processor as a task names it: the module that declares it, and its name there, with what its output holds where the batches
 * that it makes are to be checked; or the aggregates that an injection merges by key.
 */
export type ProcessorRef =
  | { readonly module: string; readonly name: string }
  | { readonly module: string; readonly name: string; readonly holds: readonly BeanType[] }
  | { readonly name: string; readonly merge: readonly AggregateType[] };

/**
 * The flow that a module declares: its default export, or what that returns when it is called with the toolkit, so that a
 * module in any folder can declare processors without importing Tidemill. Errors: TM_ERR_DECLARATION.
 */
export async function loadFlow(module: string): Promise<Flow> {
  let exported: unknown;
  try {
    exported = ((await import(module)) as { default?: unknown }).default;
    if (typeof exported === 'function') exported = (exported as (t: typeof toolkit) => unknown)(toolkit);
  } catch (cause) {
    // It wanted to end the thread.
    if (cause instanceof TidemillError && cause.code === 'TM_ERR_WORKER_LOST') throw cause;
    throw fail('TM_ERR_DECLARATION', `the module ${module} cannot be loaded: ${describeError(cause, true).message}`, { cause });
  }
  refusePromise(exported, `the default export of the module ${module}`);
  const flow = exported as Partial<Flow> | undefined;
  if (!Array.isArray(flow?.processors))
    throw fail('TM_ERR_DECLARATION', `the module ${module} does not export { processors: [...] } by default`);
  // What else there is, is left for who checks it.
  return { ...flow, locations: flow.locations ?? [], processors: flow.processors };
}

/** The functions of a processor, for a task. */
export async function loadProcessor(ref: ProcessorRef): Promise<MapReduce | MapOnly> {
  if ('merge' in ref) return mergeAggregates(ref.merge);
  const found = (await loadFlow(ref.module)).processors.find((p) => p.name === ref.name);
  if (found === undefined) throw fail('TM_ERR_DECLARATION', `the module ${ref.module} declares no processor '${ref.name}'`);
  if ('work' in found) return found.work;
  throw fail('TM_ERR_DECLARATION', `${ref.name} has no map and no reduce`);
}
