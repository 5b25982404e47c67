import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from '../errors.js';
import { storeError } from './disk.js';

export interface FolderLock {
  release(): void;
}

/*
 *   lock.<n>            the n-th claim of the folder: the name of the socket of whoever made it
 *   lock-<name>.sock    that socket
 *
 * The last claim holds as long as somebody answers on its socket: the operating system ends that with the process, however it ends.
 * A claim is made by giving a file a name that no other has, so of several that find nobody one wins. The last claim always
 * stays, and the one before it until the next is made: whoever was slow between looking and claiming finds a later one.
 */
const CLAIM = /^lock\.(\d{1,15})$/;
const LEFT_OVER = /^lock-[0-9a-f]+\.(sock|claim)$/;

/**
 * Take a folder for this process, until it ends in whatever way. Only who may write in the folder can take it.
 * Errors: TM_ERR_STORE_LOCKED, TM_ERR_STORE_UNREADABLE, TM_ERR_DISK_FULL.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    const at = realpathSync(folder);
    for (;;) {
      const last = lastClaim(at);
      if (last > 0 && (await isHeld(at, last)))
        throw fail('TM_ERR_STORE_LOCKED', `another process works on ${folder}`, { data: { folder } });
      const lock = await claim(at, last + 1);
      if (lock !== undefined) return lock;
    }
  } catch (error) {
    throw storeError(folder, error);
  }
}

/** Make the n-th claim; undefined where somebody else was faster. */
async function claim(folder: string, n: number): Promise<FolderLock | undefined> {
  // Who only reads takes no lock, and does without the 10 ms that it takes to load this.
  const { randomBytes } = await import('node:crypto');
  const name = randomBytes(12).toString('hex');
  const own = path.join(folder, `lock-${name}.claim`);
  const release = await listen(folder, name);
  try {
    if (process.platform === 'linux') chmodSync(socketOf(folder, name), 0o600);
    writeFileSync(own, name, { flag: 'wx', mode: 0o600 });
    linkSync(own, path.join(folder, `lock.${n}`));
    if (lastClaim(folder) === n && isThere(folder, name)) {
      sweep(folder, n, name);
      return { release };
    }
  } catch (error) {
    // The name is taken, or who holds the folder has swept what is not its own.
    if (!['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      release();
      throw error;
    }
  } finally {
    rmSync(own, { force: true });
  }
  release();
  return undefined;
}

function lastClaim(folder: string): number {
  return Math.max(0, ...readdirSync(folder).map((name) => Number(CLAIM.exec(name)?.[1] ?? 0)));
}

async function isHeld(folder: string, n: number): Promise<boolean> {
  let name: string;
  try {
    name = readFileSync(path.join(folder, `lock.${n}`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  // A power cut may have taken what was in it, and the process as well.
  return /^[0-9a-f]+$/.test(name) && answers(folder, name);
}

/** Remove what ended processes left. */
function sweep(folder: string, n: number, own: string): void {
  for (const name of readdirSync(folder)) {
    const isOld = Number(CLAIM.exec(name)?.[1] ?? n) < n - 1;
    if (isOld || (LEFT_OVER.test(name) && !name.includes(own))) rmSync(path.join(folder, name), { force: true });
  }
}

function isThere(folder: string, name: string): boolean {
  return process.platform === 'win32' || existsSync(socketOf(folder, name));
}

/**
 * The address of a socket in a folder, good until it is closed. It may have 107 bytes on Linux, where a longer one begins with the
 * folder as an open file; elsewhere it lies in the user's own temporary folder.
 */
function address(folder: string, name: string): { readonly at: string; readonly close: () => void } {
  const at = socketOf(folder, name);
  if (process.platform !== 'linux' || Buffer.byteLength(at) <= 107) return { at, close: () => undefined };
  const fd = openSync(folder, 'r');
  return { at: `/proc/self/fd/${fd}/${path.basename(at)}`, close: () => closeSync(fd) };
}

function socketOf(folder: string, name: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\tidemill-${name}`;
  return path.join(process.platform === 'linux' ? folder : tmpdir(), `lock-${name}.sock`);
}

/** Answer on a socket until what is returned is called. */
async function listen(folder: string, name: string): Promise<() => void> {
  const { at, close } = address(folder, name);
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, resolve);
    });
  } catch (error) {
    close();
    throw error;
  }
  server.unref();
  return () => end(server, close);
}

/** Closing removes the socket, by its address. */
function end(server: Server, close: () => void): void {
  server.close();
  close();
}

/** Whether somebody listens. Only a refusal tells that nobody does. */
function answers(folder: string, name: string): Promise<boolean> {
  const { at, close } = address(folder, name);
  return new Promise<boolean>((resolve) => {
    const socket = connect(at);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')));
  }).finally(close);
}
