import type { MapReduce } from './processor.js';
import type { Sum } from './sum.js';

/** What a map/reduce sums, where that is all it does. What is made of it by a spread, with another map, is another. */
const sumsOf = new WeakMap<MapReduce, readonly Sum[]>();

/** Remember what a map/reduce sums. */
export function madeFrom(sums: readonly Sum[], work: MapReduce): MapReduce {
  sumsOf.set(work, sums);
  return work;
}

/** The sums of a map/reduce that `sumsByKey` made; undefined for any other. */
export function sumsMadeBy(work: MapReduce): readonly Sum[] | undefined {
  return sumsOf.get(work);
}
