import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TidemillError } from '../../engine/errors.js';
import { isDiskFull } from '../../engine/store/disk.js';
import { fail } from '../errors.js';
import type { ExportOptions } from './database.js';
import type { Driver } from './driver.js';
import { selectExport } from './sql.js';
import type { TableShape } from './table-shape.js';

/** The work of `AnalyticsDatabase.exportTable`: both databases write files best, and so a stream gets a file's content. */
export async function exportRows(driver: Driver, shape: TableShape, options: ExportOptions): Promise<void> {
  const { format, out } = options;
  const query = selectExport(shape, format === 'csv' && options.spreadsheet === true);
  try {
    if (typeof out !== 'string') {
      await throughFile(driver, format, query, out);
    } else if (await isPlainFile(out)) {
      const partial = `${out}.${randomUUID().slice(0, 8)}.partial`;
      try {
        // Whether there can be a file is asked here: the file system's own answer is clearer than a database's.
        await (await open(partial, 'wx')).close();
        await driver.copyTo(partial, format, query);
        await rename(partial, out);
      } finally {
        await rm(partial, { force: true });
      }
    } else {
      // A pipe or a device such as /dev/stdout cannot be replaced by a file.
      const stream = (await open(out, 'w')).createWriteStream();
      await throughFile(driver, format, query, stream);
      await new Promise<void>((resolve, reject) => stream.on('error', reject).end(resolve));
    }
  } catch (cause) {
    if (cause instanceof TidemillError) throw cause;
    const code = isDiskFull(cause) ? 'TM_ERR_DISK_FULL' : 'TM_ERR_EXPORT_FAILED';
    throw fail(code, `The export of ${shape.table} failed: ${(cause as Error).message}`, { cause });
  }
}

async function throughFile(driver: Driver, format: ExportOptions['format'], query: string, out: Writable): Promise<void> {
  let written: FileHandle;
  const folder = await mkdtemp(join(tmpdir(), 'tidemill-export-'));
  try {
    const file = join(folder, `rows.${format}`);
    await driver.copyTo(file, format, query);
    written = await open(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // The file has no name any more, so that none is left behind where the reader goes away and the process ends at once.
  await pipeline(written.createReadStream(), out, { end: false });
}

/** Whether there is a file at the path, or nothing yet. */
async function isPlainFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
