import * as z from 'zod';
import { fail } from '../../errors.js';
import { operation } from '../http/route.js';
import { ProcessorDetail, ProcessorList, type JobSummary } from '../schemas/index.js';
import { jobSummary } from '../views/job-view.js';
import { processorSummary } from '../views/processor-view.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

const LAST_JOBS = 20;

export function processorRoutes(app: FastifyInstance, { service, overview }: ApiParts): void {
  const { processors } = service.dataset.topology;

  operation(app, {
    method: 'GET',
    url: '/processors',
    id: 'listProcessors',
    tag: 'processors',
    summary: 'All processors, in the order of the flow',
    answer: ProcessorList,
    handle: () => ({ items: [...processors.values()].map((p) => processorSummary(p, overview)) }),
  });

  operation(app, {
    method: 'GET',
    url: '/processors/:name',
    id: 'getProcessor',
    tag: 'processors',
    summary: 'A processor and its last jobs',
    params: { name: z.string() },
    answer: ProcessorDetail,
    problems: [404],
    handle({ params: { name } }) {
      const processor = processors.get(name);
      if (processor === undefined) throw fail('TM_ERR_PROCESSOR_UNKNOWN', `there is no processor '${name}'`);
      const jobs: JobSummary[] = [];
      for (const job of overview.jobs.find({ processors: new Set([name]) })) {
        if (jobs.push(jobSummary(job)) === LAST_JOBS) break;
      }
      return { ...processorSummary(processor, overview), jobs };
    },
  });
}
