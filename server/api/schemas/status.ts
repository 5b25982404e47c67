import * as z from 'zod';
import { count, ErrorNote, name, time } from './common.js';
import { LocationSummary } from './location.js';
import { ProcessorSummary } from './processor.js';

export const SchedulerStatus = name(
  'SchedulerStatus',
  z.object({
    state: z.enum(['running', 'paused', 'failed']),
    ready: count.describe('units of work that can start now'),
    waiting: count.describe("units that wait: for their period's end, a job before them, or a retry"),
    running: count,
    error: ErrorNote.optional(),
  }),
);
export type SchedulerStatus = z.output<typeof SchedulerStatus>;

export const CaptureStatus = name(
  'CaptureStatus',
  z.object({
    state: z.enum(['OK', 'WARNING', 'CRITICAL', 'DOWN']),
    since: time,
    port: z.int(),
    queue: count.describe('requests that wait'),
    warnSize: count,
    maxSize: count,
    accepted: count.describe('impressions answered 2xx since the process began'),
    rejected: count.describe('answered 4xx; a request that could not be read counts as one'),
    refused: count.describe('answered 503; a request that was not read counts as one'),
    perSecond: z.number().describe('impressions accepted in the last second'),
    open: z
      .object({ package: z.string(), lines: count, bytes: count, since: time })
      .nullable()
      .describe('the package of oirawdata that is being written'),
    error: ErrorNote.optional().describe('why impressions cannot be written at the moment'),
  }),
);
export type CaptureStatus = z.output<typeof CaptureStatus>;

export const SourceStatus = name(
  'SourceStatus',
  z.object({
    name: z.string(),
    path: z.string(),
    cron: z.string(),
    lastRunAt: time.optional(),
    nextRunAt: time.optional(),
    lastError: ErrorNote.optional(),
    files: count.describe('files that had something new, since the service began'),
    lines: count,
  }),
);
export type SourceStatus = z.output<typeof SourceStatus>;

export const AgentStatus = name(
  'AgentStatus',
  z.object({
    state: z.enum(['idle', 'working', 'failed']),
    packagesMoved: count,
    linesMoved: count,
    waiting: count.describe('closed packages of the spool that are not moved yet'),
    lastMovedAt: time.optional(),
    error: ErrorNote.optional(),
    sources: z.array(SourceStatus),
  }),
);
export type AgentStatus = z.output<typeof AgentStatus>;

export const DatabaseStatus = name(
  'DatabaseStatus',
  z.object({
    kind: z.enum(['duckdb', 'postgres']),
    state: z.enum(['ok', 'failed']),
    lastInjectionAt: time.optional(),
    error: ErrorNote.optional(),
  }),
);
export type DatabaseStatus = z.output<typeof DatabaseStatus>;

export const RetentionStatus = name(
  'RetentionStatus',
  z.object({
    location: z.string(),
    keepMs: z.number(),
    purged: count.describe('packages purged since the service began'),
    held: count.describe('packages that are old enough, but needed still'),
    reason: z.string().optional().describe('why the first of them is'),
  }),
);
export type RetentionStatus = z.output<typeof RetentionStatus>;

export const Status = name(
  'Status',
  z.object({
    dataset: z.string(),
    version: z.string(),
    timeZone: z.string(),
    now: time,
    startedAt: time,
    workers: count,
    scheduler: SchedulerStatus,
    capture: CaptureStatus.nullable().describe('null until the capture process has told of itself'),
    agent: AgentStatus,
    database: DatabaseStatus,
    retention: z.array(RetentionStatus),
    locations: z.array(LocationSummary),
    processors: z.array(ProcessorSummary),
  }),
);
export type Status = z.output<typeof Status>;

export const Health = name('Health', z.object({ status: z.enum(['ok', 'failed', 'closing']), reasons: z.array(z.string()) }));
export type Health = z.output<typeof Health>;
