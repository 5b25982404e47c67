import type { Processor } from '../engine/index.js';

/**
 * Gather the raw visitor beans of a week's days.
 * Input:   visdata, VisitorBean and VisitorLocationBean of a day.
 * Output:  visweekdata, the same beans, unchanged, in the directory of their ISO week.
 * Source:  seed 004, §3.5.3.6.
 */
export const VisitorWeekMerger: Processor = {
  name: 'VisitorWeekMerger',
  kind: 'link',
  input: 'visdata',
  output: 'visweekdata',
  covers: 'day',
};
