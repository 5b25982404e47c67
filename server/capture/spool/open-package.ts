import { constants } from 'node:fs';
import { mkdir, open, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Day } from '../../../engine/index.js';
import { sync } from '../../../engine/store/disk.js';
import { checkLine } from './checks.js';
import { CHECK_FILE, CLOSED_FILE, OPEN_FILE, TWIN_FILE } from './names.js';
import { twinText, type Twin } from './twin.js';

const { O_CREAT, O_EXCL, O_WRONLY, O_DSYNC } = constants;
/** Where a write can itself wait for the disk, that takes one way to a thread in place of two. */
const WRITES_SYNC = process.platform === 'linux';
const FLAGS = O_CREAT | O_EXCL | O_WRONLY | (WRITES_SYNC ? O_DSYNC : 0);

interface Files {
  readonly data: FileHandle;
  readonly checks: FileHandle;
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
  readonly #files: Files;
  #closing = false;
  #bytes = 0;
  #checkBytes = 0;
  /** Bytes of the check of what was written and not kept. */
  #newCheck = 0;
  #lines = 0;

  private constructor({ spool, package: at, day, since }: NewPackage, files: Files) {
    this.package = at;
    this.day = day;
    this.since = since;
    this.#folder = path.join(spool, at);
    this.#files = files;
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

  /**
   * Write a batch behind what is safe, and wait until it is on the disk. It counts when `keep` is called. Its check is written
   * before and not waited for: where a power cut takes it, what the disk has is taken as it is.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const { data, checks } = this.#files;
    const check = Buffer.from(checkLine({ offset: this.#bytes, length: bytes.length, crc: crc32(bytes) }));
    this.#newCheck = check.length;
    await writeAt(checks, check, this.#checkBytes);
    await writeAt(data, bytes, this.#bytes);
    if (!WRITES_SYNC) await data.datasync();
  }

  keep(bytes: number, lines: number): void {
    this.#bytes += bytes;
    this.#checkBytes += this.#newCheck;
    this.#lines += lines;
  }

  /** Drop what was written and not kept. */
  async cut(): Promise<void> {
    const { data, checks } = this.#files;
    await checks.truncate(this.#checkBytes);
    await data.truncate(this.#bytes);
    await data.datasync();
  }

  /** Give it its final name, or remove it where it has no line. Where this fails it is to be called again. */
  async close(): Promise<void> {
    this.#closing = true;
    const { data, checks } = this.#files;
    if (this.#lines === 0) await rm(this.#folder, { recursive: true, force: true });
    else {
      // A package that has its final name has all its checks.
      await checks.datasync();
      await closePackage(this.#folder);
    }
    await checks.close();
    await data.close();
  }
}

/** Make the files of a new package, and wait until they and the folders above them are on the disk. */
async function createFiles({ spool, twin }: NewPackage, folder: string): Promise<Files> {
  // The twin first: a package that has lines tells where they are a second time.
  if (twin !== undefined) {
    const file = await open(path.join(folder, TWIN_FILE), 'w');
    try {
      await file.writeFile(twinText(twin));
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const checks = await open(path.join(folder, CHECK_FILE), 'wx');
  let data: FileHandle | undefined;
  try {
    data = await open(path.join(folder, OPEN_FILE), FLAGS);
    await data.sync();
    for (let at = folder; at.length >= spool.length; at = path.dirname(at)) await sync(at);
    return { data, checks };
  } catch (error) {
    await checks.close();
    await data?.close();
    throw error;
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/** Remove a package's folder file by file, which takes no file descriptor: there may be none left. */
async function removeEmpty(folder: string): Promise<void> {
  for (const file of [OPEN_FILE, CHECK_FILE, TWIN_FILE]) await rm(path.join(folder, file), { force: true });
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
