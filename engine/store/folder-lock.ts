import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from '../errors.js';

export interface FolderLock {
  release(): void;
}

/**
 * Take a folder for this process, until it ends in whatever way. The lock is a local socket named after the folder: the
 * operating system frees it with the process, and no stale file can lock anybody out. Errors: TM_ERR_STORE_LOCKED.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  // Who only reads takes no lock, and does without the 10 ms that it takes to load this.
  const { createHash } = await import('node:crypto');
  const name = `tidemill-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`;
  const address =
    process.platform === 'linux'
      ? `\0${name}`
      : process.platform === 'win32'
        ? `\\\\.\\pipe\\${name}`
        : path.join(tmpdir(), `${name}.sock`);
  const server = await listen(address).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    if (address.startsWith('\0') || (await answers(address))) {
      throw fail('TM_ERR_STORE_LOCKED', `another process works on ${folder}`, { data: { folder } });
    }
    rmSync(address, { force: true });
    return listen(address);
  });
  server.unref();
  return { release: () => server.close() };
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server));
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
