import * as z from 'zod';
import { name } from './common.js';
import type { JobSummary } from './job.js';
import type { AgentStatus, CaptureStatus, SchedulerStatus } from './status.js';

export const PackageEvent = name(
  'PackageEvent',
  z.object({ change: z.enum(['created', 'removed']), path: z.string(), location: z.string() }),
);
export type PackageEvent = z.output<typeof PackageEvent>;

/**
 * What `data:` of a server-sent event holds, by the name of the event. `reset` comes first where the events since
 * `Last-Event-ID` are not all there any more: whoever gets it reads everything again.
 */
export interface ApiEvents {
  job: JobSummary;
  package: PackageEvent;
  capture: CaptureStatus;
  agent: AgentStatus;
  scheduler: SchedulerStatus;
  reset: Record<string, never>;
}
