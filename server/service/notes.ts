import { TidemillError } from '../../engine/index.js';
import type { ErrorNote } from './contract.js';

/** What a status shows of an error. */
export function noteOf(error: unknown): ErrorNote {
  const code = error instanceof TidemillError ? error.code : 'TM_ERR_INTERNAL';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
