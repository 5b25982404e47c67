import { visitorSums } from './visitor-sums.js';
import type { Processor } from '../engine/index.js';

/**
 * Count one month's visitors: complete monthly sums.
 * Input:   visdata, VisitorBean and VisitorLocationBean of a month's days (ISO weeks straddle months).
 * Output:  vismonthprocessed, the sums of spec §6, each ordered by its key.
 * Source:  seed 004, §3.5.3.2.
 */
export const VisitorMonthProcessor: Processor = {
  name: 'VisitorMonthProcessor',
  kind: 'mapreduce',
  input: 'visdata',
  output: 'vismonthprocessed',
  covers: 'month',
  work: visitorSums,
};
