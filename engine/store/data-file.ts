import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../errors.js';
import { DATA_FILE, hasParts } from './layout.js';

/*
 * LMDB maps its file and believes it: at one that is something else, or that has lost its end, it ends the process with a
 * signal. The file begins with two pages of metadata; the one with the greater transaction number counts.
 *
 *   offset in a page   0x18 magic (4)   0x30 page size (4)   0x90 last page (8)   0x98 transaction (8)
 */
const META_BYTES = 0xa0;
const MAGIC = 0xbeefc0de;

/**
 * Make sure that LMDB can be let loose on a store's folder. Errors: TM_ERR_STORE_UNREADABLE.
 * A file may rightly be shorter than its metadata says (pages that were taken and freed in one transaction are never
 * written); whether it has lost anything, a process of its own tries out.
 */
export function checkDataFile(folder: string, mode: 'read' | 'write'): void {
  const file = path.join(folder, DATA_FILE);
  const missing = missingBytes(file);
  if (missing === 'all') {
    // A new store, unless there are parts.
    if (mode === 'read' || hasParts(folder)) {
      throw fail('TM_ERR_STORE_UNREADABLE', `the store in ${folder} has no records: data.mdb is missing or empty`);
    }
  } else if (missing > 0) {
    const probe = fileURLToPath(new URL('./probe.js', import.meta.url));
    if (spawnSync(process.execPath, [probe, folder, mode], { stdio: 'ignore' }).status !== 0) {
      throw fail('TM_ERR_STORE_UNREADABLE', `${file} has lost its end: ${missing} bytes are missing`);
    }
  }
}

/** How many bytes the file has less than its metadata says. */
function missingBytes(file: string): number | 'all' {
  if (!existsSync(file)) return 'all';
  const fd = openSync(file, 'r');
  try {
    const meta = (at: number): Buffer | undefined => {
      const page = Buffer.alloc(META_BYTES);
      return readSync(fd, page, 0, META_BYTES, at) === META_BYTES && page.readUInt32LE(0x18) === MAGIC ? page : undefined;
    };
    const first = meta(0);
    const pageSize = first?.readUInt32LE(0x30) ?? 0;
    const second = first === undefined ? undefined : meta(pageSize);
    // The metadata before the length: a writer at work makes the file longer first.
    const { size } = fstatSync(fd);
    if (size === 0) return 'all';
    if (first === undefined || second === undefined || size < 2 * pageSize)
      throw fail('TM_ERR_STORE_UNREADABLE', `${file} is no LMDB database, or torn`);
    const newer = second.readBigUInt64LE(0x98) > first.readBigUInt64LE(0x98) ? second : first;
    const missing = (Number(newer.readBigUInt64LE(0x90)) + 1) * pageSize - size;
    if (missing > 0 && size % pageSize !== 0) throw fail('TM_ERR_STORE_UNREADABLE', `${file} ends in the middle of a page`);
    return missing;
  } finally {
    closeSync(fd);
  }
}
