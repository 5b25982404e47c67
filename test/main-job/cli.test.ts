/* The command line as people and programs use it: what it prints, and how it ends. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { databaseOf, line, trafficBytes } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ended, startTidemill, tidemill, tidemillJson } from '../support/tidemill.js';

const folder = temporaryFolder();
const data = path.join(folder, 'data');
const lines = path.join(folder, 'lines.jsonl');
const T = Date.UTC(2016, 1, 29, 12);

type Json = Record<string, unknown>;
let summary: Json;

/** The lines of a table under its titles, cells parted by two spaces or more. */
const cells = (table: string): string[][] =>
  table
    .split('\n')
    .slice(2)
    .filter((l) => l !== '')
    .map((l) => l.split(/ {2,}/));

beforeAll(async () => {
  const odd = line(T, { object: '/=1+1,"two"\n', name: '=SUM(A1)', visitor: 'x\u001b[31m' }) + 'no json\n{"time":1}\n';
  writeFileSync(lines, Buffer.concat([trafficBytes({ impressions: 400, days: 2, start: '2016-02-29', seed: 51 }), Buffer.from(odd)]));
  [summary] = (await tidemillJson(['run', lines, '--data', data])) as [Json];
});

describe('help', () => {
  test('tells all commands, and each its arguments and options', async () => {
    const { code, stdout } = await tidemill(['--help']);
    expect(code).toBe(0);
    const commands = ['run', 'import', 'process', 'jobs', 'locations', 'inspect', 'export', 'verify'];
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    const helps = await Promise.all(commands.map((command) => tidemill([command, '--help'])));
    for (const [i, help] of helps.entries()) {
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`^Usage: tidemill ${commands[i]} `));
      expect(help.stdout).toContain('--data <dir>');
    }
    for (const option of ['--site', '--format', '--tz', '--keep']) expect(helps[0]?.stdout).toContain(option);
    expect(await tidemill(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  });

  test('nothing: the help, as wrong use', async () => {
    const { code, stderr } = await tidemill([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Commands:');
    expect(stderr).toContain('tidemill: a command is missing (TM_ERR_USAGE)');
    expect(await tidemill(['help', 'rum'])).toMatchObject({ code: 2, stderr: expect.stringContaining("no command 'rum'") as string });
  });
});

describe('run', () => {
  test('a summary for programs', () => {
    expect(summary).toMatchObject({
      import: {
        sources: [{ name: lines, state: 'new', format: 'impressions' }],
        counters: { read: 403, accepted: 401, rejected: 2, 'rejected:json': 1, 'rejected:time': 1, filtered: 0, duplicate: 0 },
      },
      failed: [],
      database: path.join(data, 'analytics', 'analytics.duckdb'),
    });
    const processors = summary['processors'] as { processor: string; jobs: number }[];
    expect(processors).toHaveLength(13);
    expect(processors).toContainEqual(
      expect.objectContaining({ processor: 'SessionMerger', jobs: 2, failed: 0, quarantined: 0, recordsIn: 401 }),
    );
  });

  test('and for people; again it changes nothing, and says so', async () => {
    const first = await tidemill(['run', lines, '--data', path.join(folder, 'people')]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^403 lines read: 401 accepted, 2 rejected, 0 filtered, 0 duplicate$/m);
    expect(first.stdout).toMatch(/^ {2}rejected: json 1, time 1$/m);
    expect(first.stdout).toMatch(/^ {2}tidemill inspect \/analytics\/oirawdata\/\S+ --rejects --data \S+ shows the rejected lines$/m);
    expect(first.stdout).toMatch(/^VisitorMonthInjection +2 +0 /m);
    expect(first.stdout).toMatch(/^Top objects$/m);
    expect(first.stdout).toMatch(/^The sums are in .*analytics\.duckdb$/m);
    const again = await tidemill(['run', lines, '--data', path.join(folder, 'people')]);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain(`${lines}: imported before, nothing changes\n`);
    expect(again.stdout).toContain('Nothing to do');
  });

  test('what cannot be shown of the sums in the end is no failure of the work', async () => {
    const unreadable = path.join(folder, 'unreadable');
    await tidemill(['run', lines, '--data', unreadable]);
    const instance = await DuckDBInstance.create(databaseOf(unreadable));
    const connection = await instance.connect();
    await connection.run('alter table l3_object rename column views to seen');
    connection.closeSync();
    instance.closeSync();
    const { code, stdout } = await tidemill(['run', lines, '--data', unreadable]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The tops cannot be shown: .*views/m);
    expect(stdout).toMatch(/^The sums are in .*analytics\.duckdb$/m);
  });
});

describe('jobs', () => {
  test('newest first, by processor and state, and one', async () => {
    const all = (await tidemillJson(['jobs', '--data', data])) as Json[];
    const ids = all.map((j) => String(j['id']));
    expect(ids).toEqual(ids.toSorted().reverse());
    expect(all[0]).toMatchObject({ state: 'succeeded', attempt: 1, period: expect.stringMatching(/^2016-/) as string });
    const mergers = (await tidemillJson(['jobs', '--processor', 'SessionMerger', '--data', data])) as Json[];
    expect(mergers.map((j) => j['period'])).toEqual(['2016-03-01', '2016-02-29']);
    expect(await tidemillJson(['jobs', '--state', 'failed', '--data', data])).toEqual([]);
    expect(await tidemillJson(['jobs', ids[3]!, '--data', data])).toEqual([all[3]]);
    const { stdout } = await tidemill(['jobs', '--limit', '2', '--data', data]);
    expect(stdout).toContain(ids[0]);
    expect(stdout).toMatch(new RegExp(`^${ids.length - 2} more; --limit shows more of them$`, 'm'));
  });
});

describe('locations and inspect', () => {
  test('all locations, and the packages of one', async () => {
    const all = (await tidemillJson(['locations', '--data', data])) as Json[];
    expect(all).toHaveLength(15);
    expect(all[0]).toMatchObject({
      location: 'oirawdata',
      layout: 'day-time',
      packages: 2,
      beans: 401,
      first: '2016-02-29',
      last: '2016-03-01',
    });
    const table = cells((await tidemill(['locations', '--data', data])).stdout);
    expect(table).toHaveLength(15);
    expect(table[0]?.slice(0, 4)).toEqual(['oirawdata', 'day-time', '2', '401']);
    const weeks = (await tidemillJson(['locations', 'visweekprocessed', '--data', data])) as Json[];
    expect(weeks).toMatchObject([{ period: '2016-W09', processor: 'VisitorWeekProcessor', state: 'complete' }]);
    expect(String(weeks[0]?.['path'])).toMatch(/^\/analytics\/visweekprocessed\/2016\/W09\/[0-9a-f-]{36}$/);
  });

  test('paths are the calendar of the seed', async () => {
    const paths: Record<string, RegExp> = {
      oirawdata: /^\/analytics\/oirawdata\/2016\/02\/29\/import-000001-\d{13}$/,
      oiprocessed: /^\/analytics\/oiprocessed\/2016\/02\/29\/import-000001-\d{13}$/,
      sesrawdata: /^\/analytics\/sesrawdata\/2016\/02\/29\/import-000001-\d{13}$/,
      sesdata: /^\/analytics\/sesdata\/2016\/02\/29\/[0-9a-f-]{36}$/,
      visweekdata: /^\/analytics\/visweekdata\/2016\/W09\/2016\/02\/29\/[0-9a-f-]{36}$/,
      vismonthinjected: /^\/analytics\/vismonthinjected\/2016\/02\/[0-9a-f-]{36}$/,
    };
    for (const [location, wanted] of Object.entries(paths)) {
      const packages = (await tidemillJson(['locations', location, '--data', data])) as Json[];
      expect(packages.at(-1)?.['path'], location).toMatch(wanted);
      const folderOf = path.join(data, 'analytics', 'store', ...String(packages.at(-1)?.['path']).split('/').slice(2));
      expect(existsSync(path.join(folderOf, 'part-00000')), location).toBe(!location.endsWith('injected'));
    }
  });

  test('a package: its metadata, its beans, those of a type, some of them, its report', async () => {
    const [session] = (await tidemillJson(['locations', 'sesprocessed', '--data', data])) as [Json];
    const at = String(session['path']);
    expect(await tidemillJson(['inspect', at, '--data', data])).toEqual([session]);
    expect(JSON.parse((await tidemill(['inspect', `${at}/part-00000`, '--data', data])).stdout)).toEqual(session);
    const beans = (await tidemillJson(['inspect', at, '--beans', '--data', data])) as Json[];
    expect(beans).toHaveLength(Object.values(session['beans'] as Record<string, number>).reduce((n, m) => n + m, 0));
    const sums = (await tidemillJson(['inspect', at, '--type', 'L3Session', '--data', data])) as Json[];
    expect(Object.keys(sums[0]!)).toEqual(['site', 'sessions', 'impressions', 'bounces', 'duration_ms']);
    expect(await tidemillJson(['inspect', at, '--beans', '--limit', '3', '--data', data])).toEqual(beans.slice(0, 3));
    const [injected] = (await tidemillJson(['locations', 'sesinjected', '--data', data])) as [Json];
    expect(injected['parts']).toEqual([]);
    const report = injected['report'] as { rows: number; tables: { table: string; inserted: number }[] };
    expect(report.tables.map((t) => t.table)).toContain('l3_clickstream');
    expect(report.rows).toBe(beans.length);
  });

  test('rejected lines', async () => {
    const raw = (await tidemillJson(['locations', 'oirawdata', '--data', data])) as Json[];
    const at = String(raw.at(-1)?.['path']);
    expect(await tidemillJson(['inspect', at, '--rejects', '--data', data])).toEqual([
      { source: lines, line: 402, reason: 'json', text: 'no json' },
      { source: lines, line: 403, reason: 'time', text: '{"time":1}' },
    ]);
    expect(await tidemillJson(['inspect', String(raw[0]?.['path']), '--rejects', '--data', data])).toEqual([]);
  });
});

describe('export', () => {
  const exported = (...args: string[]): ReturnType<typeof tidemill> => tidemill(['export', ...args, '--data', data]);

  test('csv and json, to a file and to standard output', async () => {
    const csv = await exported('l2_object', '--format', 'csv');
    expect(csv).toMatchObject({ code: 0, stderr: '' });
    expect(csv.stdout.slice(0, csv.stdout.indexOf('\n'))).toMatch(/^site,object,type,name,first_seen,last_seen\b/);
    expect(csv.stdout.includes(`\nshop,"/=1+1,""two""\n",Page,=SUM(A1),${T},${T}`)).toBe(true);
    const out = path.join(folder, 'objects.csv');
    expect(await exported('l2_object', '--format', 'csv', '--out', out)).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(out, 'utf8')).toBe(csv.stdout);
    expect((await exported('l2_object', '--format', 'csv', '--spreadsheet')).stdout.includes(`,'=SUM(A1),`)).toBe(true);
    const json = await exported('l3_visitor', '--format', 'json');
    const rows = json.stdout
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as Json);
    expect(rows.map((r) => r['granularity'])).toEqual(expect.arrayContaining(['day', 'week', 'month']));
    expect(Object.keys(rows[0]!)).toEqual(['granularity', 'period', 'site', 'visitors', 'sessions', 'impressions']);
  });

  test('parquet', async () => {
    const out = path.join(folder, 'views.parquet');
    expect(await exported('l3_object', '--format', 'parquet', '--out', out)).toMatchObject({ code: 0 });
    const instance = await DuckDBInstance.create(':memory:');
    const sql = await instance.connect();
    const [[views]] = (await sql.runAndReadAll(`select sum(views) from '${out}'`)).getRowsJson() as [[string]];
    const csv = (await exported('l3_object', '--format', 'csv')).stdout;
    expect(Number(views)).toBeGreaterThan(100);
    expect(csv.match(/,\d+$/gm)?.reduce((n, cell) => n + Number(cell.slice(1)), 0)).toBe(Number(views));
    sql.closeSync();
    instance.closeSync();
  });

  test('leaves no half file behind', async () => {
    expect(await exported('l3_object', '--format', 'csv', '--out', path.join(folder, 'nowhere', 'x.csv'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TM_ERR_EXPORT_FAILED') as string,
    });
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('what is printed', () => {
  test('goes to a reader that leaves early', async () => {
    for (const args of [['locations'], ['jobs', '--json'], ['export', 'l3_object', '--format', 'csv'], ['run', lines]]) {
      const child = startTidemill([...args, '--data', data]);
      child.stdin?.end();
      child.stdout?.destroy();
      const { code, stderr } = await ended(child);
      expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
    }
  });

  test.skipIf(!existsSync('/dev/full'))('to a full disk is an error', async () => {
    expect(await tidemill(['export', 'l3_object', '--format', 'csv', '--out', '/dev/full', '--data', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TM_ERR_DISK_FULL') as string,
    });
  });

  test('to a folder is an error', async () => {
    expect(await tidemill(['export', 'l3_object', '--format', 'csv', '--out', folder, '--data', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TM_ERR_EXPORT_FAILED') as string,
    });
  });

  test('holds nothing that could drive the terminal, and JSON holds the data as it is', async () => {
    const control = path.join(folder, 'control\u001b[31m.jsonl');
    writeFileSync(control, line(T, { object: '/\u001b[2J', country: '\u001b]0;x\u0007' }));
    const at = path.join(folder, 'control');
    const { stdout, code } = await tidemill(['run', control, '--data', at]);
    expect(code).toBe(0);
    expect(stdout).toContain('/\\x1b[2J');
    expect(stdout).not.toContain('\u001b');
    const missing = await tidemill(['run', `${control}x`, '--data', at]);
    expect(missing.stderr).not.toContain('\u001b');
    const [objects] = (await tidemill(['export', 'l3_object', '--format', 'json', '--data', at])).stdout.split('\n');
    expect(JSON.parse(objects!)).toMatchObject({ object: '/\u001b[2J' });
  });
});
