import type { JobSummary, LiveEvent, ProcessorSummary, Status } from '../api/types.js';

/** The status with one event taken in, so that what is shown does not wait for the next answer. Pure. */
export function applyEvent(status: Status, event: LiveEvent): Status {
  switch (event.kind) {
    case 'capture':
      return { ...status, capture: event.data };
    case 'agent':
      return { ...status, agent: event.data };
    case 'scheduler':
      return { ...status, scheduler: event.data };
    case 'job':
      return { ...status, processors: status.processors.map((p) => (p.name === event.data.processor ? withJob(p, event.data) : p)) };
    case 'package':
    case 'reset':
      return status;
    default:
      return status;
  }
}

/** Counts are left to the next answer: an event does not say what the job's state was before. */
function withJob(p: ProcessorSummary, job: JobSummary): ProcessorSummary {
  const lastJob = p.lastJob === undefined || p.lastJob.id === job.id || p.lastJob.createdAt <= job.createdAt ? job : p.lastJob;
  if (job.state === 'running') return { ...p, lastJob, state: 'running', running: Math.max(p.running, 1) };
  if (job.state === 'failed') return { ...p, lastJob, state: p.running > 1 ? 'running' : 'failed' };
  return { ...p, lastJob };
}
