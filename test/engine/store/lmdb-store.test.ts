/* What LmdbStore does beyond its contract: locking, sweeping, and meeting damage. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { open as openLmdb, type Database, type RootDatabase } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { bean } from '#engine/bean.js';
import { descriptionsOf } from '#engine/store/description.js';
import { diskBytes } from '#engine/store/disk-bytes.js';
import { LmdbStore } from '#engine/store/lmdb-store.js';
import { packRecord, unpackRecord } from '#engine/store/record.js';
import { child } from '../../support/child.js';
import { staged } from '../../support/packages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const Word = bean('Word', { word: 'string' });
const failing = (code: string): Error => expect.objectContaining({ code }) as Error;
const write = (folder: string): Promise<LmdbStore> => LmdbStore.open(folder, 'analytics', 'write');

async function addPackage(store: LmdbStore, name: string): Promise<void> {
  await store.commit({ create: [staged(store, `/analytics/loc/2020/01/01/${name}`, '2020-01-01', Word, [[{ word: name }]])] });
}

/** A closed store with `records` records and one package. */
async function filledStore(records = 200): Promise<string> {
  const folder = temporaryFolder();
  const store = await write(folder);
  await addPackage(store, 'a');
  for (let i = 0; i < records; i += 20) {
    await store.commit({
      records: Array.from({ length: 20 }, (_, j) => ({
        kind: 'kind',
        key: `${i + j}`,
        value: { marker: `marker-${i + j}.`, rest: 'x'.repeat(150) },
      })),
    });
  }
  await store.close();
  return folder;
}

function copyOf(folder: string): string {
  const copy = path.join(temporaryFolder(), 'store');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** What a process of its own says of each store: how much is in it, or the code of its error. */
async function readAll(mode: 'read' | 'write', folders: readonly string[]): Promise<string[]> {
  const reader = child('read-stores.mjs', [mode, ...folders]);
  const lines: string[] = [];
  for (const _ of folders) lines.push(await reader.line());
  expect(await reader.ended).toBe(0);
  return lines;
}

describe('one writer', () => {
  test('a second one is refused, in this process and in another; closing frees the store', async () => {
    const folder = temporaryFolder();
    const store = await write(folder);
    await expect(write(folder)).rejects.toThrow(failing('TM_ERR_STORE_LOCKED'));
    expect(await child('hold-store.mjs', [folder]).line()).toBe('TM_ERR_STORE_LOCKED');
    expect(store.packages('loc')).toEqual([]);
    await store.close();
    for (let i = 0; i < 5; i++) await (await write(folder)).close();
  });

  test('a process that is killed leaves no lock, and what it wrote is there', async () => {
    const folder = temporaryFolder();
    const holder = child('hold-store.mjs', [folder]);
    expect(await holder.line()).toBe('open');
    await expect(write(folder)).rejects.toThrow(failing('TM_ERR_STORE_LOCKED'));
    holder.process.kill('SIGKILL');
    expect(await holder.ended).toBe('SIGKILL');
    const store = await write(folder);
    expect(store.record('from', 'holder')).toBe(holder.process.pid);
    await store.close();
  });

  test('the same folder by another name is the same folder', async () => {
    const folder = temporaryFolder();
    const store = await write(folder);
    await expect(write(path.join(folder, '..', path.basename(folder)))).rejects.toThrow(failing('TM_ERR_STORE_LOCKED'));
    await store.close();
  });

  test('a store that could not be opened is not locked', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'data.mdb'));
    await expect(write(folder)).rejects.toThrow(failing('TM_ERR_STORE_UNREADABLE'));
    rmSync(path.join(folder, 'data.mdb'), { recursive: true });
    await (await write(folder)).close();
  });
});

describe('sweeping', () => {
  const put = (...at: string[]): string => {
    const file = path.join(...at);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'x');
    return file;
  };

  /** As a process leaves it that ends while it commits: parts in their places, and the journal's entry. */
  const unfinished = (folder: string, intent: { create?: string[]; remove?: string[] }): void => {
    put(folder, 'scratch/commits/1');
    writeFileSync(path.join(folder, 'scratch/commits/1'), JSON.stringify({ create: [], remove: [], ...intent }));
  };

  test('empties scratch, and sets aside what a commit left that was not finished', async () => {
    const folder = await filledStore(0);
    const scratch = put(folder, 'scratch/job-1/5');
    const left = ['loc/2021/W01/2021/01/04/orphan/part-00000', 'loc/2020/01/01/removed/part-00000'];
    for (const at of left) put(folder, at);
    unfinished(folder, {
      create: ['/analytics/loc/2021/W01/2021/01/04/orphan', '/analytics/loc/2020/01/01/a'],
      remove: ['/analytics/loc/2020/01/01/removed'],
    });
    const store = await write(folder);
    expect([scratch, ...left.map((at) => path.join(folder, at))].filter((file) => existsSync(file))).toEqual([]);
    expect(existsSync(path.join(folder, 'loc/2021'))).toBe(false);
    const [aside] = readdirSync(path.join(folder, 'set-aside'));
    expect(left.map((at) => existsSync(path.join(folder, 'set-aside', aside!, at)))).toEqual([true, true]);
    expect(store.packages('loc').map((p) => store.files(p).map(({ file }) => existsSync(file)))).toEqual([[true]]);
    await store.close();
    // What was set aside goes with the first opening a week later; what a repair has set aside stays.
    const repaired = put(folder, 'set-aside/repaired-1-0/data.mdb');
    const week = 7 * 86_400_000;
    for (const [now, isThere] of [
      [Date.now() + week - 60_000, true],
      [Date.now() + week + 60_000, false],
    ] as const) {
      await (await LmdbStore.open(folder, 'analytics', 'write', now)).close();
      expect([existsSync(path.join(folder, 'set-aside', aside!)), existsSync(repaired)]).toEqual([isThere, true]);
    }
  });

  test('files of no package that no commit left stay, and are told', async () => {
    const folder = await filledStore(0);
    const parts = ['loc/2020/01/01/orphan/part-00000', 'loc/2020/01/01/a/part-00001', 'other/2020/01/orphan/rejects'].map((at) =>
      put(folder, at),
    );
    const others = ['loc/2020/note.txt', 'note.txt'].map((at) => put(folder, at));
    const store = await write(folder);
    const strays = await store.strays(store.packages('loc'));
    expect([strays.parts.toSorted(), strays.others.toSorted()]).toEqual([parts.toSorted(), others.toSorted()]);
    unfinished(folder, { create: ['/analytics/loc/2020/01/01/orphan'] });
    expect((await store.strays(store.packages('loc'))).parts).not.toContain(parts[0]);
    await store.close();
    expect([...parts, ...others].filter((file) => !existsSync(file))).toEqual([]);
  });

  test('a stray file takes no package with it, and what is not ours stays', async () => {
    const folder = await filledStore(0);
    const part = path.join(folder, 'loc/2020/01/01/a/part-00000');
    const strays = [
      'loc/.DS_Store',
      'loc/2020/.DS_Store',
      'loc/2020/01/note.txt',
      'loc/2020/01/01/note.txt',
      'lost+found/x',
      'loc/backup/2020/part-00000',
      'note.txt',
    ].map((at) => put(folder, at));
    await (await write(folder)).close();
    expect([part, ...strays].filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('a store that has lost something', () => {
  /** Change the databases of a closed store, behind its back. */
  async function changed(folder: string, change: (root: RootDatabase<Buffer, string>) => Promise<unknown>): Promise<void> {
    const root = openLmdb<Buffer, string>({ path: folder, noSubdir: false, encoding: 'binary', maxDbs: 8 });
    await change(root);
    await root.close();
  }
  const database = (root: RootDatabase<Buffer, string>, name: string): Database<Buffer, string> =>
    root.openDB<Buffer, string>({ name, encoding: 'binary' });
  const filesOf = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((e) =>
      e.isFile() && !e.name.endsWith('.mdb') && !e.name.startsWith('lock') ? [path.join(e.parentPath, e.name)] : [],
    );

  test.for<[what: string, change: (root: RootDatabase<Buffer, string>) => Promise<unknown>, says: RegExp]>([
    ...['package', 'job', 'record', 'meta'].map((name): [string, (root: RootDatabase<Buffer, string>) => Promise<unknown>, RegExp] => [
      `the database ${name}`,
      (root) => database(root, name).drop(),
      new RegExp(`records of ${name} are missing`),
    ]),
    [
      'the name of a database',
      async (root) => {
        const from = database(root, 'package');
        const to = database(root, 'qackage');
        await root.transaction(() => {
          for (const { key, value } of from.getRange()) void to.put(key, value);
        });
        await from.drop();
      },
      /records of package are missing/,
    ],
    ['all packages', (root) => database(root, 'package').clearAsync(), /it has 0 packages, where it kept 2/],
    ['one package', (root) => database(root, 'package').remove('/analytics/loc/2020/01/01/a'), /it has 1 packages, where it kept 2/],
    ['the count of packages', (root) => database(root, 'meta').remove('packages'), /number of its packages/],
    ['what it is', (root) => database(root, 'meta').remove('about'), /does not say what it is/],
  ])('%s: it is refused, and nothing is removed or made', async ([, change, says]) => {
    const folder = await filledStore(20);
    const store = await write(folder);
    await addPackage(store, 'b');
    await store.close();
    await changed(folder, change);
    mkdirSync(path.join(folder, 'scratch/job-1'), { recursive: true });
    writeFileSync(path.join(folder, 'scratch/job-1/5'), 'x');
    const before = filesOf(folder);
    const content = (): Buffer => readFileSync(path.join(folder, 'data.mdb'));
    const data = content();
    for (const mode of ['read', 'write'] as const) {
      const error = await LmdbStore.open(folder, 'analytics', mode).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'TM_ERR_STORE_INCOMPLETE', message: expect.stringMatching(says) as string });
    }
    expect(filesOf(folder)).toEqual(before);
    // It may have been made longer, for what would be written.
    expect(content().subarray(0, data.length).equals(data)).toBe(true);
  });

  test('parts and no package: it is refused, where no commit left them', async () => {
    const folder = temporaryFolder();
    await (await write(folder)).close();
    const part = path.join(folder, 'loc/2020/01/01/a/part-00000');
    mkdirSync(path.dirname(part), { recursive: true });
    writeFileSync(part, 'x');
    await expect(write(folder)).rejects.toThrow(failing('TM_ERR_STORE_INCOMPLETE'));
    expect(existsSync(part)).toBe(true);
    mkdirSync(path.join(folder, 'scratch/commits'), { recursive: true });
    writeFileSync(path.join(folder, 'scratch/commits/1'), JSON.stringify({ create: ['/analytics/loc/2020/01/01/a'], remove: [] }));
    await (await write(folder)).close();
    expect(existsSync(part)).toBe(false);
  });

  test('a store of the version before is read as it is, and taken over when it is opened for writing', async () => {
    const folder = await filledStore(0);
    const part = path.join(folder, 'loc/2020/01/01/a/part-00000');
    const { parts } = await write(folder).then(async (store) => {
      await store.commit({ records: [{ kind: 'kind', key: 'a/b', value: 1 }] });
      const [p] = store.packages('loc');
      await store.close();
      return p!;
    });
    truncateSync(part, parts[0]!.bytes);
    await changed(folder, async (root) => {
      const meta = database(root, 'meta');
      await meta.put('about', packRecord('about', { version: 1, dataset: 'analytics', createdAt: 5 }));
      await meta.remove('packages');
    });
    expect(await readAll('read', [folder])).toEqual(['1 0 1']);
    const store = await write(folder);
    expect([store.createdAt, store.packages('loc').length]).toEqual([5, 1]);
    expect(descriptionsOf(part, parts[0]!.bytes)).toMatchObject([
      { package: store.packages('loc')[0], records: [{ kind: 'kind', key: 'a/b', value: 1 }] },
    ]);
    await addPackage(store, 'b');
    await store.close();
    await changed(folder, (root) => database(root, 'package').remove('/analytics/loc/2020/01/01/a'));
    await expect(write(folder)).rejects.toThrow('it has 1 packages, where it kept 2');
  });

  test('an end while the store is made leaves what is made again', async () => {
    const folder = temporaryFolder();
    await changed(folder, async (root) => void database(root, 'package'));
    expect(await readAll('read', [folder])).toEqual(['TM_ERR_STORE_UNREADABLE']);
    await (await write(folder)).close();
    expect(await readAll('read', [folder])).toEqual(['0 0 0']);
  });
});

describe('damage', () => {
  test('a flipped bit in a record is found when it is read', async () => {
    const folder = await filledStore();
    const good = readFileSync(path.join(folder, 'data.mdb'));
    const damaged = Array.from({ length: 24 }, (_, i) => {
      const copy = copyOf(folder);
      const bytes = Buffer.from(good);
      // Old pages hold older copies of a record: all of them are flipped.
      const marker = `marker-${i * 8}.`;
      for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) bytes[at + (i % marker.length)]! ^= 1 << (i % 8);
      writeFileSync(path.join(copy, 'data.mdb'), bytes);
      return copy;
    });
    expect(new Set(await readAll('read', damaged))).toEqual(new Set(['TM_ERR_STORE_CORRUPT']));
    expect(await readAll('read', [folder])).toEqual(['1 0 200']);
  });

  test('a record in the place of another is found', () => {
    const record = packRecord('k/a', { n: 1 });
    expect(unpackRecord('k/a', record)).toEqual({ n: 1 });
    for (const [key, bytes] of [
      ['k/b', record],
      ['k/a', record.subarray(0, 3)],
      ['k/a', record.subarray(0, -1)],
      ['k/a', Buffer.alloc(0)],
    ] as const) {
      expect(() => unpackRecord(key, bytes)).toThrow(expect.objectContaining({ code: 'TM_ERR_STORE_CORRUPT', data: { key } }));
    }
  });

  test.for(['read', 'write'] as const)(
    'a data file that was cut short gives an error or what is left, and never ends the process: %s',
    async (mode) => {
      const folder = await filledStore();
      const { size } = statSync(path.join(folder, 'data.mdb'));
      const cuts = [
        1,
        100,
        4095,
        4096,
        8191,
        8192,
        8193,
        12_288,
        ...Array.from({ length: 8 }, (_, i) => Math.floor((size * (i + 1)) / 9)),
        size - 1,
      ];
      const damaged = cuts.map((length) => {
        const copy = copyOf(folder);
        truncateSync(path.join(copy, 'data.mdb'), length);
        return copy;
      });
      const said = await readAll(mode, damaged);
      for (const [i, line] of said.entries())
        expect(line, `cut to ${cuts[i]} of ${size}`).toMatch(/^TM_ERR_STORE_(UNREADABLE|CORRUPT)$|^1 0 200$/);
      expect(said.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'TM_ERR_STORE_UNREADABLE'));
    },
  );

  test('a data file may be shorter than LMDB has reserved', async () => {
    const folder = temporaryFolder();
    const store = await write(folder);
    await addPackage(store, 'a');
    const big = { kind: 'kind', key: 'big', value: 'x'.repeat(500_000) };
    await store.commit({ records: [{ kind: 'kind', key: 'small', value: 1 }, big, { ...big, value: undefined }] });
    await store.close();
    expect(await readAll('read', [folder, folder])).toEqual(['1 0 1', '1 0 1']);
    const copy = copyOf(folder);
    expect(await readAll('write', [copy])).toEqual(['1 0 1']);
  });

  test.for([
    ['is missing', (file: string) => rmSync(file)],
    ['is empty', (file: string) => truncateSync(file, 0)],
  ] as const)('where data.mdb %s, the parts that are left are not swept', async ([, damage]) => {
    const folder = await filledStore(0);
    damage(path.join(folder, 'data.mdb'));
    rmSync(path.join(folder, 'lock.mdb'), { force: true });
    for (const mode of ['read', 'write'] as const)
      await expect(LmdbStore.open(folder, 'analytics', mode)).rejects.toThrow(failing('TM_ERR_STORE_UNREADABLE'));
    expect(existsSync(path.join(folder, 'loc/2020/01/01/a/part-00000'))).toBe(true);
  });

  test.for(['read', 'write'] as const)('what is no store is refused: %s', async (mode) => {
    const base = temporaryFolder();
    const at = (name: string): string => path.join(base, name);
    writeFileSync(at('file'), 'x');
    mkdirSync(at('folder-in-place/data.mdb'), { recursive: true });
    for (const [name, bytes] of [
      ['text', Buffer.from('no database '.repeat(2000))],
      ['zeros', Buffer.alloc(32_768)],
    ] as const) {
      mkdirSync(at(name));
      writeFileSync(path.join(at(name), 'data.mdb'), bytes);
    }
    const cases = ['file', 'folder-in-place', 'text', 'zeros', ...(mode === 'read' ? ['nowhere'] : [])];
    expect(await readAll(mode, cases.map(at))).toEqual(cases.map(() => 'TM_ERR_STORE_UNREADABLE'));
    expect(LmdbStore.exists(at('nowhere'))).toBe(false);
    symlinkSync(at('circle'), at('circle'));
    expect(() => LmdbStore.exists(at('circle'))).toThrow('cannot be used: ELOOP');
  });

  test('a store of another version is refused', async () => {
    const folder = await filledStore(0);
    const root = openLmdb<Buffer, string>({ path: folder, encoding: 'binary', maxDbs: 8, noSubdir: false });
    await root
      .openDB<Buffer, string>({ name: 'meta', encoding: 'binary' })
      .put('about', packRecord('about', { version: 3, dataset: 'analytics', createdAt: 1 }));
    await root.close();
    for (const mode of ['read', 'write'] as const)
      await expect(LmdbStore.open(folder, 'analytics', mode)).rejects.toThrow(failing('TM_ERR_STORE_VERSION'));
  });

  test('a database of something else is refused for reading, and not changed', async () => {
    const folder = temporaryFolder();
    const root = openLmdb({ path: folder, noSubdir: false, maxDbs: 8 });
    await root.put('some', 'thing');
    await root.close();
    expect(await readAll('read', [folder])).toEqual(['TM_ERR_STORE_UNREADABLE']);
  });
});

test('bytes on the disk: a part with two names is counted once', async () => {
  const folder = await filledStore(0);
  const store = await write(folder);
  const [a] = store.packages('loc');
  const before = diskBytes(path.join(folder, 'loc'));
  const linked = { ...a!, path: '/analytics/loc/2020/01/02/b' };
  await store.commit({ create: [{ package: linked, files: [{ name: 'part-00000', from: store.file(a!, a!.parts[0]!), how: 'link' }] }] });
  expect(readdirSync(path.join(folder, 'loc/2020/01'))).toEqual(['01', '02']);
  const once = diskBytes(path.join(folder, 'loc'));
  // Each package adds what the part says of it, and no second part.
  expect(once - before).toBe(before - a!.parts[0]!.bytes);
  await store.close();
});
