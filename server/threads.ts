import { availableParallelism } from 'node:os';
import { PoolExecutor } from '../engine/executor/pool-executor.js';

/** What reads raw lines and runs the jobs of the built-in processors. */
const MODULES = ['./acquisition/parse-task.js', '../engine/task/tasks.js', '../processors/index.js'].map(
  (module) => new URL(module, import.meta.url).href,
);

/** The threads that a dataset's work is done in. They get ready while whoever needs them does. */
export function startThreads(workers: number = availableParallelism(), nice = 0): PoolExecutor {
  return new PoolExecutor(workers, { modules: MODULES, nice });
}
