import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(root, 'dist/bench/run.js'), ...args], { encoding: 'utf8' });

test('every bench has its question in its head, and its place in the README', () => {
  const readme = readFileSync(join(root, 'bench/README.md'), 'utf8');
  const { stdout } = bench('--list');
  const benches = stdout
    .trimEnd()
    .split('\n')
    .map((line) => /^(\w+) +(.+)$/.exec(line)?.slice(1) ?? []);
  expect(benches.map(([name]) => name)).toEqual([
    'pipeline',
    'logs',
    'days',
    'late',
    'pieces',
    'history',
    'scaling',
    'growth',
    'scan',
    'store',
    'codec',
    'shuffle',
    'sums',
    'injection',
    'startup',
    'sensor',
    'api',
  ]);
  for (const [name, question] of benches) {
    expect(readme).toContain(`## ${name}\n\n${question}\n\n<!-- bench:${name} -->\n`);
    const source = readFileSync(join(root, `bench/${name}.ts`), 'utf8');
    for (const line of [`Question:  ${question}`, 'Workload:  ', 'Warm-up:   ', `Command:   npm run bench -- --only ${name}`])
      expect(source).toContain(` * ${line}`);
  }
});

test('smoke: results are compared and nothing is written', () => {
  const written = (): (string | undefined)[] =>
    ['bench/README.md', 'bench/results.json'].map((file) =>
      existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined,
    );
  const before = written();
  const { status, stdout, stderr } = bench('--smoke', '--only', 'codec,shuffle,injection');
  expect(stderr).not.toContain('FAILED');
  expect(status).toBe(0);
  for (const name of ['codec', 'shuffle', 'injection']) expect(stdout).toContain(`## ${name}\n`);
  expect(written()).toEqual(before);
});

test('a bench that fails is told, and the code is 1', () => {
  const { status, stderr } = bench('--smoke', '--only', 'logs', '--log', join(root, 'missing.log'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/logs FAILED: .*missing\.log[^]*failed: logs/);
});

test('wrong use', () => {
  const { status, stdout, stderr } = bench('--only', 'nothing');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/nothing[^]*--help/);
});
