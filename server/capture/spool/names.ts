/**
 * Where the sensor's packages lie: `spool/<location>/<yyyy>/<mm>/<dd>/sensor-<n>-<ms>/`. In a package
 *
 *   data.txt.temp   the lines, while it is open; renamed to data.txt when it is closed
 *   data.txt.crc    the checksum of each batch of them
 *   twin.json       of an open package of oirawdata: where in which package of sesrawdata its lines begin
 *   data.txt.torn   what a crash left of a line, cut off when the package was mended
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { formatDay, type Day } from '../../../engine/index.js';

export const RAW_LOCATIONS = ['oirawdata', 'sesrawdata'] as const;
export type RawLocation = (typeof RAW_LOCATIONS)[number];

export const OPEN_FILE = 'data.txt.temp';
export const CLOSED_FILE = 'data.txt';
export const CHECK_FILE = 'data.txt.crc';
export const TORN_FILE = 'data.txt.torn';
export const TWIN_FILE = 'twin.json';

/** The path of a package below the spool, with `/`. `ms`: when it was made. */
export function packagePath(location: RawLocation, day: Day, n: number, ms: number): string {
  return `${location}/${formatDay(day).replaceAll('-', '/')}/sensor-${String(n).padStart(6, '0')}-${ms}`;
}

/** The number in a package's name, 0 where there is none. */
export function numberOf(packageAt: string): number {
  return Number(/\/sensor-(\d+)-\d+$/.exec(packageAt)?.[1] ?? 0);
}

/** A package that was found, and the names of the files in it. */
export interface FoundPackage {
  readonly package: string;
  readonly files: readonly string[];
}

/** The packages of a location in the order of their names. What the agent takes away meanwhile may be missing. */
export async function findPackages(spool: string, location: RawLocation): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  const walk = async (at: string, depth: number): Promise<void> => {
    const entries = await readdir(path.join(spool, at), { withFileTypes: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    if (depth === 4) {
      if (numberOf(at) > 0) found.push({ package: at, files: entries.map((e) => e.name) });
      return;
    }
    for (const { name } of entries.filter((e) => e.isDirectory()).toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      await walk(`${at}/${name}`, depth + 1);
  };
  await walk(location, 0);
  return found;
}
