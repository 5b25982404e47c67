import { fail } from './errors.js';

/**
 * What is declared is synchronous: nobody waits for a promise, so that what comes after an await would be lost. Errors:
 * TM_ERR_DECLARATION; `what` returned it.
 */
export function refusePromise(returned: unknown, what: string): void {
  if (!(returned instanceof Promise)) return;
  returned.catch(() => undefined); // whatever becomes of it
  throw fail('TM_ERR_DECLARATION', `${what} is asynchronous: it returned a promise`);
}
