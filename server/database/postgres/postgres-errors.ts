import { TidemillError } from '../../../engine/errors.js';
import { fail } from '../../errors.js';

/** Classes (the first two characters) and codes of PostgreSQL that mean: not now, or not for you. */
const UNAVAILABLE = /^(08...|28...|3D000|53300|57P0[123])$/;
const DISK_FULL = '53100';

/** An error of PostgreSQL or of the way to it as one of ours. The texts of both hold no password. */
export function postgresError(cause: unknown, name: string): TidemillError {
  if (cause instanceof TidemillError) return cause;
  const { code = '', message, routine } = cause as { code?: string; message?: string; routine?: string };
  const text = message === undefined || message === '' ? code : message;
  const data = { database: name, ...(code === '' ? {} : { code }) };
  if (code === DISK_FULL) return fail('TM_ERR_DISK_FULL', `No space for ${name}: ${text}`, { cause, data });
  // What has no routine comes from this side: the network, or the client that waits for it.
  if (UNAVAILABLE.test(code) || routine === undefined)
    return fail('TM_ERR_DATABASE_UNAVAILABLE', `${name} is not available: ${text}`, { cause, data });
  return fail('TM_ERR_DATABASE_FAILED', `${name}: ${text}`, { cause, data });
}
