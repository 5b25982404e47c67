/* A store's records are made again from its parts, and nothing is removed. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { open as openLmdb } from 'lmdb';
import { beforeEach, describe, expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { Topology } from '#engine/processor.js';
import { withoutBeans, type WorkPackage } from '#engine/work-package.js';
import { findDescriptions } from '#engine/store/description.js';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { repairStore, type Repaired } from '#engine/store/repair.js';
import { staged, type Staged } from '../../support/packages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const Word = bean('Word', { word: 'string' });
const holds = [Word];
const topology = new Topology({
  locations: [
    { name: 'raw', layout: 'daily', holds },
    { name: 'made', layout: 'daily', holds },
  ],
  processors: [{ name: 'Copy', kind: 'link', input: 'raw', output: 'made', covers: 'day' }],
});
const NAMES = ['package', 'job', 'record', 'meta'];

let folder: string;
let store: LmdbStore;

beforeEach(async () => {
  folder = temporaryFolder();
  store = await LmdbStore.open(folder, 'analytics', 'write', 77);
  return () => store.close();
});

function raw(name: string, day = '2020-01-01', words: readonly string[] = [name]): Staged {
  const s = staged(
    store,
    `/analytics/raw/${day.replaceAll('-', '/')}/${name}`,
    day,
    Word,
    words.map((word) => [{ word }]),
  );
  return { ...s, package: { ...s.package, counters: { read: words.length } } };
}

/** What the job `Copy` makes of a package. */
function copied(p: WorkPackage, name: string, createdAt = 2): Staged {
  const made = { ...p, path: p.path.replace(/raw(.*)\/.*/, `made$1/${name}`), location: 'made', processor: 'Copy', job: `job_${name}` };
  return {
    package: { ...made, inputs: [p.path], createdAt },
    files: p.parts.map((part) => ({ name: part.name, from: store.file(p, part), how: 'link' })),
  };
}

async function drop(names: readonly string[]): Promise<void> {
  const root = openLmdb<Buffer, string>({ path: folder, noSubdir: false, encoding: 'binary', maxDbs: 8 });
  for (const name of names) await root.openDB<Buffer, string>({ name, encoding: 'binary' }).drop();
  await root.close();
}

/** Everything that a store holds. */
const contentOf = (s: LmdbStore): unknown => ({
  raw: s.packages('raw'),
  made: s.packages('made'),
  jobs: s.jobs(),
  records: s.records('source'),
});

/** Close, damage, repair and open again. */
async function repaired(damage: () => unknown): Promise<Repaired> {
  await store.close();
  await damage();
  const result = await repairStore(folder, 'analytics', topology, 1000, () => undefined);
  store = await LmdbStore.open(folder, 'analytics', 'write', 99);
  return result;
}

describe('records', () => {
  const job = { processor: 'Copy', period: { granularity: 'day', first: 0 }, output: '', state: 'succeeded', attempt: 1 } as const;
  const jobOf = (id: string) => ({ ...job, id, inputs: [], createdAt: 1, progress: { done: 1, total: 1 }, counters: {} });

  /** Packages with several parts, with none, purged, and linked, each with what was committed with it. */
  async function fill(): Promise<unknown> {
    for (let i = 0; i < 3; i++) await store.next('import');
    const [a, b, c] = [raw('a', '2020-01-01', ['x', 'y', 'z']), raw('b', '2020-01-02'), raw('c', '2020-01-03')];
    await store.commit({ create: [a, b], records: [{ kind: 'source', key: 'ab', value: { digest: 'd1' } }] });
    await store.commit({
      create: [c],
      records: [
        { kind: 'source', key: 'ab', value: undefined },
        { kind: 'source', key: 'c', value: [2] },
      ],
    });
    await store.commit({ create: [copied(a.package, 'one')], jobs: [jobOf('job_one')] });
    const report = { ...copied(b.package, 'two').package, parts: [], beans: {}, report: { rows: 3 } };
    await store.commit({ create: [{ package: report, files: [] }] });
    await store.commit({ create: [{ package: withoutBeans(c.package), files: [] }] });
    await store.next('import');
    await store.commit({ create: [copied(a.package, 'late', 3)], remove: [copied(a.package, 'one').package.path] });
    return contentOf(store);
  }

  test.for([['package'], ['job'], ['record'], ['meta'], ['package', 'record', 'meta'], NAMES])('lost: %s', async (names) => {
    const before = (await fill()) as { jobs: unknown[] };
    const { packages, fromParts, again, lost, others } = await repaired(() => drop(names));
    expect({ packages, fromParts, again, lost, others }).toEqual({
      packages: 5,
      fromParts: names.includes('package') ? 5 : 0,
      again: [],
      lost: [],
      others: [],
    });
    // The job of a package that was superseded went with its parts.
    expect(contentOf(store)).toEqual(names.includes('job') ? { ...before, jobs: [] } : before);
    expect(await store.next('import')).toBe(5);
  });

  test('lost with the whole data file; the ones that are left are set aside, and nothing is removed', async () => {
    const before = await fill();
    const files = (): string[] =>
      (readdirSync(folder, { recursive: true }) as string[]).filter((at) => at.startsWith('raw') || at.startsWith('made'));
    const there = files();
    const { setAside } = await repaired(() => rmSync(path.join(folder, 'data.mdb')));
    expect(contentOf(store)).toMatchObject({ ...(before as object), jobs: [] });
    expect(files()).toEqual(there);
    const again = await repaired(() => writeFileSync(path.join(folder, 'data.mdb'), Buffer.alloc(20_000, 'no database')));
    expect(again.setAside).not.toBe(setAside);
    expect(readFileSync(path.join(again.setAside, 'data.mdb'), 'utf8')).toMatch(/^no database/);
    expect(contentOf(store)).toMatchObject({ ...(before as object), jobs: [] });
  });

  test('one record that does not match its checksum bars nothing any more', async () => {
    const before = await fill();
    const { forgotten, fromParts } = await repaired(() => {
      const file = path.join(folder, 'data.mdb');
      const bytes = readFileSync(file);
      for (const text of ['job_one', '/analytics/raw/2020/01/03/c']) {
        const marker = Buffer.from(text);
        for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) {
          // Behind the key in the record; the name of the job is in its record once more.
          if (bytes.readUInt32LE(at + marker.length) !== 0) bytes[at + marker.length + 8]! ^= 1;
        }
      }
      writeFileSync(file, bytes);
    });
    expect(fromParts).toBe(1);
    expect(forgotten).toEqual([expect.stringMatching(/^the job job_one/)]);
    expect(contentOf(store)).toEqual({ ...(before as object), jobs: [] });
  });
});

describe('parts', () => {
  const flip = (file: string): void => {
    const bytes = readFileSync(file);
    bytes[30]! ^= 1;
    writeFileSync(file, bytes);
  };

  test('of raw data that are damaged or gone are named, and stay', async () => {
    const [a, b] = [raw('a', '2020-01-01', ['x', 'y', 'z']), raw('b', '2020-01-02', ['x', 'y'])];
    await store.commit({ create: [a, b] });
    const [first, gone] = [store.file(a.package, a.package.parts[0]!), store.file(b.package, b.package.parts[1]!)];
    const { lost } = await repaired(async () => {
      flip(first);
      rmSync(gone);
      await drop(['package']);
    });
    expect(lost).toEqual([`of ${a.package.path}: ${first} does not match its checksum`, `of ${b.package.path}: ${gone} is not there`]);
    expect(store.packages('raw')).toEqual([a.package, b.package]);
    expect(existsSync(first)).toBe(true);
  });

  test('that a job can make again are set aside', async () => {
    const a = raw('a');
    await store.commit({ create: [a] });
    const made = copied(a.package, 'one');
    await store.commit({ create: [made] });
    const file = store.file(made.package, made.package.parts[0]!);
    const { again, lost, setAside } = await repaired(async () => {
      // No link any more: the damage is its own.
      cpSync(file, `${file}-copy`);
      rmSync(file);
      cpSync(`${file}-copy`, file);
      rmSync(`${file}-copy`);
      flip(file);
      await drop(['package']);
    });
    expect({ again, lost }).toEqual({
      again: [{ path: made.package.path, why: `${file} does not match its checksum` }],
      lost: [],
    });
    expect([store.packages('made'), existsSync(path.join(setAside, path.relative(folder, file)))]).toEqual([[], true]);
  });

  test('that two jobs made for the same work: the newest holds', async () => {
    const a = raw('a');
    await store.commit({ create: [a] });
    const [old, now] = [copied(a.package, 'old', 5), copied(a.package, 'now', 6)];
    for (const p of [now, old]) await store.commit({ create: [p] });
    const { again } = await repaired(() => drop(['package']));
    expect(again.map((p) => p.path)).toEqual([old.package.path]);
    expect(store.packages('made')).toEqual([now.package]);
  });

  test.for([
    [true, 'all of it is there'],
    [false, 'not all of it is there'],
  ] as const)('of a commit that was not finished hold where %s (%s)', async ([isWhole]) => {
    const [a, b] = [raw('a'), raw('b', '2020-01-02')];
    await store.commit({ create: [a, b] });
    const { again } = await repaired(async () => {
      await drop(['package']);
      const journal = path.join(folder, 'scratch/commits');
      const create = [a.package.path, isWhole ? b.package.path : '/analytics/raw/2020/01/03/c'];
      writeFileSync(path.join(journal, '1'), JSON.stringify({ create, remove: [] }));
    });
    expect(again.map((p) => p.path)).toEqual(isWhole ? [] : [a.package.path]);
    expect(store.packages('raw')).toEqual(isWhole ? [a.package, b.package] : [b.package]);
  });

  test('that say nothing are told: of raw data as lost, of others as made again; strange files stay', async () => {
    await store.commit({ create: [raw('a')] });
    const [lone, orphan] = ['raw/2020/01/05/x/part-00000', 'made/2020/01/05/y/part-00000'].map((at) => path.join(folder, at));
    const note = path.join(folder, 'raw/2020/note.txt');
    const { again, lost, others, setAside } = await repaired(() => {
      for (const file of [lone!, orphan!, note]) {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, 'x');
      }
    });
    expect(lost).toEqual(['/analytics/raw/2020/01/05/x: its parts (part-00000) do not say what they are of']);
    expect(again).toEqual([{ path: '/analytics/made/2020/01/05/y', why: 'its parts do not say what they are of' }]);
    expect(others).toEqual([note]);
    expect([existsSync(note), existsSync(path.join(setAside, path.relative(folder, lone!)))]).toEqual([true, true]);
  });

  test('tell of themselves behind damage, and a description that was cut off is written again', async () => {
    const a = raw('a', '2020-01-01', ['x'.repeat(5000)]);
    await store.commit({ create: [a] });
    const [part] = a.package.parts;
    const file = store.file(a.package, part!);
    const whole = readFileSync(file);
    for (const at of [0, 3, 5, 1000]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x40;
      expect(findDescriptions(bytes).descriptions.map((d) => d.package)).toEqual([a.package]);
    }
    writeFileSync(file, whole.subarray(0, -10));
    const made = copied(a.package, 'one');
    await store.commit({ create: [made] });
    const { descriptions, from } = findDescriptions(readFileSync(file));
    expect([from, descriptions.map((d) => d.package.path)]).toEqual([part!.bytes, [made.package.path]]);
  });
});
