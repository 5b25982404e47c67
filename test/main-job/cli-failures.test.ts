/* What can go wrong on the command line: each has its code, its exit code and a message that says what to do. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { open } from 'lmdb';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { packRecord } from '#engine/store/record.js';
import { databaseOf, line, linesOf, prepareDataset, trafficBytes } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ended, startTidemill, tidemill, tidemillHere, tidemillJson, type Ended } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';

const folder = temporaryFolder();
const T = Date.UTC(2016, 1, 29, 12);
const isRoot = process.getuid?.() === 0;

function file(name: string, content: string | Uint8Array): string {
  const at = path.join(folder, name);
  writeFileSync(at, content);
  return at;
}

const traffic = trafficBytes({ impressions: 300, days: 1, seed: 61 });
const lines = file('lines.jsonl', traffic);
let folders = 0;
const fresh = (): string => path.join(folder, `data-${folders++}`);

/** A failed command: nothing on standard output, the code at the end of the first line of the errors. */
function fails({ code, stdout, stderr }: Omit<Ended, 'signal'>, exitCode: 1 | 2, error: string): string {
  expect({ code, stdout, first: /\((TM_ERR_\w+)\)$/m.exec(stderr)?.[1] }, stderr).toEqual({ code: exitCode, stdout: '', first: error });
  expect(stderr).toMatch(/^tidemill: /);
  expect(stderr).not.toMatch(/^ +at /m); // a stack is for bugs
  return stderr;
}

describe('wrong use', () => {
  test.for<[args: string[], says: RegExp]>([
    [['nosuch'], /unknown command 'nosuch'/],
    [['run'], /missing required argument 'file'/],
    [['import', lines, '--formt', 'common'], /unknown option '--formt'[^]*Did you mean --format/],
    [['import', lines, '--format', 'csv'], /Allowed choices are auto, impressions, common, combined, vhost_combined/],
    [['import', lines, '--keep', 'robots'], /'robots' is not one of method, status, static, bot, all/],
    [['import', lines, '--site', 'my shop'], /A site is 1 to 64 letters/],
    [['--workers', '0', 'jobs'], /whole number above 0/],
    [['--workers', '100000', 'jobs'], /at most 256/],
    [['--data', '', 'jobs'], /must name a folder/],
    [['jobs', '--state', 'lost'], /Allowed choices are scheduled/],
    [['locations', '--limit', '1.5'], /whole number above 0/],
    [['inspect'], /missing required argument 'path'/],
    [['export', 'l3_object'], /'--format <format>' not specified/],
    [['verify', 'all'], /too many arguments/],
  ])('%j', async ([args, says]) => {
    const data = fresh();
    expect(fails(await tidemillHere([...args, '--data', data]), 2, 'TM_ERR_USAGE')).toMatch(says);
    expect(existsSync(data)).toBe(false);
  });

  test('for programs, as JSON', async () => {
    const { code, stdout, stderr } = await tidemill(['run', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'TM_ERR_USAGE', message: "missing required argument 'file'", data: {} } });
  });
});

describe('files', () => {
  test.for<[what: string, make: () => string, exitCode: 1 | 2, error: string]>([
    ['missing', () => path.join(folder, 'nowhere.log'), 2, 'TM_ERR_IMPORT_NO_FILE'],
    ['below a file', () => path.join(lines, 'x'), 1, 'TM_ERR_IMPORT_UNREADABLE'],
    ['a directory', () => folder, 2, 'TM_ERR_IMPORT_DIRECTORY'],
    ['binary', () => file('random.bin', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))), 2, 'TM_ERR_IMPORT_BINARY'],
    ['of no format', () => file('words.txt', 'some words\nand more\n'), 2, 'TM_ERR_IMPORT_FORMAT'],
    ['gzip that is cut off', () => file('cut.gz', gzipSync(traffic).subarray(0, 5000)), 1, 'TM_ERR_IMPORT_UNREADABLE'],
    ['gzip that is spoilt', () => file('spoilt.gz', spoilt(gzipSync(traffic))), 1, 'TM_ERR_IMPORT_UNREADABLE'],
  ])('%s', async ([, make, exitCode, error]) => {
    const data = fresh();
    const name = make();
    expect(fails(await tidemillHere(['run', lines, name, '--data', data]), exitCode, error)).toContain(name);
    // Nothing of the other file is there either.
    if (existsSync(data)) expect(await tidemillJson(['locations', 'oirawdata', '--data', data])).toEqual([]);
  });

  test('not for us', async () => {
    const secret = file('secret.log', traffic);
    chmodSync(secret, 0);
    // Root may read everything, unless that is taken from it.
    const through = isRoot ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
    fails(await tidemill(['run', secret, '--data', fresh()], { through }), 1, 'TM_ERR_IMPORT_UNREADABLE');
  });

  function spoilt(bytes: Buffer): Buffer {
    bytes.fill(0x55, 5000, 5100);
    return bytes;
  }
});

describe('the dataset', () => {
  test('there is none', async () => {
    const data = fresh();
    for (const args of [
      ['process'],
      ['jobs'],
      ['locations'],
      ['inspect', '/analytics/x'],
      ['export', 'l3_object', '--format', 'csv'],
      ['verify'],
    ]) {
      expect(fails(await tidemillHere([...args, '--data', data]), 2, 'TM_ERR_DATASET_UNKNOWN')).toContain(data);
    }
    expect(existsSync(data)).toBe(false);
    fails(await tidemillHere(['run', lines, '--data', data, '--dataset', '../x']), 2, 'TM_ERR_DATASET_NAME');
  });

  test('what is asked for is not there', async () => {
    const data = fresh();
    await tidemillJson(['import', lines, '--data', data]);
    expect(fails(await tidemillHere(['locations', 'nowhere', '--data', data]), 2, 'TM_ERR_LOCATION_UNKNOWN')).toContain('nowhere');
    fails(await tidemillHere(['jobs', 'job_1', '--data', data]), 2, 'TM_ERR_JOB_UNKNOWN');
    fails(await tidemillHere(['inspect', '/analytics/sesdata/2016/02/29', '--data', data]), 2, 'TM_ERR_PACKAGE_UNKNOWN');
    fails(await tidemillHere(['export', 'l3_object', '--format', 'csv', '--data', data]), 2, 'TM_ERR_TABLE_UNKNOWN');
    const [raw] = (await tidemillJson(['locations', 'oirawdata', '--data', data])) as { path: string }[];
    expect(fails(await tidemillHere(['inspect', raw!.path, '--type', 'L3Object', '--data', data]), 2, 'TM_ERR_USAGE')).toContain(
      'TransferObject',
    );
    await tidemillJson(['process', '--close', '--data', data]);
    expect(fails(await tidemillHere(['export', 'l3_nothing', '--format', 'csv', '--data', data]), 2, 'TM_ERR_TABLE_UNKNOWN')).toContain(
      'l3_object',
    );
  });

  test('time zones', async () => {
    const data = fresh();
    expect(fails(await tidemillHere(['import', lines, '--tz', 'Mars/Olympus', '--data', data]), 2, 'TM_ERR_ZONE')).toContain(
      'Mars/Olympus',
    );
    expect(existsSync(data)).toBe(false);
    // The zone goes into the settings that are there.
    const settings = path.join(prepareDataset(data), 'dataset.json');
    writeFileSync(settings, JSON.stringify({ session: { timeoutMinutes: 7 } }));
    await tidemillJson(['import', lines, '--tz', 'Asia/Kathmandu', '--data', data]);
    expect(JSON.parse(readFileSync(settings, 'utf8'))).toEqual({ timeZone: 'Asia/Kathmandu', session: { timeoutMinutes: 7 } });
    expect(await tidemillHere(['import', lines, '--tz', 'Asia/Kathmandu', '--data', data])).toMatchObject({ code: 0 });
    expect(fails(await tidemillHere(['import', lines, '--tz', 'UTC', '--data', data]), 2, 'TM_ERR_DATASET_ZONE')).toContain(
      'Asia/Kathmandu',
    );
    expect(await tidemillHere(['import', lines, '--tz', 'asia/katmandu', '--data', data])).toMatchObject({ code: 0 });
    // Days are cut already.
    writeFileSync(settings, JSON.stringify({ timeZone: 'UTC' }));
    expect(fails(await tidemillHere(['process', '--data', data]), 2, 'TM_ERR_DATASET_ZONE')).toMatch(/Asia\/Kathmandu.*UTC/);
  });

  test('settings that are wrong: each is named', async () => {
    const data = fresh();
    const settings = path.join(prepareDataset(data), 'dataset.json');
    writeFileSync(
      settings,
      JSON.stringify({ timeZone: 'Nowhere', sesion: {}, sites: { shop: { host: ['x'] }, 'a b': {} }, session: { timeoutMinutes: '30' } }),
    );
    const says = fails(await tidemillHere(['run', lines, '--data', data]), 2, 'TM_ERR_SETTINGS');
    for (const named of ['timeZone:', 'sesion:', 'sites.shop.host:', 'sites.a b:', 'session.timeoutMinutes:'])
      expect(says).toContain(named);
    writeFileSync(settings, '{"timeZone": "UTC",}');
    expect(fails(await tidemillHere(['run', lines, '--data', data]), 2, 'TM_ERR_SETTINGS')).toContain(settings);
    writeFileSync(settings, '{}');
    const environment = { TIDEMILL_SESSION_TIMEOUT_MINUTES: 'soon' };
    expect(fails(await tidemill(['run', lines, '--data', data], { environment }), 2, 'TM_ERR_SETTINGS')).toContain(
      'TIDEMILL_SESSION_TIMEOUT_MINUTES: ',
    );
    writeFileSync(settings, JSON.stringify({ retention: { sesrawdat: { keep: '30d' } } }));
    expect(fails(await tidemillHere(['run', lines, '--data', data]), 2, 'TM_ERR_SETTINGS')).toContain('retention.sesrawdat: ');
    writeFileSync(settings, '{}');
    writeFileSync(path.join(data, 'analytics', 'visitor.key'), '');
    expect(fails(await tidemillHere(['run', lines, '--data', data]), 2, 'TM_ERR_VISITOR_KEY')).toContain('visitor.key');
  });

  test('a second process while one works; whoever only looks is let in', async () => {
    const data = fresh();
    const first = startTidemill(['run', '-', '--data', data]);
    first.stdin?.write(linesOf(traffic)[0]!);
    const store = path.join(data, 'analytics', 'store', 'scratch', 'import-1', 'stream-0');
    await vi.waitFor(() => expect(existsSync(store)).toBe(true), { timeout: 60_000, interval: 5 });
    expect(fails(await tidemill(['import', lines, '--data', data]), 1, 'TM_ERR_STORE_LOCKED')).toContain(data);
    fails(await tidemill(['process', '--data', data]), 1, 'TM_ERR_STORE_LOCKED');
    expect(await tidemillJson(['locations', 'oirawdata', '--data', data])).toEqual([]);
    expect(existsSync(store)).toBe(true);
    first.stdin?.end(traffic.subarray(linesOf(traffic)[0]!.length));
    expect(await ended(first)).toMatchObject({ code: 0 });
    expect(await tidemillHere(['import', lines, '--data', data])).toMatchObject({
      code: 0,
      stdout: `${lines}: imported before, nothing changes\n`,
    });
  });
});

describe('a store', () => {
  let data: string;
  const storeOf = (at: string): string => path.join(at, 'analytics', 'store');
  const copy = (): string => {
    const at = fresh();
    spawnSync('cp', ['-r', data, at]);
    return at;
  };

  beforeAll(async () => {
    data = fresh();
    await tidemillJson(['run', lines, '--data', data]);
  });

  test('of another version', async () => {
    const at = copy();
    const root = open({ path: storeOf(at), encoding: 'binary', maxDbs: 8, noSubdir: false });
    await root
      .openDB({ name: 'meta', encoding: 'binary' })
      .put('about', packRecord('about', { version: 99, dataset: 'analytics', createdAt: 1 }));
    await root.close();
    for (const command of ['jobs', 'process', 'verify']) {
      expect(fails(await tidemill([command, '--data', at]), 1, 'TM_ERR_STORE_VERSION')).toContain('99');
    }
  });

  test('with a record in which a byte is not as it was written', async () => {
    const at = copy();
    const mdb = path.join(storeOf(at), 'data.mdb');
    const bytes = readFileSync(mdb);
    for (let i = bytes.indexOf('VisitorWeekMerger'); i >= 0; i = bytes.indexOf('VisitorWeekMerger', i + 1)) bytes.write('X', i);
    writeFileSync(mdb, bytes);
    for (const command of ['jobs', 'process', 'verify']) {
      expect(fails(await tidemill([command, '--data', at]), 1, 'TM_ERR_STORE_CORRUPT')).toMatch(/record '.*' of the store/);
    }
  });

  test('whose file is cut off, something else, or empty', async () => {
    const at = copy();
    truncateSync(path.join(storeOf(at), 'data.mdb'), 4000);
    for (const command of ['jobs', 'process'])
      expect(fails(await tidemill([command, '--data', at]), 1, 'TM_ERR_STORE_UNREADABLE')).toContain('store');
    writeFileSync(path.join(storeOf(at), 'data.mdb'), Buffer.alloc(20_000, 'no database'));
    fails(await tidemill(['jobs', '--data', at]), 1, 'TM_ERR_STORE_UNREADABLE');
    truncateSync(path.join(storeOf(at), 'data.mdb'), 0);
    for (const command of ['jobs', 'process'])
      expect(fails(await tidemill([command, '--data', at]), 1, 'TM_ERR_STORE_UNREADABLE')).toContain('store');
    // The parts are not swept for want of their records.
    expect(existsSync(path.join(storeOf(at), 'sesdata', '2016'))).toBe(true);
  });

  test('in a folder that cannot be', async () => {
    fails(await tidemillHere(['import', lines, '--data', lines]), 1, 'TM_ERR_STORE_UNREADABLE');
  });
});

describe('the database', () => {
  test('that does not answer fails the work, the import stays, and another one goes on with it', async () => {
    const data = fresh();
    const url = 'postgres://somebody:secret@127.0.0.1:1/analytics';
    const down = await tidemillHere(['run', lines, '--data', data, '--db', url]);
    expect(down.code).toBe(1);
    expect(down.stderr).toContain('(TM_ERR_DATABASE_UNAVAILABLE)');
    expect(down.stderr).not.toContain('secret');
    expect(await tidemillHere(['run', lines, '--data', data])).toMatchObject({ code: 0, stderr: '' });
    expect(await differences(databaseOf(data), [lines])).toEqual([]);
  });

  test('that is of no known kind', async () => {
    for (const command of [['run', lines], ['import', lines], ['serve']]) {
      const said = await tidemillHere([...command, '--data', fresh(), '--db', 'mysql://root:secret@localhost/x']);
      expect(fails(said, 2, 'TM_ERR_DATABASE_URL')).not.toContain('secret');
    }
  });

  test('that is no database', async () => {
    const data = fresh();
    const dataset = prepareDataset(data);
    writeFileSync(path.join(dataset, 'analytics.duckdb'), 'this is no database'.repeat(1000));
    fails(await tidemill(['run', lines, '--data', data]), 1, 'TM_ERR_DATABASE_DAMAGED');
  });

  test('that somebody else has open', async () => {
    const data = fresh();
    prepareDataset(data);
    const instance = await DuckDBInstance.create(databaseOf(data));
    try {
      fails(await tidemill(['run', lines, '--data', data]), 1, 'TM_ERR_DATABASE_LOCKED');
    } finally {
      instance.closeSync();
    }
    expect(await tidemillHere(['process', '--close', '--data', data])).toMatchObject({ code: 0, stderr: '' });
    expect(await differences(databaseOf(data), [lines])).toEqual([]);
  });
});

describe('an interruption', () => {
  // Enough work for a while after the database is there.
  const many = trafficBytes({ impressions: 800, days: 3, seed: 62 });
  const longer = file('longer.jsonl', many);

  test.for<[what: string, holds: (dataset: string) => boolean]>([
    ['while standard input is read', (at) => existsSync(path.join(at, 'store', 'scratch', 'import-1', 'stream-0'))],
    ['while jobs run', (at) => existsSync(path.join(at, 'analytics.duckdb'))],
  ])('%s ends with 130, and the same command goes on', async ([what, holds]) => {
    const data = fresh();
    const fromStream = what.includes('standard input');
    const child = startTidemill(['run', fromStream ? '-' : longer, '--data', data]);
    if (fromStream) child.stdin?.write(many.subarray(0, 5000));
    else child.stdin?.end();
    const end = ended(child);
    await vi.waitFor(() => expect(holds(path.join(data, 'analytics'))).toBe(true), { timeout: 60_000, interval: 2 });
    child.kill('SIGINT');
    const { code, stderr } = await end;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('interrupted') as string });
    const again = await tidemill(['run', fromStream ? '-' : longer, '--data', data], { input: fromStream ? many : '' });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(await differences(databaseOf(data), [longer])).toEqual([]);
    expect(await tidemillJson(['jobs', '--data', data, '--state', 'running'])).toEqual([]);
  });

  test('SIGTERM ends it at once, whatever it does, and the same command goes on', async () => {
    const data = fresh();
    const child = startTidemill(['import', '-', '--data', data]);
    const end = ended(child);
    const kept = path.join(data, 'analytics', 'store', 'scratch', 'import-1', 'stream-0');
    await vi.waitFor(() => expect(existsSync(kept)).toBe(true), { timeout: 60_000, interval: 2 });
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(await tidemill(['import', longer, '--data', data])).toMatchObject({ code: 0, stderr: '' });
  });

  test('while processors are loaded that never come ends at once', async () => {
    const data = fresh();
    const dataset = prepareDataset(data, { settings: { processors: ['./never.mjs'] } });
    const began = path.join(dataset, 'began');
    const never = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(began)}, '');\nfor (;;);\n`;
    writeFileSync(path.join(dataset, 'never.mjs'), never);
    const child = startTidemill(['run', lines, '--data', data]);
    const end = ended(child);
    await vi.waitFor(() => expect(existsSync(began)).toBe(true), { timeout: 60_000, interval: 2 });
    child.kill('SIGINT');
    expect(await end).toMatchObject({ signal: 'SIGINT' });
  });

  test('while a pipe is read that nobody writes to ends as well', async () => {
    const data = fresh();
    const pipe = path.join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const child = startTidemill(['import', pipe, '--data', data]);
    const end = ended(child);
    const spooled = path.join(data, 'analytics', 'store', 'scratch', 'import-1', 'stream-0');
    await vi.waitFor(() => expect(existsSync(spooled)).toBe(true), { timeout: 60_000, interval: 2 });
    child.kill('SIGINT');
    expect(await end).toMatchObject({ signal: 'SIGINT', stderr: expect.stringContaining('interrupted') as string });
  });
});

/** A file system of a size, or undefined where this machine does not let us make one. */
function smallDisk(size: string): string | undefined {
  const at = path.join(folder, `disk-${size}`);
  mkdirSync(at);
  return isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at]).status === 0 ? at : undefined;
}

test('a disk that is full: the work fails, nothing is half done, and with more space it goes on', async ({ skip, onTestFinished }) => {
  const disk = smallDisk('1500k');
  if (disk === undefined) return skip('this user cannot mount a small file system');
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));
  const text = (i: number): string => `${i} `.repeat(150).slice(0, 700);
  const many = file('many.jsonl', Array.from({ length: 4000 }, (_, i) => line(T + i, { name: text(i), visitor: `v${i % 50}` })).join(''));
  expect(fails(await tidemill(['run', many, '--data', disk]), 1, 'TM_ERR_DISK_FULL')).toContain('no space is left');
  expect(await tidemillJson(['locations', 'oirawdata', '--data', disk])).toEqual([]);
  expect(spawnSync('mount', ['-o', 'remount,size=300m', disk]).status).toBe(0);
  expect(await tidemillJson(['run', many, '--data', disk])).toMatchObject([{ failed: [] }]);
  expect(await differences(databaseOf(disk), [many])).toEqual([]);
  expect(await tidemillJson(['verify', '--data', disk])).toMatchObject([{ ok: true }]);
});
