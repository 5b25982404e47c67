import * as z from 'zod';
import { count, name, pageOf, Period, time } from './common.js';

const summary = {
  path: z.string().describe('path of the package that holds the report'),
  processor: z.string(),
  job: z.string().optional(),
  period: Period,
  injectedAt: time,
  rows: count.describe('beans of all tables'),
};

export const InjectionSummary = name('InjectionSummary', z.object({ ...summary, tables: count }));
export type InjectionSummary = z.output<typeof InjectionSummary>;

export const InjectionPage = name('InjectionPage', pageOf(InjectionSummary));
export type InjectionPage = z.output<typeof InjectionPage>;

export const TableReport = name(
  'TableReport',
  z.object({
    table: z.string(),
    before: count.describe("the table's rows of the period before the injection (of l2_object all rows)"),
    after: count,
    inserted: count,
    updated: count,
    removed: count,
    unchanged: count,
    beans: count,
    sums: z.record(z.string(), z.number()).describe('what the beans add up to'),
  }),
);
export type TableReport = z.output<typeof TableReport>;

export const InjectionDetail = name(
  'InjectionDetail',
  z.object({
    ...summary,
    inputs: z.array(z.string()).describe('paths of the packages that were injected'),
    beans: z.record(z.string(), count).describe('number of beans by type'),
    tables: z.array(TableReport),
  }),
);
export type InjectionDetail = z.output<typeof InjectionDetail>;
