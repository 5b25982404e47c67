import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { parseDay, type Day } from '../../engine/index.js';
import { RAW_LOCATIONS } from '../capture/spool/names.js';

/**
 * Remove the spool's folders of days that nothing is in, of those before a day, and the folders of their months and years: each look at
 * the spool goes through all there are. A request that began before midnight may make yesterday's folder after it.
 */
export async function removeEmptyDays(spool: string, before: Day): Promise<void> {
  for (const location of RAW_LOCATIONS) {
    const at = path.join(spool, location);
    for (const name of await readdir(at, { recursive: true }).catch((): string[] => [])) {
      const [year = '', month = '', day = '', ...below] = name.split(path.sep);
      if (day === '' || below.length > 0 || !(parseDay(`${year}-${month}-${day}`) < before)) continue;
      try {
        for (let folder = name; folder !== '.'; folder = path.dirname(folder)) await rmdir(path.join(at, folder));
      } catch {
        // Something is in it.
      }
    }
  }
}
