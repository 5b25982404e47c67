import type { Processor } from '../engine/index.js';

/**
 * Put the monthly sums of visitors into the analytics database.
 * Input:   vismonthprocessed, the sums of a month's visitors.
 * Output:  vismonthinjected, the injection report; the database gets the sums.
 * Source:  seed 004, §3.5.3.3.
 */
export const VisitorMonthInjection: Processor = {
  name: 'VisitorMonthInjection',
  kind: 'inject',
  input: 'vismonthprocessed',
  output: 'vismonthinjected',
  covers: 'month',
};
