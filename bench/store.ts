/**
 * Question:  How fast are packages committed to the store and found again, against a folder with a JSON file for each?
 * Workload:  300 packages of one part each, one commit a package, each safe on the disk before the next. Folder: the part is moved to
 *            its place, the metadata written to a temporary file, synchronised and renamed. Then all packages are listed and each is
 *            read. Either must give back the same metadata and the same parts. Writing the parts is not measured.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B A B.
 * Command:   npm run bench -- --only store
 */
import { deepStrictEqual } from 'node:assert';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { LmdbStore } from '../engine/store/lmdb-store.js';
import { parseDay, rawPath, type WorkPackage } from '../engine/index.js';
import { formatCount, formatRate } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { inTurns, roundsText, timed, type Contestant, type Timed } from './harness/rounds.js';
import { durations, spreadBy } from './harness/stats.js';
import { FolderStore } from './peers/folder-store.js';

const PACKAGES = 300;
const SMOKE_PACKAGES = 10;
const PART_BYTES = 4096;
const BLOCKS = 8;

interface Stored extends Timed {
  readonly commitMs: number;
  readonly readMs: number;
  /** The metadata of each package, and the checksum of its part's bytes. */
  readonly found: readonly { readonly package: WorkPackage; readonly checksum: number }[];
}

/** What both stores can do. */
interface Store {
  commit(p: WorkPackage, part: string): Promise<unknown>;
  list(): readonly WorkPackage[];
  fileOf(p: WorkPackage): string;
}

function packageOf(n: number, bytes: Uint8Array): WorkPackage {
  const first = parseDay('2016-02-24') + Math.floor(n / 100);
  const size = PART_BYTES / BLOCKS;
  const blocks = Array.from({ length: BLOCKS }, (_, i) => ({
    type: 'TransferObject',
    records: 100,
    offset: i * size + 4,
    bytes: size - 4,
  }));
  return {
    path: rawPath('bench', 'oirawdata', first, 'import', n, 1456272000000 + n),
    location: 'oirawdata',
    period: { granularity: 'day', first },
    state: 'complete',
    createdAt: 1456272000000 + n,
    inputs: [],
    parts: [{ name: 'part-00000', bytes: PART_BYTES, checksum: crc32(bytes), blocks }],
    beans: { TransferObject: 800 },
    counters: { read: 810, accepted: 800, rejected: 10 },
  };
}

async function measure(store: Store, packages: readonly WorkPackage[], staged: readonly string[]): Promise<Stored> {
  const commit = await timed(async () => {
    for (const [i, p] of packages.entries()) await store.commit(p, staged[i] ?? '');
  });
  // Behind its blocks a part of the store says what package it is of.
  const read = await timed(() =>
    store.list().map((p) => ({ package: p, checksum: crc32(readFileSync(store.fileOf(p)).subarray(0, PART_BYTES)) })),
  );
  return { ms: commit.ms + read.ms, commitMs: commit.ms, readMs: read.ms, found: read.value };
}

async function inLmdb(folder: string): Promise<Store & { close(): Promise<void> }> {
  const store = await LmdbStore.open(folder, 'bench', 'write');
  return {
    commit: (p, from) => store.commit({ create: [{ package: p, files: [{ name: 'part-00000', from, how: 'move' }] }] }),
    list: () => store.packages('oirawdata'),
    fileOf: (p) => store.files(p)[0]?.file ?? '',
    close: () => store.close(),
  };
}

export const store: Bench = {
  name: 'store',
  question: 'How fast are packages committed to the store and found again, against a folder with a JSON file for each?',
  async run({ scratch, rounds, warmUps, smoke }) {
    const parts = Array.from({ length: smoke ? SMOKE_PACKAGES : PACKAGES }, (_, n) => Buffer.alloc(PART_BYTES, `${n} `));
    const packages = parts.map((bytes, n) => packageOf(n, bytes));
    const stage = (): string[] => {
      const folder = path.join(scratch, 'staged');
      mkdirSync(folder, { recursive: true });
      return parts.map((bytes, n) => {
        const file = path.join(folder, String(n));
        writeFileSync(file, bytes, { flush: true });
        return file;
      });
    };
    const fresh = (name: string): string => {
      const folder = path.join(scratch, name);
      rmSync(folder, { recursive: true, force: true });
      return folder;
    };
    const lmdb = async (): Promise<Stored> => {
      const opened = await inLmdb(fresh('lmdb'));
      const staged = stage();
      try {
        return await measure(opened, packages, staged);
      } finally {
        await opened.close();
      }
    };
    const files = async (): Promise<Stored> => {
      const opened = new FolderStore(fresh('files'));
      const staged = stage();
      return measure(opened, packages, staged);
    };
    const contestants: Contestant<Stored>[] = [
      { name: 'store (LMDB and files)', run: lmdb },
      { name: 'folder with JSON files', run: files },
    ];
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check: ([a, b]) => deepStrictEqual(a?.found, b?.found) });
    const rows = contestants.map(({ name }, i) => {
      const own = runs[i] ?? [];
      const commit = spreadBy(own, (r) => r.commitMs);
      const read = spreadBy(own, (r) => r.readMs);
      return [
        name,
        durations(commit),
        formatRate(packages.length, commit.median),
        durations(read),
        formatRate(packages.length, read.median),
      ];
    });
    return {
      workload: [`${formatCount(packages.length)} packages of one part of ${formatCount(PART_BYTES)} bytes; ${roundsText(rounds)}.`],
      tables: [{ columns: ['', '>commit: median (min–max)', '>packages/s', '>read: median (min–max)', '>packages/s'], rows }],
      figures: Object.fromEntries(contestants.map(({ name }, i) => [name, runs[i]?.map(({ commitMs, readMs }) => ({ commitMs, readMs }))])),
    };
  },
};
