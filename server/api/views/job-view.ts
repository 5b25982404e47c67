import { formatDay, formatPeriod, type Job, type Period } from '../../../engine/index.js';
import type { JobDetail, JobSummary, Period as PeriodView, Task } from '../schemas/index.js';

export function periodView(period: Period): PeriodView {
  return { granularity: period.granularity, label: formatPeriod(period), first: formatDay(period.first) };
}

export function jobSummary(job: Job): JobSummary {
  const { id, processor, period, state, attempt, createdAt, startedAt, finishedAt, progress, counters, error } = job;
  const recordsIn = counters['records_in'];
  const recordsOut = counters['records_out'];
  return {
    id,
    processor,
    period: periodView(period),
    state,
    attempt,
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(startedAt === undefined || finishedAt === undefined ? {} : { durationMs: finishedAt - startedAt }),
    progress: { done: progress.done, total: progress.total },
    ...(recordsIn === undefined ? {} : { recordsIn }),
    ...(recordsOut === undefined ? {} : { recordsOut }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}

export function jobDetail(job: Job, tasks: readonly Task[]): JobDetail {
  return { ...jobSummary(job), inputs: [...job.inputs], output: job.output, counters: { ...job.counters }, tasks: [...tasks] };
}
