import path from 'node:path';
import { call, type Hands } from './hands.js';
import type { Change, Day, LocationStore, Part, StagedFile, WorkPackage } from '../../engine/index.js';
import type { ParsedFile, ParseResult } from './parse-task.js';
import type { ShardRejects } from './reject-task.js';
import type { DayFile } from './unique.js';

/** Bean types of the locations of raw data. */
export const RAW_TYPES = { oirawdata: 'TransferObject', sesrawdata: 'RawSensorCallBean' } as const;
export type RawLocation = keyof typeof RAW_TYPES;

/** What was counted: read = accepted + rejected + filtered + duplicate, and each reason of the latter. */
export type Counters = Readonly<Record<string, number>>;

export function countersOf(results: readonly ParseResult[], duplicates: number): Counters {
  const total: Record<string, number> = { read: 0, accepted: 0, rejected: 0, filtered: 0, duplicate: duplicates, unknown_fields: 0 };
  const add = (name: string, n: number): void => {
    if (n !== 0) total[name] = (total[name] ?? 0) + n;
  };
  for (const { counts } of results) {
    const { read, accepted, rejected, filtered, unknownFields } = counts;
    add('read', read);
    add('accepted', accepted);
    add('unknown_fields', unknownFields);
    for (const [kind, reasons] of Object.entries({ rejected, filtered })) {
      for (const [reason, n] of Object.entries(reasons)) {
        add(kind, n);
        add(`${kind}:${reason}`, n);
      }
    }
  }
  total['accepted'] = (total['accepted'] ?? 0) - duplicates;
  return total;
}

/** The rejected lines of some shards in one file, with the numbers that they have in their sources. */
export async function gatherRejects(
  hands: Hands,
  shards: readonly { readonly result: ParseResult; readonly before: number; readonly source: string }[],
): Promise<ParsedFile | undefined> {
  const refused = shards.flatMap(({ result: { rejects }, before, source }): ShardRejects[] =>
    rejects === undefined ? [] : [{ file: rejects.file, blocks: rejects.part.blocks, before, source }],
  );
  if (refused.length === 0) return undefined;
  const file = path.join(hands.folder, 'rejects');
  return { file, part: await call<Part>(hands, './reject-task.js', 'gatherRejects', { shards: refused, file }) };
}

/**
 * What a dataset is known by: its zone and keys. Raw packages are committed with it, so that their parts tell of it too: with another
 * key nothing that was imported would be known again.
 */
export function standingRecords(store: LocationStore): NonNullable<Change['records']> {
  return store.records('dataset').map((record) => ({ kind: 'dataset', ...record }));
}

export interface RawPackage {
  readonly path: string;
  readonly location: RawLocation;
  readonly day: Day;
  readonly createdAt: number;
  readonly files: readonly DayFile[];
  /** How the files get into it: the last package that they are of takes them. */
  readonly how: StagedFile['how'];
  /** Counters of lines that are of no day for certain, and the rejected ones: what was read is told in one package. */
  readonly all?: Counters | undefined;
  readonly rejects?: ParsedFile | undefined;
}

/** A package of raw data, to be committed. */
export function rawPackage(raw: RawPackage): { package: WorkPackage; files: StagedFile[]; accepted: number } {
  const { location, files, all, rejects } = raw;
  const type = RAW_TYPES[location];
  const accepted = files.reduce((n, { part }) => n + part.blocks.reduce((m, b) => m + b.records, 0), 0);
  const withId = files.reduce((n, f) => n + f.withId, 0);
  const refused = (all?.['rejected'] ?? 0) + (all?.['filtered'] ?? 0) + (all?.['duplicate'] ?? 0);
  const name = (i: number): string => `part-${String(i).padStart(5, '0')}`;
  const staged: StagedFile[] = files.map(({ file }, i) => ({ name: name(i), from: file, how: raw.how }));
  if (rejects !== undefined) staged.push({ name: 'rejects', from: rejects.file, how: 'move' });
  return {
    package: {
      path: raw.path,
      location,
      period: { granularity: 'day', first: raw.day },
      state: 'complete',
      createdAt: raw.createdAt,
      inputs: [],
      parts: files.map(({ part }, i) => ({ ...part, name: name(i), blocks: part.blocks.map((b) => ({ ...b, type })) })),
      beans: accepted === 0 ? {} : { [type]: accepted },
      counters: { ...all, read: accepted + refused, accepted, ...(withId > 0 ? { with_id: withId } : {}) },
      ...(rejects === undefined ? {} : { rejects: rejects.part }),
    },
    files: staged,
    accepted,
  };
}

/** Files that hold anything, by day; days ascending. */
export function byDay<F extends DayFile>(files: readonly F[]): Map<Day, F[]> {
  const days = new Map<Day, F[]>();
  for (const f of [...files].sort((a, b) => a.day - b.day)) if (f.part.blocks.length > 0) days.set(f.day, [...(days.get(f.day) ?? []), f]);
  return days;
}
