import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The temporary folder of all tests of a run and of all processes that they start: nothing of what they write stays behind, not even
 * of a test that was killed.
 */
export default function runFolder(): () => void {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tidemill-tests-')));
  // PostgreSQL runs as another user where this process is root's.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // An interrupted run has no end but this.
  process.once('exit', remove);
  return remove;
}
