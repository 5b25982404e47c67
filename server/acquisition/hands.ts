import type { Executor, LocationStore } from '../../engine/index.js';

/** What reading raw traffic works with. */
export interface Hands {
  readonly store: LocationStore;
  readonly executor: Executor;
  /** An empty folder on the store's disk. */
  readonly folder: string;
  /** Ends the work. */
  readonly signal?: AbortSignal | undefined;
}

/** Before every job: what is read makes the jobs. */
const PRIORITY = Number.MAX_SAFE_INTEGER;

/** Call a function of a module beside this one in the pool. */
export function call<T>({ executor, signal }: Hands, module: string, name: string, argument: unknown): Promise<T> {
  return executor.run<T>(
    { module: new URL(module, import.meta.url).href, name, argument },
    { priority: PRIORITY, label: `import ${name}`, ...(signal === undefined ? {} : { signal }) },
  );
}
