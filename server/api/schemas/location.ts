import * as z from 'zod';
import { count, day, listOf, name, next, time } from './common.js';
import { PackageSummary } from './package.js';

const summary = {
  name: z.string(),
  layout: z.enum(['day-time', 'daily', 'weekly-by-day', 'weekly', 'monthly']),
  beans: z.array(z.string()).describe('the types of beans that its packages hold'),
  packages: count,
  records: count,
  bytes: count,
  lastPackage: z.object({ path: z.string(), createdAt: time }).optional(),
  custom: z.boolean().describe('whether it comes from a processor of your own'),
};

export const LocationSummary = name('LocationSummary', z.object(summary));
export type LocationSummary = z.output<typeof LocationSummary>;

export const LocationDay = name(
  'LocationDay',
  z.object({
    day: day.describe('the first day of the period'),
    packages: count,
    records: count,
    state: z.enum(['complete', 'processing', 'failed']).describe('of the jobs that write to the location on that day'),
  }),
);
export type LocationDay = z.output<typeof LocationDay>;

export const LocationDetail = name(
  'LocationDetail',
  z.object({
    ...summary,
    days: z.array(LocationDay).describe('every day that has packages or unfinished jobs, oldest first'),
    items: z.array(PackageSummary),
    next,
  }),
);
export type LocationDetail = z.output<typeof LocationDetail>;

export const LocationList = name('LocationList', listOf(LocationSummary));
export type LocationList = z.output<typeof LocationList>;
