import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { TidemillError } from '../../engine/errors.js';
import { lockFolder, type FolderLock } from '../../engine/store/folder-lock.js';
import { fail } from '../errors.js';

/** Be the only `serve` of a dataset. Errors: TM_ERR_SERVE_RUNNING, TM_ERR_SPOOL. */
export async function lockDataset(folder: string): Promise<FolderLock> {
  const spool = path.join(folder, 'spool');
  try {
    mkdirSync(spool, { recursive: true });
  } catch (cause) {
    throw fail('TM_ERR_SPOOL', `${spool} cannot be made: ${(cause as Error).message}`, { cause });
  }
  return lockFolder(spool).catch((error: unknown) => {
    if (!(error instanceof TidemillError && error.code === 'TM_ERR_STORE_LOCKED')) throw error;
    throw fail('TM_ERR_SERVE_RUNNING', `another tidemill serve runs on ${folder}`, { cause: error });
  });
}
