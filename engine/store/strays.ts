import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ALONE, filesIn, folderOf } from './layout.js';
import type { Journal } from './journal.js';
import type { Strays } from './location-store.js';
import type { WorkPackage } from '../work-package.js';

/** The work of `LocationStore.strays`; `packageIn` reads the package of a folder anew. */
export async function findStrays(
  store: string,
  packages: readonly WorkPackage[],
  journal: Journal,
  packageIn: (folder: string) => WorkPackage | undefined,
): Promise<Strays> {
  const known = new Map(packages.map((p) => [folderOf(store, p.path), p]));
  const strange = [...filesIn(store)].filter(({ folder, name }) => !isOf(known.get(folder), name));
  if (strange.length === 0) return { parts: [], others: [] };
  // Of a commit that is under way, or was made meanwhile: its entry goes after its record is there and what it ended is gone. What is
  // read of a store is of one turn of the event loop.
  const entries = journal.entries().flatMap(({ create, remove }) => [...create, ...remove]);
  const busy = new Set(entries.map((at) => folderOf(store, at)));
  await setImmediate();
  const parts: string[] = [];
  const others: string[] = [];
  for (const { folder, name, isPart } of strange) {
    const file = path.join(folder, name);
    if (!busy.has(folder) && existsSync(file) && !isOf(packageIn(folder), name)) (isPart ? parts : others).push(file);
  }
  return { parts, others };
}

function isOf(p: WorkPackage | undefined, name: string): boolean {
  if (p === undefined || name === ALONE) return p !== undefined;
  return p.state === 'complete' && (p.rejects?.name === name || p.parts.some((part) => part.name === name));
}
