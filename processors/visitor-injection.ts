import type { Processor } from '../engine/index.js';

/**
 * Put the daily sums of visitors into the analytics database.
 * Input:   visprocessed, the sums of a day's visitors.
 * Output:  visinjected, the injection report; the database gets the sums.
 * Source:  seed 004, §3.5.3.5.
 */
export const VisitorInjection: Processor = {
  name: 'VisitorInjection',
  kind: 'inject',
  input: 'visprocessed',
  output: 'visinjected',
  covers: 'day',
};
