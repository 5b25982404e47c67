import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AnalyticsDatabase } from '#server/database/database.js';
import { L3InternalSearch, L3SessionHour } from '#processors/beans.js';
import { codeOf, inject, type Databases } from './harness.js';
import { rowsOf } from '../../support/rows-of.js';

const terms = ['', 'a "quoted", term', 'é😀', 'line\nfeed', '=1+1', '-x', 'tab\tin', '\ttab', 'back\\slash', '\u0001'];

export function exportTests(databases: () => Databases): void {
  describe('export', () => {
    let folder: string;
    let db: AnalyticsDatabase;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tidemill-test-'));
      db = await databases().open([L3InternalSearch, L3SessionHour]);
      await inject(
        db,
        L3InternalSearch,
        terms.map((term, i) => ({ site: 's', term, searches: i + 2 ** 40 })),
      );
      await inject(db, L3SessionHour, [{ site: 's', hour: 23, sessions: 1, impressions: 2 }]);
    });
    afterEach(() => rm(folder, { recursive: true }));
    const expected = terms
      .map((term, i) => ({ granularity: 'day', period: '2016-03-01', site: 's', term, searches: i + 2 ** 40 }))
      .toSorted((x, y) => Buffer.compare(Buffer.from(x.term), Buffer.from(y.term)));

    test('csv', async () => {
      const out = join(folder, 'out.csv');
      await db.exportTable('l3_internalsearch', { format: 'csv', out });
      const text = await readFile(out, 'utf8');
      expect(text.startsWith('granularity,period,site,term,searches\nday,2016-03-01,s,"",1099511627776\n')).toBe(true);
      expect(parseCsv(text).slice(1)).toEqual(expected.map((row) => Object.values(row).map(String)));
      expect(text).toContain(',=1+1,');
    });

    test('csv for a spreadsheet has no formulas', async () => {
      const out = join(folder, 'out.csv');
      await db.exportTable('l3_internalsearch', { format: 'csv', out, spreadsheet: true });
      const cells = parseCsv(await readFile(out, 'utf8'))
        .slice(1)
        .map((cell) => cell[3]);
      expect(cells).toContain("'=1+1");
      expect(cells).toContain("'-x");
      expect(cells).toContain("'\ttab");
      expect(cells).toContain('tab\tin');
    });

    test('json, one object a line', async () => {
      const out = join(folder, 'out.json');
      await db.exportTable('l3_internalsearch', { format: 'json', out });
      const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
    });

    test.each(['l3_internalsearch', 'l3_sessionhour', 'injection'])('parquet of %s, with the types of the columns', async (table) => {
      const out = join(folder, "it's.parquet");
      await db.exportTable(table, { format: 'parquet', out });
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const reader = await connection.runAndReadAll(`select * replace (period::varchar as period) from '${out.replaceAll("'", "''")}'`);
      const types = await connection.runAndReadAll(`describe select * from '${out.replaceAll("'", "''")}'`);
      connection.closeSync();
      instance.closeSync();
      const number = (v: unknown): unknown => (typeof v === 'bigint' ? Number(v) : v);
      const rows = reader.getRowObjects().map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, number(v)])));
      expect(rows).toEqual(await rowsOf(db, table));
      const { columns } = (await db.tables()).find((t) => t.table === table)!;
      const sqlType = { text: 'VARCHAR', date: 'DATE', smallint: 'SMALLINT', integer: 'INTEGER', bigint: 'BIGINT' };
      expect(types.getRows().map(([name, type]) => [name, type])).toEqual(columns.map((c) => [c.name, sqlType[c.type]]));
    });

    test('to a stream, which stays open', async () => {
      const out = new PassThrough();
      await db.exportTable('l3_sessionhour', { format: 'csv', out });
      out.end('more');
      expect(await new Response(out as unknown as ReadableStream).text()).toBe(
        'granularity,period,site,hour,sessions,impressions\nday,2016-03-01,s,23,1,2\nmore',
      );
    });

    test('replaces a file whole, or leaves it and nothing beside it', async () => {
      const out = join(folder, 'out.csv');
      await writeFile(out, 'old');
      expect(await codeOf(db.exportTable('l3_nothing', { format: 'csv', out }))).toBe('TM_ERR_TABLE_UNKNOWN');
      expect(await readFile(out, 'utf8')).toBe('old');
      await db.exportTable('l3_sessionhour', { format: 'csv', out });
      expect(await readFile(out, 'utf8')).toContain('day,2016-03-01,s,23,1,2\n');
      expect(await readdir(folder)).toEqual(['out.csv']);
    });

    test('a path that cannot be written is an error', async () => {
      for (const format of ['csv', 'json', 'parquet'] as const) {
        expect(await codeOf(db.exportTable('l3_sessionhour', { format, out: join(folder, 'nowhere', 'out') }))).toBe(
          'TM_ERR_EXPORT_FAILED',
        );
      }
    });
  });
}

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
