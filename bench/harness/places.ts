import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project; this module runs in dist/bench/harness/. */
export const root = new URL('../../../', import.meta.url);

/** The path of a compiled module, from dist/ of this clone or of another. */
export function built(module: string, clone: URL = root): string {
  return fileURLToPath(new URL(`dist/${module}`, clone));
}

/** Where inputs are kept from run to run. */
export const cache = path.join(tmpdir(), `tidemill-bench-${userInfo().uid}`);

/** A folder of this process, dropped when it ends. */
export function scratchFolder(): string {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(path.join(cache, 'run-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  return folder;
}
