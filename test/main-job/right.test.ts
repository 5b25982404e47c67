/* The main job against the SQL oracle: every table, row by row. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { awkwardBytes, databaseOf, linesOf, mainJob, NOW, trafficBytes, withTimes, type Setup } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';
import { differences, oracle, type OracleOptions, type Tally } from '../oracle/oracle.js';
import type { Filter } from '../oracle/log-lines.js';
import type { ImportReport } from '#server/acquisition/import-files.js';

const folder = temporaryFolder();

function file(name: string, bytes: Uint8Array): string {
  const at = path.join(folder, name);
  writeFileSync(at, bytes);
  return at;
}

/** An import's counts in the form of the oracle's. */
function tallyOf({ counters }: Pick<ImportReport, 'counters'>): Tally {
  const by = (kind: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(counters).flatMap(([key, n]) => (key.startsWith(`${kind}:`) ? [[key.slice(kind.length + 1), n]] : [])),
    );
  const { read = 0, accepted = 0, duplicate = 0 } = counters;
  return { read, accepted, duplicate, rejected: by('rejected'), filtered: by('filtered') };
}

/** Run the main job, and compare counts and tables with the oracle's. */
async function check(files: readonly string[], setup: Parameters<typeof mainJob>[1], options: OracleOptions): Promise<Tally> {
  const { data, report } = await mainJob(files, setup);
  const expected = await oracle(files, { now: NOW, ...options });
  try {
    expect(await expected.differences(databaseOf(data))).toEqual([]);
    expect(tallyOf(report)).toEqual(expected.tally);
    return expected.tally;
  } finally {
    expected.close();
  }
}

describe('generated traffic, over the ends of a month and of an ISO week', () => {
  test('by the command line', async () => {
    const data = path.join(folder, 'by-command-line');
    const lines = file('traffic.jsonl', trafficBytes({ impressions: 8000, days: 4, start: '2016-02-27', seed: 7 }));
    const [summary] = await tidemillJson(['run', lines, '--data', data, '--workers', '2']);
    expect(summary).toMatchObject({ import: { counters: { read: 8000, accepted: 8000 } }, failed: [] });
    expect(await differences(databaseOf(data), [lines])).toEqual([]);
    expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
  });

  test.for<Setup & { start: string; zone: string }>([
    { zone: 'America/New_York', start: '2016-03-12', workers: 1 },
    { zone: 'Australia/Lord_Howe', start: '2016-04-01', workers: 2 },
  ])('in $zone, over a change of the clocks, with $workers workers', async ({ start, ...setup }) => {
    const lines = file(`${start}.jsonl.gz`, gzipSync(trafficBytes({ impressions: 5000, days: 3, start, seed: 8 })));
    await check([lines], setup, { zone: setup.zone });
  });

  test('of sites with hosts of their own, with another timeout', async () => {
    const bytes = trafficBytes({ impressions: 3000, days: 2, seed: 9 });
    const hosts = { shop: ['WWW.Google.com', 'shop.example'], blog: ['www.bing.com'], constructor: ['www.google.com'] };
    const lines = file('hosts.jsonl', bytes);
    const sites = Object.fromEntries(Object.entries(hosts).map(([site, own]) => [site, { hosts: own }]));
    await check([lines], { settings: { sites, session: { timeoutMinutes: 5 } } }, { hosts, timeoutMinutes: 5 });
  });
});

describe('awkward lines', () => {
  let lines: Buffer;
  beforeAll(() => {
    lines = awkwardBytes(10_000, 3);
  });

  test.for<{ zone: string; workers: number; windows: readonly (readonly [string, string])[] }>([
    {
      zone: 'UTC',
      workers: 2,
      windows: [
        ['1990-01-01', '1990-01-02'],
        ['2015-12-30', '2016-01-05'],
        ['2016-02-28', '2016-03-03'],
      ],
    },
    {
      zone: 'America/New_York',
      workers: 1,
      windows: [
        ['2016-03-12', '2016-03-15'],
        ['2016-11-05', '2016-11-08'],
        ['2020-12-31', '2021-01-02'],
      ],
    },
    {
      zone: 'Australia/Lord_Howe',
      workers: 2,
      windows: [
        ['1990-01-01', '1990-01-02'],
        ['2016-04-02', '2016-04-05'],
        ['2016-10-01', '2016-10-03'],
      ],
    },
  ])('in $zone', async ({ zone, workers, windows }) => {
    const at = file(`awkward-${path.basename(zone)}.jsonl`, withTimes(lines, windows));
    const sites = { shop: { hosts: ['shop.example', 'www.shop.example'] }, blog: { hosts: ['example.com'] } };
    const hosts = Object.fromEntries(Object.entries(sites).map(([site, s]) => [site, s.hosts]));
    // Small chunks: every one begins and ends in the middle of a line.
    const tally = await check([at], { zone, workers, settings: { sites }, import: { chunkBytes: 100_003 } }, { zone, hosts });
    expect(tally.duplicate).toBeGreaterThan(0);
    expect(Object.keys(tally.rejected).length).toBeGreaterThan(20);
  });
});

describe('logs', () => {
  const bytes = trafficBytes({ impressions: 2000, days: 2, seed: 11, format: 'combined' });

  test.for<{ keep: Filter[] }>([
    { keep: ['bot'] },
    { keep: ['method', 'status', 'static', 'bot'] },
    { keep: ['static', 'bot'] },
    { keep: ['bot', 'status'] },
  ])('combined, keeping $keep', async ({ keep }) => {
    const lines = file(`keep-${keep.join('-')}.log`, bytes);
    const tally = await check([lines], { import: { site: 'shop', keep } }, { format: 'log', site: 'shop', keep });
    expect(tally.accepted).toBeGreaterThan(0);
  });

  test('common and vhost_combined, which name themselves', async () => {
    const hosts = ['a.example:443', 'b.example'];
    const lines = linesOf(bytes).slice(0, 1000);
    const vhost = file('vhost.log', Buffer.concat(lines.map((l, i) => Buffer.concat([Buffer.from(`${hosts[i % 2]} `), l]))));
    const common = file('common.log', Buffer.from(lines.map((l) => l.toString().replace(/ "[^"]*" "[^"]*"\n$/, '\n')).join('')));
    await check([vhost], { import: { keep: ['bot'] } }, { format: 'vhost', keep: ['bot'] });
    await check([common], { import: { keep: ['bot'] } }, { format: 'log', keep: ['bot'] });
  });
});
