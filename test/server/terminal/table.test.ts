import { expect, test } from 'vitest';
import { renderTable } from '#server/terminal/table.js';
import { widthOf } from '#server/terminal/text.js';

const columns = [{ title: 'object' }, { title: 'views', align: 'right' }, { title: 'name' }] as const;

test('columns are aligned, numbers to the right', () => {
  const table = renderTable(columns, [
    ['/', '1,200', 'Home'],
    ['/日本語', '7', ''],
    ['/größe', '15', 'Größe'],
  ]);
  expect(table).toBe(
    [
      'object   views  name', //
      '───────  ─────  ─────',
      '/        1,200  Home',
      '/日本語      7',
      '/größe      15  Größe',
    ].join('\n'),
  );
});

test('data cannot drive the terminal or break a row', () => {
  const table = renderTable(columns, [['/a\x1b]0;title\x07\n/b', '1', '\u202eevil']]);
  expect(table.split('\n')).toHaveLength(3);
  expect(table).toContain('/a\\x1b]0;title\\x07\\n/b');
  expect(table).toContain('\\u202eevil');
});

test('text columns give way to the width of the terminal, the widest first', () => {
  const rows = [
    ['/a/very/long/path/that/goes/on', '1,234,567', 'short'],
    ['/', '1', 'a name of some length'],
  ];
  const table = renderTable(columns, rows, 40);
  expect(table).toBe(
    [
      'object              views  name', //
      '──────────────  ─────────  ─────────────',
      '/a/very/long/…  1,234,567  short',
      '/                       1  a name of so…',
    ].join('\n'),
  );
});

test('what is copied from a table is not shortened', () => {
  const ids = [{ title: 'job', whole: true as const }, { title: 'processor' }];
  expect(renderTable(ids, [['job_1795645446004_000150', 'VisitorMonthInjection']], 36)).toContain('job_1795645446004_000150  VisitorMo…');
});

test('optional columns are left out before others can be read no more, the last first', () => {
  const optional = true as const;
  const jobs = [{ title: 'job' }, { title: 'time', optional }, { title: 'attempt', optional }, { title: 'error', whole: true as const }];
  const rows = [['a job of many words', '1.2 s', '1', 'TM_ERR_DISK_FULL']];
  const titles = (width: number): string => renderTable(jobs, rows, width).split('\n')[0]?.replaceAll(/ +/g, ' ') ?? '';
  expect([60, 50, 45, 30].map(titles)).toEqual(['job time attempt error', 'job time attempt error', 'job time error', 'job error']);
  expect(renderTable(jobs, rows, 30)).toContain('a job of ma…  TM_ERR_DISK_FULL');
});

test('no line is wider than the terminal, however narrow', () => {
  for (let width = 1; width < 60; width++) {
    const table = renderTable(columns, [['/日本語/日本語/日本語', '1,234,567', 'name 👍👍👍👍']], width);
    for (const line of table.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  }
});

test('no rows, and rows with cells missing', () => {
  expect(renderTable([{ title: 'job' }], [])).toBe('job\n───');
  expect(renderTable(columns, [['/']])).toContain('\n/');
});
