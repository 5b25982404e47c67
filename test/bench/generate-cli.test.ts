import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/bench/generate/cli.js', import.meta.url));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'generate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
const lines = (text: string): number => text.split('\n').length - 1;

test('--help tells every option', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  for (const o of ['impressions', 'days', 'start', 'seed', 'shape', 'format', 'lenient', 'out', 'help']) expect(stdout).toContain(`--${o}`);
});

test('standard output and a file get the same', () => {
  const args = ['--impressions', '300', '--days', '2', '--start', '2016-12-31', '--seed', '5'];
  const { stdout } = run(...args);
  expect(lines(stdout)).toBe(300);
  const file = join(folder, 'lines.ndjson');
  expect(run(...args, '--out', file)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe(stdout);
  expect(readdirSync(folder)).toEqual(['lines.ndjson']);
});

test('a file a day', () => {
  expect(run('--impressions', '300', '--days', '3', '--format', 'combined', '--out', join(folder, 'access-{day}.log')).status).toBe(0);
  const files = readdirSync(folder).sort();
  expect(files).toEqual(['access-2016-02-24.log', 'access-2016-02-25.log', 'access-2016-02-26.log']);
  expect(files.reduce((sum, f) => sum + lines(readFileSync(join(folder, f), 'utf8')), 0)).toBe(300);
});

test('awkward lines', () => {
  const file = join(folder, 'awkward.ndjson');
  expect(run('--shape', 'awkward', '--impressions', '500', '--out', file).status).toBe(0);
  expect(lines(readFileSync(file, 'latin1'))).toBe(500);
});

test.for([
  ['--bogus'],
  ['stray'],
  ['--impressions', 'many'],
  ['--impressions', '0'],
  ['--days', '1.5'],
  ['--start', '2016-02-30'],
  ['--start', '1989-12-31'],
  ['--seed', ''],
  ['--shape', 'square'],
  ['--format', 'xml'],
  ['--lenient'],
  ['--shape', 'awkward', '--format', 'combined'],
])('wrong use: %j', (args) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/--help/);
});

test('where it cannot write', () => {
  const { status, stderr } = run('--impressions', '1', '--out', join(folder, 'no', 'such', 'folder'));
  expect(status).toBe(1);
  expect(stderr).toContain('ENOENT');
});
