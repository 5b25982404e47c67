/* No room: one function tells, whoever meets it, of a full disk and of a quota. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { spoolStream } from '#server/acquisition/spool-stream.js';
import { duckDbError } from '#server/database/duckdb/duckdb-errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test.each(['ENOSPC', 'EDQUOT'])('%s while a stream is kept is a full disk', async (code) => {
  const stream = new Readable({
    read() {
      this.destroy(Object.assign(new Error(`${code}, write`), { code }));
    },
  });
  await expect(spoolStream('-', stream, path.join(temporaryFolder(), 'kept'), { look: () => undefined })).rejects.toMatchObject({
    code: 'TM_ERR_DISK_FULL',
  });
});

test.each(['No space left on device', 'Disk quota exceeded'])('what DuckDB says is a full disk: %s', (why) => {
  const cause = new Error(`IO Error: Could not write file "/d/x.duckdb": ${why}`);
  expect(duckDbError(cause, '/d/x.duckdb').code).toBe('TM_ERR_DISK_FULL');
});

test('nobody else asks for the codes of the system', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = ['engine', 'processors', 'server']
    .flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)))
    .filter((file) => file.endsWith('.ts') && /ENOSPC|EDQUOT|no space left on device/i.test(readFileSync(path.join(root, file), 'utf8')));
  expect(files).toEqual([path.join('engine', 'store', 'disk.ts')]);
});
