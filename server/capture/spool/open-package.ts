import { constants } from 'node:fs';
import { mkdir, open, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Day } from '../../../engine/index.js';
import { sync } from '../../../engine/store/disk.js';
import { CLOSED_FILE, OPEN_FILE, TWIN_FILE } from './names.js';

const { O_CREAT, O_EXCL, O_WRONLY, O_DSYNC } = constants;
/** Where a write can itself wait for the disk, that takes one way to a thread in place of two. */
const WRITES_SYNC = process.platform === 'linux';
const FLAGS = O_CREAT | O_EXCL | O_WRONLY | (WRITES_SYNC ? O_DSYNC : 0);

/** Where the lines of a package of oirawdata begin in one of sesrawdata. */
export interface Twin {
  readonly package: string;
  readonly bytes: number;
}

export interface NewPackage {
  readonly spool: string;
  readonly package: string;
  readonly day: Day;
  /** When it was made, ms since the epoch. */
  readonly since: number;
  readonly twin?: Twin;
}

/** A package that is being written. Calls must not overlap. Errors: those of the file system. */
export class OpenPackage {
  readonly package: string;
  readonly day: Day;
  readonly since: number;
  readonly #folder: string;
  readonly #handle: FileHandle;
  #closing = false;
  #bytes = 0;
  #lines = 0;

  private constructor({ spool, package: at, day, since }: NewPackage, handle: FileHandle) {
    this.package = at;
    this.day = day;
    this.since = since;
    this.#folder = path.join(spool, at);
    this.#handle = handle;
  }

  /** Make a package; it is on the disk, and empty, when the promise resolves. Where this fails nothing of it stays. */
  static async create(made: NewPackage): Promise<OpenPackage> {
    const folder = path.join(made.spool, made.package);
    await mkdir(path.dirname(folder), { recursive: true });
    await mkdir(folder);
    try {
      return new OpenPackage(made, await createFiles(made, folder));
    } catch (error) {
      // One that stays all the same is empty: it goes when the spool is mended.
      await removeEmpty(folder).catch(() => undefined);
      throw error;
    }
  }

  /** Bytes and lines that are safe on the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Whether `close` was called: it takes no more lines, though closing failed. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Write behind what is safe, and wait until it is on the disk. It counts when `keep` is called. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#bytes + done);
      done += bytesWritten;
    }
    if (!WRITES_SYNC) await this.#handle.datasync();
  }

  keep(bytes: number, lines: number): void {
    this.#bytes += bytes;
    this.#lines += lines;
  }

  /** Drop what was written and not kept. */
  async cut(): Promise<void> {
    await this.#handle.truncate(this.#bytes);
    await this.#handle.datasync();
  }

  /** Give it its final name, or remove it where it has no line. Where this fails it is to be called again. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#lines === 0) await rm(this.#folder, { recursive: true, force: true });
    else await closePackage(this.#folder);
    await this.#handle.close();
  }
}

/** Make the files of a new package, and wait until they and the folders above them are on the disk. */
async function createFiles({ spool, twin }: NewPackage, folder: string): Promise<FileHandle> {
  // The twin first: a package that has lines tells where they are a second time.
  if (twin !== undefined) {
    const file = await open(path.join(folder, TWIN_FILE), 'w');
    try {
      await file.writeFile(`${JSON.stringify(twin)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const handle = await open(path.join(folder, OPEN_FILE), FLAGS);
  try {
    await handle.sync();
    for (let at = folder; at.length >= spool.length; at = path.dirname(at)) await sync(at);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

/** Remove a package's folder file by file, which takes no file descriptor: there may be none left. */
async function removeEmpty(folder: string): Promise<void> {
  await rm(path.join(folder, OPEN_FILE), { force: true });
  await rm(path.join(folder, TWIN_FILE), { force: true });
  await rmdir(folder);
}

/**
 * Give the data file of a package's folder its final name. May be called again when it failed, or when all was done: from the
 * renaming on the agent may move the package and remove the folder.
 */
export async function closePackage(folder: string): Promise<void> {
  const closed = path.join(folder, CLOSED_FILE);
  await rename(path.join(folder, OPEN_FILE), closed).catch(async (error: unknown) => {
    if (!isMissing(error) || (!(await exists(closed)) && (await exists(folder)))) throw error;
  });
  await rm(path.join(folder, TWIN_FILE), { force: true });
  await sync(folder).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Errors: those of the file system but that it is not there. */
async function exists(at: string): Promise<boolean> {
  try {
    await stat(at);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
