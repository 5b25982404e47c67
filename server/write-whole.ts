import { fail } from './errors.js';
import { replaceFile } from '../engine/store/disk.js';

/** Write a file of a dataset that is there whole or not at all. Errors: TM_ERR_STORE_UNREADABLE, TM_ERR_DISK_FULL. */
export async function writeWhole(file: string, text: string, mode?: number): Promise<void> {
  try {
    await replaceFile(file, text, mode);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw fail(isFull ? 'TM_ERR_DISK_FULL' : 'TM_ERR_STORE_UNREADABLE', `${file} cannot be written: ${message}`, { cause });
  }
}
