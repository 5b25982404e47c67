import * as z from 'zod';
import { count, ErrorNote, name, pageOf, Period, time } from './common.js';

export const JobState = z.enum(['scheduled', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.output<typeof JobState>;

const summary = {
  id: z.string(),
  processor: z.string(),
  period: Period,
  state: JobState,
  attempt: count.describe('how often it was started'),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
  durationMs: z.number().optional().describe('from its start to its end'),
  progress: z.object({ done: count, total: count }).describe('tasks done, and tasks known so far'),
  recordsIn: count.optional(),
  recordsOut: count.optional(),
  error: ErrorNote.optional(),
};

export const JobSummary = name('JobSummary', z.object(summary));
export type JobSummary = z.output<typeof JobSummary>;

export const Task = name(
  'Task',
  z.object({
    label: z.string(),
    thread: count.describe('0 is the main thread'),
    attempt: count.describe('the attempt of the job that it belongs to'),
    start: time,
    end: time,
    error: ErrorNote.optional(),
  }),
);
export type Task = z.output<typeof Task>;

export const JobDetail = name(
  'JobDetail',
  z.object({
    ...summary,
    inputs: z.array(z.string()).describe('paths of the packages it reads'),
    output: z.string().describe('path of the package it makes'),
    counters: z.record(z.string(), z.number()),
    tasks: z.array(Task).describe('in the order of their starts; known while the job runs and for some time after'),
  }),
);
export type JobDetail = z.output<typeof JobDetail>;

export const JobPage = name('JobPage', pageOf(JobSummary));
export type JobPage = z.output<typeof JobPage>;

export const JobList = name('JobList', z.object({ items: z.array(JobSummary) }));
export type JobList = z.output<typeof JobList>;

/** The body of `POST /jobs`. */
export const RerunBody = name(
  'RerunBody',
  z.strictObject({
    processor: z.string().min(1).max(64),
    period: z.string().max(10).optional().describe('2026-03-02, 2026-W10 or 2026-03'),
    package: z.string().min(1).max(2048).optional().describe('path of a package that the job reads or made'),
  }),
);
export type RerunBody = z.output<typeof RerunBody>;
