import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Topology } from '#engine/index.js';
import { toolkit } from '#engine/task/toolkit.js';
import { SessionBean, VisitorBean, VisitorLocationBean } from '#processors/beans.js';
import webAnalytics from '#processors/index.js';
import { ledgerShape, shapeOf } from '#server/database/table-shape.js';
import { tableTypes } from '#server/declarations.js';
import { REASONS } from '#server/import/rejects.js';

const page = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');

test('docs/tables.md has every table with its columns', () => {
  const rows = page('tables.md').split('\n');
  const always = ['granularity', 'period', 'site'];
  for (const { table, columns } of [...tableTypes(new Topology(webAnalytics)).map(shapeOf), ledgerShape]) {
    const row = rows.find((text) => text.split('|')[1]?.includes(`\`${table}\``));
    expect(row, table).toBeDefined();
    const told = columns.map((c) => c.name).filter((name) => !always.includes(name) || !table.startsWith('l3_'));
    for (const name of told) expect(row, `${table}.${name}`).toContain(`\`${name}\``);
  }
});

test('docs/processors.md has every function of the toolkit, and every field of the beans to read', () => {
  const text = page('processors.md');
  for (const name of Object.keys(toolkit)) expect(text, name).toContain(`\`${name}\``);
  const rows = text.split('\n');
  for (const { name, fields } of [SessionBean, VisitorBean, VisitorLocationBean]) {
    const row = rows.find((r) => r.split('|')[2]?.includes(`\`${name}\``));
    expect([...(row?.split('|')[3] ?? '').matchAll(/`(\w+)`/g)].map(([, field]) => field)).toEqual(Object.keys(fields));
  }
});

test('docs/impressions.md names the reasons in their order', () => {
  const text = page('impressions.md');
  const [, list = ''] = /The reasons, in the\norder in which they are asked: ([^]*?)\.\n/.exec(text) ?? [];
  expect([...list.matchAll(/`(\w+)`/g)].map(([, reason]) => reason)).toEqual(REASONS);
});
