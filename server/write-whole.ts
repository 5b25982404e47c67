import { fail } from './errors.js';
import { isDiskFull, replaceFile } from '../engine/store/disk.js';

/** Write a file of a dataset that is there whole or not at all. Errors: TM_ERR_STORE_UNREADABLE, TM_ERR_DISK_FULL. */
export async function writeWhole(file: string, text: string, mode?: number): Promise<void> {
  try {
    await replaceFile(file, text, mode);
  } catch (cause) {
    const code = isDiskFull(cause) ? 'TM_ERR_DISK_FULL' : 'TM_ERR_STORE_UNREADABLE';
    throw fail(code, `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
