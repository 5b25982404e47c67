import { endOf, type Period } from '../engine/index.js';

/** Whether all days of a period are days of another. */
export function isWithin(inner: Period, outer: Period): boolean {
  return inner.first >= outer.first && endOf(inner) <= endOf(outer);
}
