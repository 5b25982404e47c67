import path from 'node:path';
import { call, type Hands } from './hands.js';
import type { Day, Part, Spill } from '../../engine/index.js';
import type { Duplicates, NumberedFile } from './duplicates.js';

/** Impressions with an id whose ids are compared in one task. */
const IDS_PER_PARTITION = 500_000;

/** Impressions of one day that are not in a package yet. */
export interface DayFile {
  readonly file: string;
  readonly part: Part;
  readonly day: Day;
  /** How many have an id. */
  readonly withId: number;
}

/** The files without the rows that repeat an id of their day, among them or in a package that the location has already. */
export async function withoutDuplicates<F extends DayFile>(
  hands: Hands,
  location: string,
  files: readonly F[],
): Promise<{ kept: F[]; duplicates: number }> {
  const { store, folder } = hands;
  const days = new Set(files.filter((f) => f.withId > 0).map((f) => f.day));
  if (days.size === 0) return { kept: [...files], duplicates: 0 };
  const earlier = store.packages(location).filter((p) => days.has(p.period.first) && (p.counters['with_id'] ?? 0) > 0);
  const all: NumberedFile[] = [];
  for (const p of earlier) for (const f of store.files(p)) all.push({ ...f, day: p.period.first, number: all.length });
  const base = all.length;
  for (const f of files) all.push({ file: f.file, blocks: f.part.blocks, day: f.day, number: all.length });
  const involved = all.filter((f) => days.has(f.day) && (f.number < base || (files[f.number - base] as F).withId > 0));
  const ids = involved.reduce((n, f) => n + f.blocks.reduce((m, b) => m + b.records, 0), 0);
  const partitions = Math.ceil(ids / IDS_PER_PARTITION);
  const spills = await Promise.all(
    involved.map((f) =>
      call<Spill>(hands, './duplicates.js', 'spillIds', { files: [f], partitions, file: path.join(folder, `ids-${f.number}`) }),
    ),
  );
  const found = await Promise.all(
    Array.from({ length: partitions }, (_, p) =>
      call<Duplicates[]>(hands, './duplicates.js', 'findDuplicates', {
        inputs: spills.map((s) => ({ file: s.file, blocks: s.partitions[p] ?? [] })).filter((f) => f.blocks.length > 0),
      }),
    ),
  );
  const drop = new Map<number, number[]>();
  for (const { number, rows } of found.flat()) drop.set(number, [...(drop.get(number) ?? []), ...rows]);
  const kept = await Promise.all(
    files.map(async (f, i) => {
      const rows = drop.get(base + i);
      if (rows === undefined) return f;
      const file = `${f.file}-unique`;
      const part = await call<Part>(hands, './duplicates.js', 'dropRows', {
        input: { file: f.file, blocks: f.part.blocks },
        rows: Uint32Array.from(rows),
        file,
      });
      return { ...f, file, part };
    }),
  );
  return { kept, duplicates: [...drop.values()].reduce((n, rows) => n + rows.length, 0) };
}
