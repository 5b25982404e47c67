/* A store that lost records is refused, and `repair` makes them again, so that all is as it was. */
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { beforeAll, describe, expect, test } from 'vitest';
import { packRecord } from '#engine/store/record.js';
import { openForReading } from '#server/dataset.js';
import type { Repaired } from '#engine/store/repair.js';
import { databaseOf, line, processing, trafficBytes, working } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillHere, tidemillJson } from '../support/tidemill.js';
import { differences } from '../oracle/oracle.js';
import { tablesOf } from './tables.js';

const folder = temporaryFolder();
const whole = path.join(folder, 'whole');
const lines = path.join(folder, 'lines.jsonl');
let copies = 0;

beforeAll(async () => {
  writeFileSync(
    lines,
    Buffer.concat([trafficBytes({ impressions: 300, days: 2, start: '2016-02-29', seed: 18 }), Buffer.from(`rejected\n${line(1)}`)]),
  );
  await tidemillJson(['run', lines, '--data', whole]);
});

function copy(): string {
  const data = path.join(folder, `copy-${copies++}`);
  cpSync(whole, data, { recursive: true });
  return data;
}

const storeOf = (data: string): string => path.join(data, 'analytics', 'store');

function filesOf(data: string): string[] {
  return readdirSync(storeOf(data), { recursive: true, withFileTypes: true })
    .flatMap((e) => (e.isFile() && !e.name.startsWith('lock') ? [path.relative(data, path.join(e.parentPath, e.name))] : []))
    .toSorted();
}

async function changed(
  data: string,
  name: string,
  change: (db: ReturnType<RootDatabase<Buffer, string>['openDB']>) => unknown,
): Promise<void> {
  const root = open<Buffer, string>({ path: storeOf(data), noSubdir: false, encoding: 'binary', maxDbs: 8 });
  await change(root.openDB({ name, encoding: 'binary' }));
  await root.close();
}

const repair = async (data: string): Promise<Repaired> => (await tidemillJson(['repair', '--data', data]))[0] as Repaired;
const verified = (data: string): Promise<unknown> => tidemillHere(['verify', '--data', data]);

/** All that a store holds of a flow's packages. */
async function packagesOf(data: string): Promise<unknown> {
  const { store, topology } = await openForReading({ data, name: 'analytics', environment: {} });
  try {
    return [...topology.locations.keys()].map((location) => store.packages(location));
  } finally {
    await store.close();
  }
}

test('the packages are lost: every command is refused and removes nothing; after repair all is as it was', async () => {
  const data = copy();
  await changed(data, 'package', (db) => db.drop());
  const there = filesOf(data);
  for (const args of [['process', '--close'], ['run', lines], ['import', lines], ['verify'], ['locations']]) {
    const { code, stdout, stderr } = await tidemillHere([...args, '--data', data]);
    expect({ code, stdout }, args[0]).toEqual({ code: 1, stdout: '' });
    expect(stderr, args[0]).toMatch(/its records of package are missing \(TM_ERR_STORE_INCOMPLETE\)\n.*tidemill repair/);
  }
  expect(filesOf(data)).toEqual(there);
  const said = await tidemillHere(['repair', '--data', data]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout).toMatch(
    /^The store has \d+ packages.*\nWhat was there before is in .*set-aside.repaired-.*\nNext: tidemill process --close --data/,
  );
  expect(filesOf(data).filter((file) => !file.includes('set-aside') && !file.endsWith('data.mdb'))).toEqual(
    there.filter((file) => !file.endsWith('data.mdb')),
  );
  expect(await packagesOf(data)).toEqual(await packagesOf(whole));
  expect(await verified(data)).toMatchObject({ code: 0 });
  expect(await tidemillJson(['import', lines, '--data', data])).toMatchObject([{ sources: [{ state: 'known' }] }]);
  expect((await working(data, {}, processing)).succeeded).toEqual([]);
  expect(await tablesOf(databaseOf(data))).toEqual(await tablesOf(databaseOf(whole)));
  const raw = (await tidemillJson(['locations', 'oirawdata', '--data', data])) as { path: string }[];
  // The oldest one, with which the lines of no day came.
  expect(await tidemillJson(['inspect', raw.at(-1)!.path, '--rejects', '--data', data])).toHaveLength(2);
});

test('the data file is lost, and what is left is worked on', async () => {
  const data = copy();
  rmSync(path.join(storeOf(data), 'data.mdb'));
  expect(await repair(data)).toMatchObject({ ok: true, again: [], lost: [] });
  expect(await packagesOf(data)).toEqual(await packagesOf(whole));
  expect(await tidemillJson(['import', lines, '--data', data])).toMatchObject([{ sources: [{ state: 'known' }] }]);
  const late = path.join(folder, 'late.jsonl');
  writeFileSync(late, line(Date.parse('2016-02-29T12:00:00Z')));
  await tidemillJson(['run', late, '--data', data]);
  expect(await differences(databaseOf(data), [lines, late])).toEqual([]);
  expect(await verified(data)).toMatchObject({ code: 0 });
});

test('nothing tells of the injections but the ledger of the database: they are made again and change nothing', async () => {
  const data = copy();
  for (const location of readdirSync(storeOf(data)))
    if (location.endsWith('injected')) rmSync(path.join(storeOf(data), location), { recursive: true });
  await changed(data, 'package', (db) => db.drop());
  expect(await repair(data)).toMatchObject({ lost: [] });
  // A job is due for each of them, which is no error.
  expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, stale: 0 }]);
  const { succeeded } = await working(data, {}, processing);
  expect(new Set(succeeded.map((job) => job.processor.replace(/^.*(?=Injection)/, '')))).toEqual(new Set(['Injection']));
  expect(await tablesOf(databaseOf(data))).toEqual(await tablesOf(databaseOf(whole)));
  expect(await verified(data)).toMatchObject({ code: 0 });
});

test('a part of raw data is damaged: it is named, and the rest works', async () => {
  const data = copy();
  const file = filesOf(data).find((at) => at.includes('oirawdata') && at.endsWith('part-00000'))!;
  const bytes = readFileSync(path.join(data, file));
  bytes[40]! ^= 1;
  writeFileSync(path.join(data, file), bytes);
  await changed(data, 'package', (db) => db.drop());
  const { code, stdout, stderr } = await tidemillHere(['repair', '--data', data]);
  expect(code).toBe(1);
  expect(stderr).toContain('(TM_ERR_REPAIR)');
  expect(stdout).toContain(`${path.join(data, file)} does not match its checksum`);
  expect(await packagesOf(data)).toEqual(await packagesOf(whole));
});

test('a dataset that is not there', async () => {
  expect(await tidemillHere(['repair', '--data', path.join(folder, 'nowhere')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('TM_ERR_DATASET_UNKNOWN') as string,
  });
});

describe('verify', () => {
  const says = async (data: string): Promise<string> => {
    const { code, stderr } = await tidemillHere(['verify', '--data', data]);
    expect(code).toBe(1);
    return stderr;
  };

  test('a part without a package', async () => {
    const data = copy();
    const folders = filesOf(data).filter((at) => at.includes('sesdata'));
    const lone = path.join(data, path.dirname(path.dirname(folders[0]!)), 'lone');
    cpSync(path.join(data, path.dirname(folders[0]!)), lone, { recursive: true });
    expect(await says(data)).toContain(`${path.join(lone, 'part-00000')}: it lies as a part of a package, but is of none`);
  });

  test('what is none of ours is told, and no error', async () => {
    const data = copy();
    const note = path.join(storeOf(data), 'oirawdata', '2016', 'note.txt');
    writeFileSync(note, 'x');
    expect(await tidemillJson(['verify', '--data', data])).toMatchObject([{ ok: true, unknown: [note] }]);
  });

  test('a ledger row without a package, and packages without any', async () => {
    const data = copy();
    await changed(data, 'package', async (db) => {
      for (const key of Array.from(db.getKeys())) await db.remove(key);
    });
    await changed(data, 'meta', (db) => db.put('packages', packRecord('packages', 0)));
    for (const location of readdirSync(storeOf(data)))
      if (/^(oi|ses|vis)/.test(location)) rmSync(path.join(storeOf(data), location), { recursive: true });
    expect(await says(data)).toMatch(/\/\w+injected\/.*: the database has the sums of \w+Injection .*, but the store has no such package/);
  });

  test('a bit of what a part says of its package', async () => {
    const data = copy();
    const file = filesOf(data).find((at) => at.includes('sesprocessed') && at.endsWith('part-00000'))!;
    const bytes = readFileSync(path.join(data, file));
    bytes[bytes.length - 20]! ^= 4;
    writeFileSync(path.join(data, file), bytes);
    expect(await says(data)).toContain(`${path.join(data, file)} does not match its checksum`);
  });
});
