import { visitorSums } from './visitor-sums.js';
import type { Processor } from '../engine/index.js';

/**
 * Count one day's visitors: complete daily sums.
 * Input:   visdata, VisitorBean and VisitorLocationBean of a day.
 * Output:  visprocessed, the sums of spec §6, each ordered by its key.
 * Source:  seed 004, §3.5.3.4.
 */
export const VisitorProcessor: Processor = {
  name: 'VisitorProcessor',
  kind: 'mapreduce',
  input: 'visdata',
  output: 'visprocessed',
  covers: 'day',
  work: visitorSums,
};
