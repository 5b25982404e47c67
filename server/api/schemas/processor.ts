import * as z from 'zod';
import { count, listOf, name } from './common.js';
import { JobSummary } from './job.js';

const summary = {
  name: z.string(),
  kind: z.enum(['mapreduce', 'map', 'link', 'inject']),
  input: z.string(),
  output: z.string(),
  covers: z.enum(['package', 'day', 'week', 'month']).describe('what one job covers'),
  state: z.enum(['idle', 'waiting', 'running', 'failed']),
  running: count,
  waiting: count.describe('jobs that are scheduled'),
  failed: count,
  succeeded: count,
  cancelled: count,
  lastJob: JobSummary.optional().describe('the job that was started last'),
  custom: z.boolean().describe('whether it is a processor of your own'),
};

export const ProcessorSummary = name('ProcessorSummary', z.object(summary));
export type ProcessorSummary = z.output<typeof ProcessorSummary>;

export const ProcessorDetail = name(
  'ProcessorDetail',
  z.object({ ...summary, jobs: z.array(JobSummary).describe('the last 20, newest first') }),
);
export type ProcessorDetail = z.output<typeof ProcessorDetail>;

export const ProcessorList = name('ProcessorList', listOf(ProcessorSummary));
export type ProcessorList = z.output<typeof ProcessorList>;
