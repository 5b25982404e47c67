import { closeSync, fstatSync, openSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { RootDatabase } from 'lmdb';
import { fail } from '../errors.js';
import { hasRoom, storeError } from './disk.js';

/*
 * A write error inside LMDB can damage the heap and end the process. So no commit of it may meet a full disk or a used-up quota:
 * behind the pages that LMDB uses data.mdb has zeros, enough for the commits under way, and a commit for which they cannot be made
 * is refused before LMDB hears of it.
 *
 *   data.mdb   | pages that LMDB uses | of commits under way | spare, to note failures | left |
 *
 * Zeros are only ever appended: however LMDB writes meanwhile, they fall on nothing of it.
 */

/** What a transaction writes. */
export interface Size {
  readonly records: number;
  /** Bytes of all their keys and values, at most. */
  readonly bytes: number;
  /** Whether it may use the spare: it only notes what became of something, or frees room. */
  readonly isUrgent: boolean;
}

/** What is kept for urgent transactions, bytes. */
const SPARE = 256 << 10;
/** What is made at a time beyond what is needed, bytes. */
const STEP = 256 << 10;
const ZEROS = Buffer.alloc(64 << 10);
/** Pages that a transaction changes beside those of its records: of the root, and of the list of free pages. */
const PAGES_OF_COMMIT = 32;
/** Pages that one record changes: those from its tree's root down to it, and what they are split into. */
const PAGES_OF_RECORD = 8;
/** A page of the list of free pages, which may be written anew, for so many pages. */
const PAGES_OF_FREE_LIST = 256;
/** A disk that takes so much is not full, bytes. */
const ROOM = 1 << 20;
/** No less than LMDB's lock file has, bytes. */
const LOCK_BYTES = 12_288;
/** File systems that write a changed block to a new place: btrfs, ZFS, bcachefs, APFS. */
const COPY_ON_WRITE = new Set([0x9123683e, 0x2fc12fc1, 0xca451a4e, 0x1a]);

/** The room of a store that is open for writing. */
export class Reserve {
  readonly #folder: string;
  readonly #root: RootDatabase<Buffer, string>;
  /** Bytes of transactions under way, at most. */
  #taken = 0;
  /** Bytes that are surely left. */
  #left = 0;

  constructor(folder: string, root: RootDatabase<Buffer, string>) {
    this.#folder = folder;
    this.#root = root;
  }

  /** Take room for a transaction. The function that is returned gives it back, when that is over. Errors: TM_ERR_DISK_FULL. */
  take({ records, bytes, isUrgent }: Size): () => void {
    const { pageSize, lastPageNumber } = this.#root.getStats() as { pageSize: number; lastPageNumber: number };
    const pages = lastPageNumber + 1;
    // Many records share the pages of their tree. Twice the bytes, as pages are half full after a split.
    const changed = Math.min(records * PAGES_OF_RECORD, pages + records) + PAGES_OF_COMMIT + Math.ceil(pages / PAGES_OF_FREE_LIST);
    const need = changed * pageSize + 2 * bytes;
    const least = need + (isUrgent ? 0 : SPARE);
    if (this.#left < least) this.#refill(least, pages * pageSize);
    this.#left -= need;
    this.#taken += need;
    return () => {
      this.#taken -= need;
    };
  }

  /** Whether there is room for new packages. Errors: TM_ERR_STORE_UNREADABLE. */
  async hasRoom(): Promise<boolean> {
    try {
      this.take({ records: 1, bytes: 0, isUrgent: false })();
      return await hasRoom(this.#folder, ROOM);
    } catch (cause) {
      const error = storeError(this.#folder, cause);
      if (error.code === 'TM_ERR_DISK_FULL') return false;
      throw error;
    }
  }

  #refill(least: number, used: number): void {
    try {
      const fd = openSync(path.join(this.#folder, 'data.mdb'), 'a');
      try {
        this.#left = this.#append(fd, least, used + this.#taken);
      } finally {
        closeSync(fd);
      }
      const { type, bavail, bsize } = statfsSync(this.#folder);
      if (COPY_ON_WRITE.has(type) && bavail * bsize < least) {
        this.#left = 0;
        throw fail('TM_ERR_DISK_FULL', `no space is left for the store in ${this.#folder}`);
      }
    } catch (error) {
      throw storeError(this.#folder, error);
    }
  }

  /** Append to the file until it is longer than `used` by `least` bytes, and some more if there is room. Answers by how many it is. */
  #append(fd: number, least: number, used: number): number {
    for (;;) {
      const left = fstatSync(fd).size - used;
      const missing = least + STEP - left;
      if (missing <= 0) return left;
      try {
        writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, missing));
      } catch (error) {
        if (left < least) throw error;
        return left;
      }
    }
  }
}

/** Have LMDB's lock file on the disk: it writes to it through a map, where a full disk ends the process. */
export function allocateLock(folder: string): void {
  const fd = openSync(path.join(folder, 'lock.mdb'), 'a');
  try {
    if (fstatSync(fd).size === 0) writeSync(fd, ZEROS, 0, LOCK_BYTES);
  } finally {
    closeSync(fd);
  }
}
