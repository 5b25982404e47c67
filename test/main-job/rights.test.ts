/** Who may read what a command makes: of a dataset its user, of what a user asked for whoever the umask lets. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { line } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill } from '../support/tidemill.js';

const rights = (file: string): string => (statSync(file).mode & 0o777).toString(8);

test.skipIf(process.platform === 'win32')('files of a dataset are for its user, those that are asked for as the umask says', async () => {
  const folder = temporaryFolder();
  const [lines, data, page, out] = ['lines', 'data', 'page.html', 'table.csv'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeFileSync(lines, line(Date.UTC(2026, 0, 1)));
  const options = { through: ['sh', '-c', 'umask 022; exec "$@"', 'sh'] };
  for (const args of [
    ['run', lines, '--data', data, '--profile', page],
    ['verify', '--data', data],
    ['export', 'l3_object', '--format', 'csv', '--out', out, '--data', data],
  ])
    expect(await tidemill(args, options)).toMatchObject({ code: 0 });
  const made = readdirSync(data, { recursive: true, encoding: 'utf8' });
  expect(made).toEqual(expect.arrayContaining(['analytics/analytics.duckdb', 'analytics/store/data.mdb', 'analytics/visitor.key']));
  expect(rights(data)).toBe('700');
  for (const name of made) {
    const at = path.join(data, name);
    expect([name, rights(at)]).toEqual([name, statSync(at).isDirectory() ? '700' : '600']);
  }
  for (const file of [page, out]) expect(rights(file)).toBe('644');
});
