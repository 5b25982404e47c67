import { statfsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { fail, TidemillError } from '../errors.js';

/** Wait until a file, or the names in a folder, are on the disk. */
export async function sync(at: string): Promise<void> {
  const handle = await open(at).catch((error: unknown) => {
    // Windows opens no folders, and needs it for none.
    if (process.platform !== 'win32') throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** Write a file that is there whole or not at all, also after a power cut. Errors: those of the file system. */
export async function replaceFile(file: string, text: string, mode = 0o666): Promise<void> {
  const handle = await open(`${file}.temp`, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.temp`, file);
  await sync(path.dirname(file));
}

/** Less than this is a full disk, in bytes. */
const ROOM = 16 << 20;
const EIO = 5;

function isDiskFull(folder: string, { code, message }: { code?: unknown; message: string }): boolean {
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(message)) return true;
  // LMDB says the first of a write that was cut short: for want of room, or because the disk is bad. The second is all that is known
  // where LMDB's own word was lost.
  if (code !== EIO && !message.startsWith('Commit failed')) return false;
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < ROOM;
  } catch {
    return false;
  }
}

/** What an error below a store's folder means. */
export function storeError(folder: string, error: unknown): Error {
  if (error instanceof TidemillError) return error;
  const { message } = error as Error;
  if (isDiskFull(folder, error as { code?: unknown; message: string })) {
    return fail('TM_ERR_DISK_FULL', `no space is left for the store in ${folder}`, { cause: error });
  }
  return fail('TM_ERR_STORE_UNREADABLE', `the store in ${folder} cannot be used: ${message}`, { cause: error });
}
