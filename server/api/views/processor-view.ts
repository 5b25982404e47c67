import { isBuiltIn } from './built-in.js';
import { jobSummary } from './job-view.js';
import type { Processor } from '../../../engine/index.js';
import type { Overview } from '../overview/overview.js';
import type { ProcessorSummary } from '../schemas/index.js';

export function processorSummary({ name, kind, input, output, covers }: Processor, { jobs }: Overview): ProcessorSummary {
  const { running, scheduled, failed, succeeded, cancelled } = jobs.countsOf(name);
  const last = jobs.lastOf(name);
  return {
    name,
    kind,
    input,
    output,
    covers,
    state: running > 0 ? 'running' : scheduled > 0 ? 'waiting' : failed > 0 ? 'failed' : 'idle',
    running,
    waiting: scheduled,
    failed,
    succeeded,
    cancelled,
    ...(last === undefined ? {} : { lastJob: jobSummary(last) }),
    custom: !isBuiltIn(name),
  };
}
