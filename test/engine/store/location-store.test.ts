/* The contract of LocationStore, for every implementation. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { beansOf } from '#engine/bean-batch.js';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { readPart } from '#engine/task/part-file.js';
import type { Job } from '#engine/job.js';
import type { LocationStore } from '#engine/store/location-store.js';
import type { WorkPackage } from '#engine/work-package.js';
import { child } from '../../support/child.js';
import { staged } from '../../support/packages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const Word = bean('Word', { word: 'string' });

const implementations = [
  {
    name: 'LmdbStore',
    open: (folder: string, mode: 'read' | 'write'): Promise<LocationStore> => LmdbStore.open(folder, 'analytics', mode, 77),
  },
];

const job = (id: string, change: Partial<Job> = {}): Job => ({
  id,
  processor: 'P',
  period: { granularity: 'day', first: 0 },
  inputs: [],
  output: '/analytics/loc/x',
  state: 'running',
  attempt: 1,
  createdAt: 1,
  progress: { done: 0, total: 0 },
  counters: {},
  ...change,
});

describe.for(implementations)('$name', ({ open }) => {
  let folder: string;
  let store: LocationStore;

  beforeEach(async () => {
    folder = temporaryFolder();
    store = await open(folder, 'write');
    return () => store.close();
  });

  const reopen = async (): Promise<void> => {
    await store.close();
    store = await open(folder, 'write');
  };
  const raw = (name: string, words: readonly string[] = [name]) =>
    staged(store, `/analytics/loc/2020/01/01/${name}`, '2020-01-01', Word, [words.map((word) => ({ word }))]);
  const paths = (location = 'loc'): string[] => store.packages(location).map((p) => p.path);
  const wordsOf = (p: WorkPackage): unknown[] =>
    store.files(p).flatMap((f) => [...readPart(f)].flatMap((b) => [...beansOf(Word, b)].map((w) => w['word'])));

  test('a new store is empty, and knows its name and age for good', async () => {
    expect([paths(), store.jobs(), store.records('kind'), store.package('/x'), store.job('x'), store.record('kind', 'x')]).toEqual([
      [],
      [],
      [],
      undefined,
      undefined,
      undefined,
    ]);
    expect([store.dataset, store.createdAt]).toEqual(['analytics', 77]);
    await store.close();
    store = await LmdbStore.open(folder, 'another', 'write', 99);
    expect([store.dataset, store.createdAt]).toEqual(['analytics', 77]);
  });

  describe('commit', () => {
    test('moves the files and makes the package visible, for good', async () => {
      const a = raw('a', ['x', 'ü']);
      expect(paths()).toEqual([]);
      expect(await store.commit({ create: [a] })).toBe(true);
      for (let i = 0; i < 2; i++) {
        expect(store.package(a.package.path)).toEqual(a.package);
        expect(store.packages('loc')).toEqual([a.package]);
        expect(wordsOf(a.package)).toEqual(['x', 'ü']);
        await reopen();
      }
      expect(existsSync(a.files[0]!.from)).toBe(false);
      expect(store.file(a.package, a.package.parts[0]!)).toBe(path.join(folder, 'loc/2020/01/01/a/part-00000'));
    });

    test('a package without a part leaves nothing but what tells of it', async () => {
      const { package: p } = raw('a');
      await store.commit({ create: [{ package: { ...p, parts: [], report: { rows: 3 } }, files: [] }] });
      expect(store.package(p.path)?.report).toEqual({ rows: 3 });
      expect(readdirSync(path.join(folder, 'loc/2020/01/01/a'))).toEqual(['package']);
      await store.commit({ remove: [p.path] });
      expect(existsSync(path.join(folder, 'loc/2020/01/01/a'))).toBe(false);
    });

    test('packages are in the order of their paths, each in its location', async () => {
      for (const name of ['b', 'a-2', 'a', 'a-10', 'B']) await store.commit({ create: [raw(name)] });
      const other = staged(store, '/analytics/loc2/2020/01/01/a', '2020-01-01', Word, [[{ word: 'w' }]]);
      await store.commit({ create: [other] });
      expect(paths()).toEqual(['B', 'a', 'a-10', 'a-2', 'b'].map((n) => `/analytics/loc/2020/01/01/${n}`));
      expect(paths('loc2')).toEqual([other.package.path]);
      expect(paths('lo')).toEqual([]);
    });

    test('all of a change is seen at once, and a package never without its files', async () => {
      const [a, b] = [raw('a'), raw('b')];
      await store.commit({ create: [a], records: [{ kind: 'k', key: 'x', value: 1 }] });
      const progress = { settled: false };
      const commit = store
        .commit({
          create: [b],
          remove: [a.package.path],
          jobs: [job('j')],
          records: [
            { kind: 'k', key: 'x', value: 2 },
            { kind: 'k', key: 'y', value: 2 },
          ],
        })
        .finally(() => (progress.settled = true));
      const states = new Set<string>();
      while (!progress.settled) {
        const seen = [paths().map((p) => p.at(-1)), store.jobs().length, store.record('k', 'x'), store.records('k').length];
        states.add(JSON.stringify(seen));
        if (store.package(b.package.path) !== undefined) expect(wordsOf(b.package)).toEqual(['b']);
        await setImmediate();
      }
      await commit;
      const before = JSON.stringify([['a'], 0, 1, 1]);
      const after = JSON.stringify([['b'], 1, 2, 2]);
      expect([...states].filter((s) => s !== before && s !== after)).toEqual([]);
      expect(JSON.stringify([paths().map((p) => p.at(-1)), store.jobs().length, store.record('k', 'x'), store.records('k').length])).toBe(
        after,
      );
    });

    test('a reader in another process sees whole commits only', async () => {
      const commit = (i: number) => {
        const next = raw(`p${i}`);
        return store.commit({
          create: [next],
          remove: i === 0 ? [] : [`/analytics/loc/2020/01/01/p${i - 1}`],
          records: [{ kind: 'state', key: 'current', value: next.package.path }],
        });
      };
      await commit(0);
      const reader = child('watch-store.mjs', [folder]);
      expect(await reader.line()).toBe('ready');
      const said: string[] = [];
      const enough = reader.line().then((line) => said.push(line));
      for (let i = 1; said.length === 0; i++) await commit(i);
      await enough;
      expect(said).toEqual(['enough']);
      await store.commit({ records: [{ kind: 'state', key: 'current', value: 'end' }] });
      expect(await reader.ended).toBe(0);
    });

    test('remove takes the package and its files; what was linked from it stays', async () => {
      const a = raw('a', ['shared']);
      await store.commit({ create: [a] });
      const b = raw('b').package;
      const linked = { ...b, parts: a.package.parts };
      await store.commit({
        create: [{ package: linked, files: [{ name: 'part-00000', from: store.file(a.package, a.package.parts[0]!), how: 'link' }] }],
      });
      expect(statSync(store.file(a.package, a.package.parts[0]!)).ino).toBe(statSync(store.file(linked, linked.parts[0]!)).ino);
      await store.commit({ remove: [a.package.path, '/analytics/loc/2020/01/01/unknown'] });
      expect(paths()).toEqual([b.path]);
      expect(wordsOf(linked)).toEqual(['shared']);
      expect(readdirSync(path.join(folder, 'loc/2020/01/01'))).toEqual(['b']);
    });

    test('is done also where the files of what it removes cannot be', async () => {
      const old = staged(store, '/analytics/loc/2020/01/02/old', '2020-01-02', Word, [[{ word: 'old' }]]);
      await store.commit({ create: [old] });
      // What is below a file is not there, and no such file either.
      const day = path.join(folder, 'loc/2020/01/02');
      rmSync(day, { recursive: true });
      writeFileSync(day, '');
      const made = raw('made');
      expect(await store.commit({ create: [made], remove: [old.package.path] })).toBe(true);
      expect(paths()).toEqual([made.package.path]);
    });

    test('a package that is made again takes the place of the old one', async () => {
      await store.commit({ create: [raw('a', ['old'])] });
      const again = raw('a', ['new']);
      await store.commit({ create: [again], remove: [again.package.path] });
      expect(store.packages('loc')).toEqual([again.package]);
      expect(wordsOf(again.package)).toEqual(['new']);
    });

    test("many at once do not get in each other's way", async () => {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => store.commit({ create: [raw(`p${i}`)], records: [{ kind: 'k', key: `${i}`, value: i }] })),
      );
      expect(paths()).toHaveLength(40);
      expect(store.packages('loc').map((p) => wordsOf(p)[0])).toEqual(paths().map((p) => p.split('/').at(-1)));
      expect(store.records('k')).toHaveLength(40);
    });

    test.for<[why: string, stored: Job | undefined]>([
      ['there is no such job', undefined],
      ['there is a newer attempt', job('j', { attempt: 2 })],
      ['it has ended', job('j', { state: 'cancelled' })],
    ])('onlyFor: refused where %s, and nothing is done', async ([, stored]) => {
      const kept = raw('kept');
      await store.commit({ create: [kept], jobs: stored === undefined ? [] : [stored] });
      const a = raw('a');
      const change = {
        create: [a],
        remove: [kept.package.path],
        jobs: [job('j', { state: 'succeeded' })],
        records: [{ kind: 'k', key: 'x', value: 1 }],
      };
      expect(await store.commit({ ...change, onlyFor: [{ id: 'j', attempt: 1 }] })).toBe(false);
      expect([paths(), store.job('j'), store.record('k', 'x')]).toEqual([[kept.package.path], stored, undefined]);
      expect(wordsOf(kept.package)).toEqual(['kept']);
      expect(existsSync(a.files[0]!.from)).toBe(true);
    });

    test('onlyFor: an attempt that was given up does not touch the files of its successor', async () => {
      const newer = raw('a', ['of attempt 2']);
      await store.commit({ create: [newer], jobs: [job('j', { attempt: 2 })] });
      expect(await store.commit({ create: [raw('a', ['of attempt 1'])], onlyFor: [{ id: 'j', attempt: 1 }] })).toBe(false);
      expect(wordsOf(newer.package)).toEqual(['of attempt 2']);
      expect(await store.commit({ create: [raw('a', ['again'])], onlyFor: [{ id: 'j', attempt: 2 }] })).toBe(true);
    });

    test('onlyFor: refused too where the next attempt begins while the files move', async () => {
      await store.commit({ jobs: [job('j')] });
      const next = store.commit({ jobs: [job('j', { attempt: 2 })] });
      expect(await store.commit({ create: [raw('a')], jobs: [job('j', { state: 'succeeded' })], onlyFor: [{ id: 'j', attempt: 1 }] })).toBe(
        false,
      );
      expect(await next).toBe(true);
      expect([paths(), store.job('j')]).toEqual([[], job('j', { attempt: 2 })]);
    });

    test.for<[what: string, kind: string, key: string, value: unknown]>([
      [
        'a value',
        'k',
        'bad',
        {
          get x() {
            throw new Error('unreadable');
          },
        },
      ],
      ['a key', 'k', 'x'.repeat(3000), 1],
    ])('%s that cannot be stored: nothing of the change is done', async ([, kind, key, value]) => {
      const kept = raw('kept');
      await store.commit({ create: [kept] });
      const change = {
        create: [raw('a')],
        remove: [kept.package.path],
        jobs: [job('j')],
        records: [
          { kind: 'k', key: 'good', value: 1 },
          { kind, key, value },
        ],
      };
      await expect(store.commit(change)).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^TM_ERR_/) as string }));
      expect([paths(), store.jobs(), store.records('k')]).toEqual([[kept.package.path], [], []]);
      expect(wordsOf(kept.package)).toEqual(['kept']);
      await reopen();
      expect(paths()).toEqual([kept.package.path]);
      expect(existsSync(path.join(folder, 'loc/2020/01/01/a'))).toBe(false);
    });

    test('a staged file that is missing: the package does not appear', async () => {
      const a = raw('a');
      const missing = {
        ...a,
        files: [...a.files, { name: 'part-00001', from: path.join(folder, 'scratch/nowhere'), how: 'move' as const }],
      };
      await expect(store.commit({ create: [missing] })).rejects.toThrow(expect.objectContaining({ code: 'TM_ERR_STORE_UNREADABLE' }));
      await reopen();
      expect(paths()).toEqual([]);
      expect(existsSync(path.join(folder, 'loc/2020/01/01/a'))).toBe(false);
    });
  });

  test('jobs are kept by id, in the order of their ids', async () => {
    for (const id of ['job_1_000002', 'job_1_000001', 'job_1_000010']) await store.commit({ jobs: [job(id)] });
    await store.commit({ jobs: [job('job_1_000001', { state: 'succeeded', counters: { records_in: 5 } })] });
    await reopen();
    expect(store.jobs().map((j) => [j.id, j.state])).toEqual([
      ['job_1_000001', 'succeeded'],
      ['job_1_000002', 'running'],
      ['job_1_000010', 'running'],
    ]);
    expect(store.job('job_1_000001')).toEqual(job('job_1_000001', { state: 'succeeded', counters: { records_in: 5 } }));
  });

  test('records are kept by kind and key; undefined deletes', async () => {
    const values = [null, 0, -1.5, '', 'ü', [1, [2]], { a: { b: undefined } }, Uint8Array.of(1, 2), 2 ** 53 - 1];
    await store.commit({ records: values.map((value, i) => ({ kind: 'k', key: `${i}`, value })) });
    await store.commit({ records: [{ kind: 'kk', key: '0', value: 'of another kind' }] });
    await reopen();
    expect(store.records('k')).toEqual(
      values.map((value, i) => ({ key: `${i}`, value: value instanceof Uint8Array ? Buffer.from(value) : value })),
    );
    await store.commit({
      records: [
        { kind: 'k', key: '0', value: undefined },
        { kind: 'k', key: 'unknown', value: undefined },
      ],
    });
    expect(store.record('k', '0')).toBeUndefined();
    expect(store.records('k')).toHaveLength(values.length - 1);
    expect(store.records('kk')).toEqual([{ key: '0', value: 'of another kind' }]);
  });

  test('a sequence never repeats, whoever asks and whenever', async () => {
    const first = await Promise.all(Array.from({ length: 50 }, () => store.next('job')));
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(await store.next('other')).toBe(1);
    await reopen();
    expect([await store.next('job'), await store.next('job'), await store.next('other')]).toEqual([51, 52, 2]);
  });

  test('a scratch folder is empty when it is asked for, and gone when it is dropped', async () => {
    const at = store.scratch('job-1');
    expect(readdirSync(at)).toEqual([]);
    raw('a');
    await store.dropScratch('job-1');
    await store.dropScratch('never-was');
    expect(existsSync(at)).toBe(false);
    const again = store.scratch('-analytics-loc-2020-01-01-a');
    expect(readdirSync(again)).toEqual([]);
  });

  test('reading: any number at the same time, and nothing is made or swept', async () => {
    await store.commit({ create: [raw('a')] });
    raw('staged');
    const readers = await Promise.all([open(folder, 'read'), open(folder, 'read')]);
    await store.commit({ create: [raw('b')] });
    // What is read belongs to one turn of the event loop.
    await setImmediate();
    for (const reader of readers) {
      expect(reader.packages('loc').map((p) => p.path)).toEqual(paths());
      await reader.close();
    }
    expect(readFileSync(path.join(folder, 'scratch/-analytics-loc-2020-01-01-staged/part-00000')).length).toBeGreaterThan(0);
  });
});
