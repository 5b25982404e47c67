import { open } from 'node:fs/promises';
import { isDiskFull } from '../../engine/store/disk.js';
import { fail } from '../errors.js';

/**
 * Wait until the bytes of a file are on the disk. No worker waits for it, and the next shard is parsed meanwhile.
 * Errors: TM_ERR_DISK_FULL.
 */
export async function syncFile(file: string): Promise<void> {
  // Windows syncs only what it may write.
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } catch (cause) {
    if (isDiskFull(cause)) throw fail('TM_ERR_DISK_FULL', `no space is left to write ${file}`, { cause });
    throw cause;
  } finally {
    await handle.close();
  }
}
