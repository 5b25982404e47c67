import { visitorSums } from './visitor-sums.js';
import type { Processor } from '../engine/index.js';

/**
 * Count one week's visitors: complete weekly sums.
 * Input:   visweekdata, VisitorBean and VisitorLocationBean of an ISO week.
 * Output:  visweekprocessed, the sums of spec §6, each ordered by its key.
 * Source:  seed 004, §3.5.3.7.
 */
export const VisitorWeekProcessor: Processor = {
  name: 'VisitorWeekProcessor',
  kind: 'mapreduce',
  input: 'visweekdata',
  output: 'visweekprocessed',
  covers: 'week',
  work: visitorSums,
};
