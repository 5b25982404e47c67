import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { TidemillError } from '../../engine/errors.js';
import { lockFolder, type FolderLock } from '../../engine/store/folder-lock.js';

const AGAIN_MS = 100;

/**
 * Be the only process that writes a folder. The one before may still drain after its supervisor was killed: it is waited for.
 * Errors: TM_ERR_STORE_LOCKED when it has not ended after `patienceMs`; as lockFolder.
 */
export async function lockPatiently(folder: string, patienceMs: number): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true });
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      if (!(error instanceof TidemillError && error.code === 'TM_ERR_STORE_LOCKED') || performance.now() >= until) throw error;
      await delay(AGAIN_MS);
    }
  }
}
