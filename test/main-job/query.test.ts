/* `tidemill query` and `tidemill tables` as people and programs use them. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { line } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill, tidemillHere } from '../support/tidemill.js';

const folder = temporaryFolder();
const data = path.join(folder, 'data');
const T = Date.UTC(2016, 1, 29, 12);
const here = (...args: string[]) => tidemillHere([...args, '--data', data]);

beforeAll(async () => {
  const lines = path.join(folder, 'lines.jsonl');
  const objects = ['/a', '/b', '/a', '/c,"d"'];
  writeFileSync(lines, objects.map((object, i) => line(T + i * 1000, { object, visitor: 'x' })).join(''));
  expect(await tidemill(['run', lines, '--data', data])).toMatchObject({ code: 0 });
});

test('a question with options: a table, or CSV', async () => {
  const asked = ['query', '--metrics', 'views', '--by', 'object', '--period', '2016-02-29', '--filter', 'object^=/'];
  const { code, stdout } = await here(...asked, '--limit', '1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^object +views\n.*\n\/a +2\n\n1 of 3 rows/);
  expect((await here(...asked, '--csv')).stdout).toBe('object,views\n/a,2\n/b,1\n"/c,""d""",1\n');
});

test('a question as JSON, from standard input too: the same digest whatever the order of its keys', async () => {
  const given = { metrics: ['visitors', 'sessions'], period: '2016-W09' };
  const { stdout } = await here('query', JSON.stringify(given), '--json');
  const found = JSON.parse(stdout) as { digest: string };
  expect(found).toMatchObject({ query: given, rows: [{ by: [], metrics: [{ value: 1 }, { value: 1 }] }], total: 1 });
  const input = JSON.stringify({ period: '2016-W09', metrics: ['visitors', 'sessions'] });
  const again = await tidemill(['query', '-', '--json', '--data', data], { input });
  expect(JSON.parse(again.stdout)).toMatchObject({ digest: found.digest });
});

test('wrong use', async () => {
  const unknown = await here('query', '--metrics', 'vistors');
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("/metrics/0: there is no metric 'vistors'. Did you mean 'visitors'?") as string,
  });
  for (const args of [['{'], ['{"metrics":["views"]}', '--by', 'object'], [], ['--metrics', 'views', '--filter', 'object']])
    expect(await here('query', ...args)).toMatchObject({ code: 2 });
});

test('the tables', async () => {
  const { stdout } = await here('tables', '--json');
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ table: 'l3_object', rows: 3, key: ['granularity', 'period', 'site', 'type', 'object'] }),
  );
});
