import type { Processor } from '../engine/index.js';

/**
 * Put the daily sums of sessions into the analytics database.
 * Input:   sesprocessed, the sums of a day's sessions.
 * Output:  sesinjected, the injection report; the database gets the sums.
 * Source:  seed 004, §3.5.2.3.
 */
export const SessionInjection: Processor = {
  name: 'SessionInjection',
  kind: 'inject',
  input: 'sesprocessed',
  output: 'sesinjected',
  covers: 'day',
};
