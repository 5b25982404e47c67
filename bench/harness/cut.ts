import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Bytes that are read to find the end of a line. */
const WINDOW = 1 << 16;

/**
 * Cut a file into pieces of whole lines and about the same size, in their order; fewer where it has not so many lines. Answers
 * the paths of the pieces, in `folder`. Memory is that of a piece.
 */
export function cutFile(file: string, pieces: number, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const { size } = statSync(file);
  const paths: string[] = [];
  const fd = openSync(file, 'r');
  try {
    for (let n = 1, from = 0; n <= pieces; n++) {
      const to = n === pieces ? size : lineEnd(fd, Math.max(from, Math.round((size * n) / pieces) - 1), size);
      if (to === from) continue;
      const bytes = Buffer.allocUnsafe(to - from);
      for (let done = 0; done < bytes.length;) done += readSync(fd, bytes, done, bytes.length - done, from + done);
      const piece = path.join(folder, `${String(n).padStart(4, '0')}${path.extname(file)}`);
      writeFileSync(piece, bytes);
      paths.push(piece);
      from = to;
    }
  } finally {
    closeSync(fd);
  }
  return paths;
}

/** The first place from `at` on that is behind a line's end. */
function lineEnd(fd: number, at: number, size: number): number {
  const window = Buffer.allocUnsafe(WINDOW);
  for (let from = at; from < size; from += WINDOW) {
    const end = window.subarray(0, readSync(fd, window, 0, WINDOW, from)).indexOf(0x0a);
    if (end >= 0) return from + end + 1;
  }
  return size;
}
