import { statfsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { constants } from 'node:os';
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

const { ENOSPC, EDQUOT, EIO } = constants.errno;
/** As the system, LMDB and DuckDB say it; Node, LMDB and we. */
const NO_ROOM = /no space left on device|disk quota exceeded|not enough space on the disk/i;
const NO_ROOM_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', ENOSPC, EDQUOT, 'TM_ERR_DISK_FULL']);

/** Whether an error says that there is no room: the disk is full, or a quota is used up. */
export function isDiskFull(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return NO_ROOM_CODES.has(code) || (typeof message === 'string' && NO_ROOM.test(message));
}

/**
 * Whether a folder takes a file of so many bytes. To try is the only way: what a file system says of itself knows of no quota.
 * Errors: those of the file system, but that there is no room.
 */
export async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  const file = path.join(folder, `room-${process.pid}.temp`);
  try {
    const handle = await open(file, 'w');
    try {
      await handle.writeFile(Buffer.alloc(bytes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (isDiskFull(error)) return false;
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

/** Less than this is a full disk, in bytes. */
const LITTLE = 16 << 20;

/**
 * LMDB says the first of a write that was cut short: for want of room, or because the disk is bad. The second is all that is known
 * where LMDB's own word was lost.
 */
function isCutShort(folder: string, { code, message }: { code?: unknown; message: string }): boolean {
  if (code !== EIO && !message.startsWith('Commit failed')) return false;
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LITTLE;
  } catch {
    return false;
  }
}

/** What an error below a store's folder means. */
export function storeError(folder: string, error: unknown): TidemillError {
  if (error instanceof TidemillError) return error;
  const { message } = error as Error;
  if (isDiskFull(error) || isCutShort(folder, error as Error)) {
    return fail('TM_ERR_DISK_FULL', `no space is left for the store in ${folder}`, { cause: error });
  }
  return fail('TM_ERR_STORE_UNREADABLE', `the store in ${folder} cannot be used: ${message}`, { cause: error });
}
