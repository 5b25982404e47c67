import type { Processor } from '../engine/index.js';

/**
 * Add up the intermediate daily sums and put them into the analytics database.
 * Input:   oiprocessed, the intermediate sums of all packages of a day.
 * Output:  oiinjected, the injection report; the database gets their complete daily sums.
 * Source:  seed 004, §3.5.1.2.
 */
export const OIInjection: Processor = {
  name: 'OIInjection',
  kind: 'inject',
  input: 'oiprocessed',
  output: 'oiinjected',
  covers: 'day',
};
