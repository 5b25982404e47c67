import type { Batch } from '../../engine/column.js';
import { fail } from '../errors.js';
import type { SqlSession } from './driver.js';

function check(signal: AbortSignal): void {
  if (signal.aborted) throw fail('TM_ERR_JOB_CANCELLED', 'The injection was cancelled', { cause: signal.reason });
}

/** The session, which refuses every call from the moment that `signal` aborts. */
export function abortable(session: SqlSession, signal: AbortSignal): SqlSession {
  function* until(batches: Iterable<Batch>): Generator<Batch> {
    for (const batch of batches) {
      check(signal);
      yield batch;
    }
  }
  const checked = async <T>(call: () => Promise<T>): Promise<T> => {
    check(signal);
    try {
      return await call();
    } finally {
      // Of an interrupted call, that it was interrupted says more than how.
      check(signal);
    }
  };
  return {
    run: (sql, values) => checked(() => session.run(sql, values)),
    all: (sql, values) => checked(() => session.all(sql, values)),
    load: (target, batches) => checked(() => session.load(target, until(batches))),
    makeRoom: (shape, from) => checked(() => session.makeRoom(shape, from)),
  };
}
