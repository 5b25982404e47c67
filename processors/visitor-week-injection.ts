import type { Processor } from '../engine/index.js';

/**
 * Put the weekly sums of visitors into the analytics database.
 * Input:   visweekprocessed, the sums of a week's visitors.
 * Output:  visweekinjected, the injection report; the database gets the sums.
 * Source:  seed 004, §3.5.3.8.
 */
export const VisitorWeekInjection: Processor = {
  name: 'VisitorWeekInjection',
  kind: 'inject',
  input: 'visweekprocessed',
  output: 'visweekinjected',
  covers: 'week',
};
