import { rename, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { sync } from '../../engine/store/disk.js';
import { parseDay, type Day, type Executor, type LocationStore, type WorkPackage } from '../../engine/index.js';
import { byDay, countersOf, gatherRejects, rawPackage, standingRecords, type RawLocation } from '../acquisition/raw-packages.js';
import { withoutDuplicates, type DayFile } from '../acquisition/unique.js';
import { CLOSED_FILE, TORN_FILE, type FoundPackage } from '../capture/spool/names.js';
import { parserOf } from '../workshop.js';
import { readSpooled } from './spool-package.js';
import type { Hands } from '../acquisition/hands.js';
import type { ParseResult } from '../acquisition/parse-task.js';
import type { Dataset } from '../dataset.js';

/** Kind of the records that tell which packages of the spool are in a location: path below the spool → Moved. */
const SPOOL = 'spool';

interface Moved {
  readonly movedAt: number;
  readonly lines: number;
}

export interface SpoolMove {
  readonly dataset: Dataset;
  readonly executor: Executor;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Told of packages as soon as they are committed, whatever goes wrong after that. */
  readonly onPackages: (created: readonly WorkPackage[]) => void;
}

export interface MoveReport {
  readonly created: readonly WorkPackage[];
  readonly packages: number;
  readonly lines: number;
  /** Packages of the spool with lines that are not as they were written, and how many such lines. */
  readonly damaged: readonly { readonly package: string; readonly lines: number }[];
  /** Paths of files with torn lines that were put aside. */
  readonly torn: readonly string[];
  /** Why some of what was moved is in the spool still; it is to be met again. */
  readonly left?: { readonly error: unknown };
}

interface Parsed {
  readonly at: string;
  readonly hands: Hands;
  readonly results: readonly ParseResult[];
}

/** A file of a day, and of which package of the spool. */
type SpoolFile = DayFile & { readonly of: number };

/**
 * Move closed packages of one location from the spool into the location, in one commit: all of it, or nothing. That commit
 * carries a record of each package, so that one that is met again, after an end of the process or because it could not be
 * removed, is only removed.
 * Errors: TM_ERR_IMPORT_UNREADABLE, those of the store, the signal's reason.
 */
export async function moveSpooled(move: SpoolMove, location: RawLocation, found: readonly FoundPackage[]): Promise<MoveReport> {
  const { store, folder } = move.dataset;
  const spool = path.join(folder, 'spool');
  const fresh = found.filter((p) => p.files.includes(CLOSED_FILE) && !isMoved(store, p));
  const nothing = { created: [], lines: 0, damaged: [] };
  const { created, lines, damaged } = fresh.length === 0 ? nothing : await commitAll(move, location, fresh, spool);
  const torn: string[] = [];
  let left: { readonly error: unknown } | undefined;
  for (const p of found) {
    try {
      if (p.files.includes(TORN_FILE)) torn.push(await putAside(spool, p.package));
      await rm(path.join(spool, p.package), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      left ??= { error };
    }
  }
  return { created, packages: fresh.length, lines, damaged, torn, ...(left === undefined ? {} : { left }) };
}

/** Whether the lines of a package of the spool are in the locations, though it is met there. */
export function isMoved(store: LocationStore, { package: at }: FoundPackage): boolean {
  return store.record(SPOOL, at) !== undefined;
}

async function commitAll(
  { dataset, executor, now, signal, onPackages }: SpoolMove,
  location: RawLocation,
  fresh: readonly FoundPackage[],
  spool: string,
): Promise<Pick<MoveReport, 'created' | 'lines' | 'damaged'>> {
  const { store } = dataset;
  const scratch = `spool-${location}-${path.basename(fresh[0]?.package ?? '')}`;
  const hands: Hands = { store, executor, folder: store.scratch(scratch), signal };
  try {
    const options = { ...parserOf(dataset, now, 'default', []), format: 'impressions' as const };
    const parsed: Parsed[] = [];
    for (const [i, found] of fresh.entries()) {
      const own: Hands = { ...hands, folder: path.join(hands.folder, String(i)) };
      parsed.push({ at: found.package, hands: own, results: await readSpooled(own, spool, found, options) });
    }
    const files = parsed.flatMap(({ results }, of) => results.flatMap((r) => r.days.map((d): SpoolFile => ({ ...d, of }))));
    const { kept } = await withoutDuplicates(hands, location, files);
    const made = await Promise.all(
      parsed.map((p, of) =>
        packagesOf(
          dataset,
          location,
          p,
          kept.filter((f) => f.of === of),
          now,
        ),
      ),
    );
    const create = made.flatMap((m) => m.create);
    await store.commit({
      create,
      records: [
        ...standingRecords(store),
        ...parsed.map(({ at }, i) => ({ kind: SPOOL, key: at, value: { movedAt: now, lines: made[i]?.lines ?? 0 } satisfies Moved })),
      ],
    });
    const created = create.map((c) => c.package);
    if (created.length > 0) onPackages(created);
    const damaged = parsed.map(({ at, results }) => ({ package: at, lines: results.reduce((n, r) => n + damagedLines(r), 0) }));
    return { created, lines: made.reduce((n, m) => n + m.lines, 0), damaged: damaged.filter((d) => d.lines > 0) };
  } finally {
    await store.dropScratch(scratch);
  }
}

/** The packages of a location that one of the spool makes: one for each day that its lines are of. */
async function packagesOf(
  dataset: Dataset,
  location: RawLocation,
  { at, hands, results }: Parsed,
  kept: readonly SpoolFile[],
  now: number,
) {
  const parsedRecords = recordsOf(results.flatMap((r) => r.days));
  const all = countersOf(results, parsedRecords - recordsOf(kept));
  // As where files are imported: oirawdata tells what was refused, sesrawdata has the same impressions. Damage is each one's own.
  const isTold = (result: ParseResult): boolean => location === 'oirawdata' || damagedLines(result) > 0;
  const told = results.filter(isTold);
  const counters = location === 'oirawdata' ? all : countersOf(told, 0);
  const rejects = await gatherRejects(
    hands,
    results.map(rejectsIn(at)).filter(({ result }) => isTold(result)),
  );
  const days = byDay(kept);
  const lines = all['read'] ?? 0;
  if (days.size === 0 && told.length > 0 && lines > 0) days.set(dayOf(at), []);
  const create = [...days].map(([day, files], i) =>
    rawPackage({
      path: packagePath(dataset.name, at, day),
      location,
      day,
      createdAt: now,
      files,
      how: 'move',
      ...(told.length > 0 && i === 0 ? { all: counters, rejects } : {}),
    }),
  );
  return { create, lines };
}

function damagedLines({ counts }: ParseResult): number {
  return counts.rejected.checksum ?? 0;
}

/** What `gatherRejects` takes of each shard: lines are counted through the file. */
function rejectsIn(source: string): (result: ParseResult) => { result: ParseResult; before: number; source: string } {
  let lines = 0;
  return (result) => {
    const before = lines;
    lines += result.counts.lines;
    return { result, before, source };
  };
}

function recordsOf(files: readonly DayFile[]): number {
  return files.reduce((n, { part }) => n + part.blocks.reduce((m, b) => m + b.records, 0), 0);
}

/** The local day that a package of the spool was captured on. */
export function dayOf(at: string): Day {
  return parseDay(at.split('/').slice(1, 4).join('-'));
}

/** `/<dataset>/<location>/<yyyy>/<mm>/<dd>/<name>`, on the day that the beans are of. */
function packagePath(dataset: string, at: string, day: Day): string {
  const [location = '', , , , name = ''] = at.split('/');
  const date = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '/');
  return `/${dataset}/${location}/${date}/${name}`;
}

/** Keep what a crash left of a line: nobody was told that it had been taken, and somebody may want to see it. */
async function putAside(spool: string, at: string): Promise<string> {
  const aside = path.join(spool, 'torn');
  const to = path.join(aside, `${at.replaceAll('/', '-')}.txt`);
  await mkdir(aside, { recursive: true });
  await rename(path.join(spool, at, TORN_FILE), to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error; // an earlier try came so far
  });
  await sync(aside);
  return to;
}
