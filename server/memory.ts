import { totalmem } from 'node:os';

const MIB = 2 ** 20;

/** The database's half of it is enough to compare a million short rows with those that are there (measured). */
export const LEAST_MEMORY = 256 * MIB;
const DEFAULT = { least: 512 * MIB, most: 1024 * MIB };

/** Bytes of a size such as 512MiB or 2GiB; NaN where it is none. */
export function parseSize(text: string): number {
  const [, n, unit] = /^(\d+)(M|G)iB$/.exec(text) ?? [];
  return unit === undefined ? NaN : Number(n) * (unit === 'G' ? 1024 : 1) * MIB;
}

/**
 * Bytes that work on a dataset may hold in memory beside what its threads need to live: as the setting says, else a quarter of the
 * machine's or the container's, at least 512 MiB and at most 1 GiB.
 */
export function memoryBudget(setting?: number): number {
  const host = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return setting ?? Math.max(DEFAULT.least, Math.min(DEFAULT.most, host / 4));
}

/** What of a budget is the analytics database's. */
export function databaseShare(budget: number): number {
  return budget / 2;
}
