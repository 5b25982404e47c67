import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pageViews } from '#bench/generate/page-views.js';
import { buildsOf, thisBuild } from '#bench/harness/builds.js';
import { cutFile } from '#bench/harness/cut.js';
import { peakOfFamily } from '#bench/harness/family.js';
import { dayAfter } from '#bench/harness/inputs.js';
import { checkLines, runTidemill } from '#bench/harness/tidemill.js';

const views = (seed: number): string =>
  [...pageViews({ start: '2016-02-28', days: 3, each: 4, seed })].map(({ bytes }) => bytes.toString('latin1')).join('');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'many-days-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('page views', () => {
  test('are as many on each day, in order, and others with another seed', () => {
    const lines = views(1).trimEnd().split('\n');
    const days = lines.map((line) => /\[(\d\d)\/(\w+)\/2016/.exec(line)?.slice(1).join(' '));
    expect(days).toEqual(['28 Feb', '29 Feb', '01 Mar'].flatMap((day) => Array<string>(4).fill(day)));
    const times = lines.map((line) => /2016:(\S+)/.exec(line)?.[1] ?? '');
    for (const from of [0, 4, 8]) expect(times.slice(from, from + 4)).toEqual(times.slice(from, from + 4).toSorted());
    expect(views(1)).toBe(views(1));
    const others = new Set(views(2).split('\n'));
    expect(lines.filter((line) => others.has(line))).toEqual([]);
  });

  test('all count, and a dataset takes more', async () => {
    const [first, second] = [1, 2].map((seed) => {
      const file = join(folder, `${seed}.log`);
      writeFileSync(file, views(seed));
      return file;
    }) as [string, string];
    const options = { command: 'import', data: join(folder, 'data'), more: ['--format', 'combined'] } as const;
    const before = await runTidemill({ ...options, files: [first] });
    checkLines(before, 12, true);
    expect(before.fileCount).toBeGreaterThan(3);
    checkLines(await runTidemill({ ...options, files: [first, second], adds: true }), 12, true);
    checkLines(await runTidemill({ ...options, files: [first, second] }), 24, true);
  });

  test('a day after another', () => {
    expect([-1, 0, 2].map((n) => dayAfter('2016-02-28', n))).toEqual(['2016-02-27', '2016-02-28', '2016-03-01']);
  });
});

describe('a file is cut', () => {
  const cut = (text: string, pieces: number): string[] => {
    const file = join(folder, 'whole.log');
    writeFileSync(file, text);
    return cutFile(file, pieces, join(folder, 'pieces')).map((piece) => readFileSync(piece, 'utf8'));
  };

  test('into whole lines of about the same size', () => {
    expect(cut('aa\nbb\ncc\ndd\n', 2)).toEqual(['aa\nbb\n', 'cc\ndd\n']);
    expect(cut('aa\nbb\ncc\ndd\n', 4)).toEqual(['aa\n', 'bb\n', 'cc\n', 'dd\n']);
    const text = Array.from({ length: 1000 }, (_, i) => `${'x'.repeat(i % 97)}${i}\n`).join('');
    const pieces = cut(text, 7);
    expect(pieces).toHaveLength(7);
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) {
      expect(piece.endsWith('\n')).toBe(true);
      expect(Math.abs(piece.length - text.length / 7)).toBeLessThan(101);
    }
  });

  test('into fewer pieces where it has not so many lines, and one that lacks its end', () => {
    expect(cut('a long line\nb', 5)).toEqual(['a long line\n', 'b']);
    expect(cut(`${'x'.repeat(200_000)}\nb\n`, 4)).toEqual([`${'x'.repeat(200_000)}\n`, 'b\n']);
    expect(cut('', 3)).toEqual([]);
  });
});

describe('builds', () => {
  test('are this one, and an earlier one where it is built', () => {
    expect(buildsOf(undefined)).toEqual([thisBuild]);
    const clone = fileURLToPath(new URL('../..', import.meta.url));
    const [first, earlier] = buildsOf(clone);
    expect(first).toBe(thisBuild);
    expect(earlier?.name).not.toBe(thisBuild.name);
    expect(() => buildsOf(folder)).toThrow(/no built clone.*npm run build/);
  });
});

test.runIf(process.platform === 'linux')('the memory of a process is told with that of its children', async () => {
  const script = 'process.stdin.resume(); process.stdin.on("end", () => process.exit()); console.log("ready")';
  const child = spawn(process.execPath, ['--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const own = peakOfFamily(child.pid ?? 0) ?? 0;
  const all = peakOfFamily(process.pid) ?? 0;
  child.stdin.end();
  await once(child, 'exit');
  expect(own).toBeGreaterThan(10 * 2 ** 20);
  expect(all - own).toBeGreaterThan(10 * 2 ** 20);
});
