import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traffic } from '#bench/generate/traffic.js';
import { writeFiles } from '#bench/generate/write.js';
import { runCommand, runModule } from '#bench/harness/child.js';
import { compareDatabases } from '#bench/harness/compare.js';
import { oracle } from '../oracle/oracle.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('commands', () => {
  test('tell what they took of the machine', async () => {
    const { stdout, ms, cpuMs, peakBytes } = await runModule('server/cli.js', ['--help']);
    expect(stdout).toContain('tidemill');
    expect(ms).toBeGreaterThan(0);
    expect(cpuMs).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(10 * 2 ** 20);
  });

  test('that fail are told with their output', async () => {
    const script = 'console.log("some output"); console.error("a reason"); process.exit(3)';
    await expect(runCommand(process.execPath, ['--eval', script])).rejects.toThrow(/ended with 3\nsome output\na reason/);
    await expect(runModule('server/cli.js', ['jobs', '--data', folder])).rejects.toThrow(/TM_ERR_DATASET_UNKNOWN/);
    await expect(runCommand(join(folder, 'missing'), [])).rejects.toThrow(/cannot be started/);
  });

  test('do not see what the user has set for Tidemill', async () => {
    process.env['TIDEMILL_DATABASE'] = 'postgres://elsewhere/db';
    try {
      const { stdout } = await runCommand(process.execPath, ['--print', 'String(process.env.TIDEMILL_DATABASE)']);
      expect(stdout.trim()).toBe('undefined');
    } finally {
      delete process.env['TIDEMILL_DATABASE'];
    }
  });
});

describe('databases', () => {
  const tables = { l3_session: 'site, sessions' };
  async function database(name: string, rows: string, which = ''): Promise<string> {
    const file = join(folder, name);
    const instance = await DuckDBInstance.create(file);
    const sql = await instance.connect();
    await sql.run(`create table l3_session as select * from (values ${rows}) v(site, sessions, more) ${which}`);
    sql.closeSync();
    instance.closeSync();
    return file;
  }

  test('are equal whatever the order of their rows, as often as each comes', async () => {
    const a = await database('a', "('x', 1, 0), ('y', 2, 0), ('y', 2, 0)");
    expect(await compareDatabases(a, await database('b', "('y', 2, 1), ('x', 1, 1), ('y', 2, 1)"), tables)).toBe(3);
    await expect(compareDatabases(a, await database('c', "('y', 2, 1), ('x', 1, 1)"), tables)).rejects.toThrow(
      /l3_session: 1 rows are in .*a only/,
    );
    await expect(compareDatabases(a, await database('d', "('x', 1, 0), ('y', 2, 0), ('y', 3, 0)"), tables)).rejects.toThrow(
      /in .*d only\n {2}\{"site":"y","sessions":3\}/,
    );
  });

  test('with nothing in them prove nothing', async () => {
    const empty = await database('e', "('x', 1, 0)", 'where false');
    await expect(compareDatabases(empty, empty, tables)).rejects.toThrow(/nothing/);
  });

  test('of the DuckDB peer are right', async () => {
    const lines = join(folder, 'lines.ndjson');
    writeFiles(traffic({ impressions: 3000, days: 3, start: '2016-02-28', seed: 5 }), lines);
    const out = join(folder, 'peer.duckdb');
    await runModule('bench/peers/duckdb.js', [lines, out, '2']);
    const o = await oracle([lines]);
    try {
      expect(await o.differences(out)).toEqual([]);
    } finally {
      o.close();
    }
  });
});
