import * as z from 'zod';
import { count, name, next, Period, time } from './common.js';

const summary = {
  path: z.string().describe('/<dataset>/<location>/…'),
  location: z.string(),
  period: Period,
  state: z.enum(['complete', 'purged']).describe('purged: retention took its parts; what is counted stays true of what it held'),
  createdAt: time,
  processor: z.string().optional().describe('absent for raw data'),
  job: z.string().optional(),
  bytes: count,
  records: count,
  beans: z.record(z.string(), count).describe('number of beans by type'),
  rejected: count.describe('rejected lines that it keeps'),
};

export const PackageSummary = name('PackageSummary', z.object({ ...summary, inputs: count, parts: count }));
export type PackageSummary = z.output<typeof PackageSummary>;

export const PackagePart = name(
  'PackagePart',
  z.object({ name: z.string(), bytes: count, checksum: z.string().describe('CRC-32 of the file, 8 hexadecimal digits'), records: count }),
);
export type PackagePart = z.output<typeof PackagePart>;

export const PackageDetail = name(
  'PackageDetail',
  z.object({
    ...summary,
    inputs: z.array(z.string()).describe('paths of the packages it was made from'),
    usedBy: z.array(z.string()).describe('paths of the packages that were made from it'),
    parts: z.array(PackagePart),
    counters: z.record(z.string(), z.number()),
    report: z.unknown().optional().describe('the report of an injection, or the records that were quarantined'),
  }),
);
export type PackageDetail = z.output<typeof PackageDetail>;

export const BeanField = z.object({
  name: z.string(),
  kind: z.enum(['string', 'bytes', 'integer', 'number', 'strings', 'integers', 'json']),
});
export type BeanField = z.output<typeof BeanField>;

export const BeanPage = name(
  'BeanPage',
  z.object({
    type: z.string(),
    fields: z.array(BeanField),
    items: z.array(z.record(z.string(), z.unknown())).describe('one bean each; a field of kind bytes is base64'),
    next,
  }),
);
export type BeanPage = z.output<typeof BeanPage>;

const reject = {
  line: count.describe('its number in the source, from 1'),
  reason: z.string(),
  source: z.string().optional().describe('the file it was read from'),
  raw: z.string().describe('the line as text; bytes that are no UTF-8 stand as U+FFFD'),
  base64: z.string().optional().describe('the bytes of a line that is not UTF-8'),
};

export const RejectedLine = name('RejectedLine', z.object(reject));
export type RejectedLine = z.output<typeof RejectedLine>;

export const RejectedPage = name('RejectedPage', z.object({ items: z.array(RejectedLine), next }));
export type RejectedPage = z.output<typeof RejectedPage>;

export const RejectedOfPackage = name('RejectedOfPackage', z.object({ package: z.string(), ...reject }));
export type RejectedOfPackage = z.output<typeof RejectedOfPackage>;

export const RejectedOverview = name(
  'RejectedOverview',
  z.object({
    items: z.array(RejectedOfPackage).describe('of the newest days first'),
    next,
    byReason: z.record(z.string(), count).describe('rejected lines of all packages, by reason'),
  }),
);
export type RejectedOverview = z.output<typeof RejectedOverview>;
