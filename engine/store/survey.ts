import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { findDescriptions, readTail, type Description } from './description.js';
import { filesIn, pathOf } from './layout.js';
import type { Part, WorkPackage } from '../work-package.js';

/** A file as it lies on the disk: what comes before its descriptions, and whether these are right. */
interface Seen {
  readonly bytes: number;
  readonly checksum: number;
  readonly isWhole: boolean;
}

/** What lies in a package's folder. */
export interface Surveyed {
  readonly folder: string;
  /** By name; or why a file cannot be read. */
  readonly files: Map<string, Seen | string>;
  /** What its files say of it, the newest last. */
  readonly descriptions: Description[];
}

/** Look at every file below a store's folder, once: packages by path, and the files that are none of a package's. */
export function survey(
  store: string,
  dataset: string,
  onFile: (n: number) => void,
): { readonly packages: ReadonlyMap<string, Surveyed>; readonly others: readonly string[] } {
  const packages = new Map<string, Surveyed>();
  const others: string[] = [];
  let n = 0;
  for (const { folder, name, isPart } of filesIn(store)) {
    const file = path.join(folder, name);
    if (!isPart) {
      others.push(file);
      continue;
    }
    const at = pathOf(store, dataset, folder);
    const found: Surveyed = packages.get(at) ?? { folder, files: new Map(), descriptions: [] };
    packages.set(at, found);
    try {
      const bytes = readFileSync(file);
      const { descriptions, from } = findDescriptions(bytes);
      found.files.set(name, {
        bytes: from,
        checksum: crc32(bytes.subarray(0, from)),
        isWhole: readTail(bytes.subarray(from)).end === bytes.length - from,
      });
      // A file with several names tells of all its packages.
      found.descriptions.push(...descriptions.filter((d) => d.package.path === at));
    } catch (error) {
      found.files.set(name, `cannot be read: ${(error as Error).message}`);
    }
    onFile(++n);
  }
  for (const { descriptions } of packages.values()) descriptions.sort(byAge);
  return { packages, others };
}

/** The older first; a package that is purged comes after what it was. */
export function byAge(a: Description, b: Description): number {
  return a.package.createdAt - b.package.createdAt || Number(a.package.state === 'purged') - Number(b.package.state === 'purged');
}

/** What is wrong with the parts of a package, each with its file. */
export function faultsOf(p: WorkPackage, folder: string, found: Surveyed | undefined): string[] {
  if (p.state === 'purged') return [];
  return [...p.parts, ...(p.rejects === undefined ? [] : [p.rejects])].flatMap((part) => {
    const fault = faultOf(part, found?.files.get(part.name));
    return fault === undefined ? [] : [`${path.join(folder, part.name)} ${fault}`];
  });
}

function faultOf({ bytes, checksum }: Part, seen: Seen | string | undefined): string | undefined {
  if (seen === undefined) return 'is not there';
  if (typeof seen === 'string') return seen;
  return seen.bytes === bytes && seen.checksum === checksum && seen.isWhole ? undefined : 'does not match its checksum';
}
