import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { thatFit } from '#bench/growth.js';
import { readOptions, WrongUse } from '#bench/harness/options.js';
import { repeatedLog } from '#bench/harness/repeated-log.js';
import { formatJson, reportText, withSection } from '#bench/harness/results.js';
import { inTurns } from '#bench/harness/rounds.js';
import { duration, durations, spreadOf, times } from '#bench/harness/stats.js';
import { markdownTable } from '#bench/harness/table.js';
import { workersUpTo } from '#bench/scaling.js';

describe('figures', () => {
  test('median and spread', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  test('are shown with the digits that tell', () => {
    expect([0, 0.0123, 1.234, 84.25, 999, 2414, 123_456].map(duration)).toEqual([
      '0 ms',
      '12.3 µs',
      '1.23 ms',
      '84.3 ms',
      '999 ms',
      '2.41 s',
      '123 s',
    ]);
    expect(durations({ median: 1010, min: 990, max: 1200 })).toBe('1.01 s (0.99–1.20)');
    expect([0.04, 2.94, 13.37].map(times)).toEqual(['0.040×', '2.94×', '13.4×']);
  });

  test('a Markdown table has even columns', () => {
    const table = markdownTable({
      columns: ['name', '>rows/s'],
      rows: [
        ['a|b', '7'],
        ['München', '1,234,567'],
      ],
    });
    expect(table.split('\n')).toEqual([
      '| name    |    rows/s |',
      '| ------- | --------: |',
      '| a\\|b    |         7 |',
      '| München | 1,234,567 |',
    ]);
  });
});

describe('rounds', () => {
  beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));
  afterEach(() => void vi.restoreAllMocks());

  const said = (seen: string[]): { name: string; run: () => { ms: number; by: string } }[] =>
    ['A', 'B'].map((name) => ({ name, run: () => ({ ms: seen.push(name), by: name }) }));

  test('take turns, and the warm-up does not count', async () => {
    const seen: string[] = [];
    const checked: string[] = [];
    const check = (results: readonly { by: string }[]): void => void checked.push(results.map((r) => r.by).join(''));
    const runs = await inTurns(said(seen), { rounds: 2, warmUps: 1, check });
    expect(seen.join('')).toBe('ABABAB');
    expect(checked).toEqual(['AB', 'AB', 'AB']);
    expect(runs.map((own) => own.map((r) => r.ms))).toEqual([
      [3, 5],
      [4, 6],
    ]);
  });

  test('end where results differ', async () => {
    const seen: string[] = [];
    const check = (): void => {
      throw new Error('they differ');
    };
    await expect(inTurns(said(seen), { rounds: 5, warmUps: 1, check })).rejects.toThrow('they differ');
    expect(seen.join('')).toBe('AB');
  });
});

describe('results', () => {
  test('come between the markers of their bench', () => {
    const text = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n';
    expect(withSection(text, 'x', 'new')).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n');
    expect(() => withSection(text, 'y', 'new')).toThrow(/lacks the markers/);
  });

  test('tell the machine, the day and the command', () => {
    const table = { columns: ['c'], rows: [['v']] };
    const text = reportText(
      { workload: ['One.', 'Two.'], tables: [table], findings: ['Three.'], figures: {} },
      { machine: 'a machine', day: '2016-02-29', command: 'npm run bench' },
    );
    expect(text).toBe('One. Two.\n\n| c   |\n| --- |\n| v   |\n\nThree.\n\n2016-02-29; a machine; `npm run bench`');
  });

  test('as JSON have lists of numbers on one line', () => {
    const value = { ms: [1, 2.00001, 30], none: [], text: ['[1, 2]'], nested: [{ a: 1 }] };
    const text = formatJson(value);
    expect(text).toContain('"ms": [1, 2, 30],');
    expect(JSON.parse(text)).toEqual({ ...value, ms: [1, 2, 30] });
  });
});

describe('options', () => {
  test('and what they are when not given', () => {
    expect(
      readOptions(['--only', 'a,b', '--rounds', '7', '--log', '/x/y.log', '--days', '365,1095', '--against', '/x/old'], ['a', 'b']),
    ).toEqual({
      only: ['a', 'b'],
      smoke: false,
      rounds: 7,
      impressions: 2_000_000,
      most: 20_000_000,
      lines: 1_000_000,
      log: '/x/y.log',
      days: [365, 1095],
      each: 1000,
      cut: 1_000_000,
      pieces: [24, 144],
      against: '/x/old',
      instead: undefined,
    });
    expect(readOptions(['--smoke'], []).rounds).toBe(1);
  });

  test.for([
    ['--bogus'],
    ['stray'],
    ['--only', 'nothing'],
    ['--only', ''],
    ['--rounds', '0'],
    ['--impressions', 'many'],
    ['--days', '30,'],
    ['--pieces', '0'],
    ['--most', '-1'],
  ])('wrong use: %j', (args) => {
    expect(() => readOptions(args, ['a'])).toThrow(WrongUse);
  });
});

test('a repeated log has other addresses in each copy, and nothing else changes', () => {
  const log = Buffer.from('192.255.2.1 - - [x] "GET /\xff"\n2a02::1 - - [x] 192.0.2.1 \n\nhost.example torn', 'latin1');
  const lines = (n: number): string[] =>
    Buffer.concat([...repeatedLog(log, n)].map((p) => p.bytes))
      .toString('latin1')
      .split('\n');
  expect(lines(7)).toEqual([
    '192.255.2.1 - - [x] "GET /\xff"',
    '2a02::1 - - [x] 192.0.2.1 ',
    'host.example torn',
    '193.0.2.1 - - [x] "GET /\xff"',
    '2a02::1 - - [x] 192.0.2.1 ',
    'host.example torn',
    '193.1.2.1 - - [x] "GET /\xff"',
    '',
  ]);
  expect(lines(2)).toHaveLength(3);
  const hosts = new Set(
    lines(3 * 223 * 256)
      .filter((_, i) => i % 3 === 0)
      .slice(0, -1)
      .map((line) => line.split(' ')[0]),
  );
  expect(hosts.size).toBe(223 * 256);
  expect([...hosts].filter((h) => !/^([1-9]\d?|1\d\d|2[01]\d|22[0-3])\.\d+\.2\.1$/.test(h ?? ''))).toEqual([]);
  expect(() => [...repeatedLog(Buffer.from('\n'), 1)]).toThrow(RangeError);
});

test('numbers of workers', () => {
  expect([1, 2, 3, 8].map(workersUpTo)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 4, 8]]);
});

test('days that the disk has room for', () => {
  const million = 365e6;
  expect(thatFit([1e6, 2e6, 5e6], 100 * million)).toEqual([1e6, 2e6, 5e6]);
  expect(thatFit([1e6, 2e6, 5e6], 5.5 * million)).toEqual([1e6, 2e6]);
  expect(thatFit([1e6], million)).toEqual([]);
});
