import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Bytes on the disk below a folder, a file with several names counted once. */
export function diskBytes(folder: string): number {
  const seen = new Set<number>();
  let bytes = 0;
  const visit = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const child = path.join(at, entry.name);
      if (entry.isDirectory()) visit(child);
      else {
        const s = statSync(child);
        if (!seen.has(s.ino)) bytes += s.size;
        seen.add(s.ino);
      }
    }
  };
  visit(folder);
  return bytes;
}
