/** `tidemill serve` on the command line, as far as it is the supervisor's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockDataset } from '#server/supervisor/serve-lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tidemill } from '../../support/tidemill.js';

test('a second one on the same dataset says so', async () => {
  const data = temporaryFolder();
  const lock = await lockDataset(path.join(data, 'analytics'));
  const { code, stdout, stderr } = await tidemill(['serve', '--data', data, '--api-port', '0', '--sensor-port', '0']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^tidemill: another tidemill serve runs on .*\(TM_ERR_SERVE_RUNNING\)\n/);
  lock.release();
});

test('wrong settings and wrong options', async () => {
  const data = temporaryFolder();
  mkdirSync(path.join(data, 'analytics'));
  writeFileSync(path.join(data, 'analytics/dataset.json'), '{"sensor":{"ingestToken":"short"}}');
  const wrong = await tidemill(['serve', '--data', data]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/sensor\.ingestToken: a token: 16 to 256[^]*TM_ERR_SETTINGS/);
  expect((await tidemill(['serve', '--api-port', '65536'])).code).toBe(2);
});
