import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NAMES, type DbName } from './databases.js';
import { DATA_FILE } from './layout.js';
import { unpackRecord } from './record.js';

/** What can still be read of a database. */
export interface Salvaged {
  readonly entries: ReadonlyMap<string, unknown>;
  /** Records that do not match their checksums. */
  readonly corrupt: readonly string[];
  /** Whether it is there and was read to its end, with every record right. */
  readonly isWhole: boolean;
}

/**
 * Read what is left of the databases of a store. Their pages may be damaged in any way: a process of its own looks at them, and where
 * that does not come to its end, one for each.
 */
export function salvage(store: string, scratch: string): Record<DbName, Salvaged> {
  if (existsSync(path.join(store, DATA_FILE)) && !hasRead(store, scratch, NAMES)) for (const name of NAMES) hasRead(store, scratch, [name]);
  return Object.fromEntries(NAMES.map((name) => [name, contentOf(path.join(scratch, name))])) as Record<DbName, Salvaged>;
}

function hasRead(store: string, to: string, names: readonly string[]): boolean {
  const reader = fileURLToPath(new URL('./read-database.js', import.meta.url));
  return spawnSync(process.execPath, [reader, store, to, ...names], { stdio: 'ignore' }).status === 0;
}

function contentOf(file: string): Salvaged {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [''];
  const isRead = lines.at(-2) === 'end';
  const entries = new Map<string, unknown>();
  const corrupt: string[] = [];
  for (const line of lines.slice(0, isRead ? -2 : -1)) {
    const [key, record] = line.split(' ').map((text) => Buffer.from(text, 'base64'));
    try {
      entries.set(String(key), unpackRecord(String(key), record as Buffer));
    } catch {
      corrupt.push(String(key));
    }
  }
  return { entries, corrupt, isWhole: isRead && corrupt.length === 0 };
}
