import type { Zone } from '../../engine/index.js';

/** No local day is longer than 25 hours; zones that left out a whole day had none that was longer either. */
const LONGEST_DAY = 26 * 3_600_000;

/** The first instant of the next local day, ms since the epoch. */
export function nextMidnight(zone: Zone, now: number): number {
  const today = zone.dayOf(now);
  let before = now;
  let after = now + LONGEST_DAY;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (zone.dayOf(middle) > today) after = middle;
    else before = middle;
  }
  return after;
}
