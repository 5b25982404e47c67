import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MADE = /^tidemill-read-(\d+)-[0-9a-f]{8}$/;

/**
 * Where DuckDB may put what does not fit into memory: beside a file that is written, so that it needs room on one disk only. Who reads
 * may have no right to write there, and not be alone: it gets a folder of its own among the system's temporary ones.
 */
export async function spillFolder(file: string, mode: 'read' | 'write'): Promise<string> {
  if (mode === 'write') return `${file}.tmp`;
  await sweep();
  return join(tmpdir(), `tidemill-read-${process.pid}-${randomUUID().slice(0, 8)}`);
}

/** What processes have left that were killed while they read. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, pid] = MADE.exec(name) ?? [];
    // Another user's cannot be removed, nor need they be.
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
