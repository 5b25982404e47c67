import * as z from 'zod';
import { fail } from '../../errors.js';
import { cursorOf, pageFrom } from '../http/cursor.js';
import { dayRange, readDays } from '../http/days.js';
import { operation } from '../http/route.js';
import { numberOf } from '../overview/job-table.js';
import { JobDetail, JobList, JobPage, JobState, JobSummary, pageQuery, RerunBody } from '../schemas/index.js';
import { jobDetail, jobSummary } from '../views/job-view.js';
import type { FastifyInstance } from 'fastify';
import type { Job } from '../../../engine/index.js';
import type { ApiParts } from '../parts.js';

const params = { id: z.string() };
const cursor = cursorOf('jobs', z.int());

export function jobRoutes(app: FastifyInstance, { service, overview, log }: ApiParts): void {
  const { topology } = service.dataset;
  const jobWith = (id: string): Job => {
    const job = overview.jobs.get(id);
    if (job === undefined) throw fail('TM_ERR_JOB_UNKNOWN', `there is no job ${id}`);
    return job;
  };

  operation(app, {
    method: 'GET',
    url: '/jobs',
    id: 'listJobs',
    tag: 'jobs',
    summary: 'Jobs, newest first',
    query: {
      processor: z.string().max(64).optional(),
      state: JobState.optional(),
      location: z.string().max(64).optional().describe('only jobs that read from it or write to it'),
      ...dayRange,
      ...pageQuery,
    },
    answer: JobPage,
    handle({ query: { processor, state, location, limit, cursor: at, ...range } }) {
      const found = overview.jobs.find({ processors: chosen(topology, processor, location), state, ...readDays(range) }, cursor.decode(at));
      return pageFrom(found, limit, { view: jobSummary, cursor: (job) => cursor.encode(numberOf(job.id)) });
    },
  });

  operation(app, {
    method: 'GET',
    url: '/jobs/:id',
    id: 'getJob',
    tag: 'jobs',
    summary: 'A job with its inputs, counters and tasks',
    params,
    answer: JobDetail,
    problems: [404],
    handle({ params: { id } }) {
      const job = jobWith(id);
      return jobDetail(
        job,
        service.tasks(id).map(({ label, thread, attempt, start, end, error }) => ({
          label,
          thread,
          attempt,
          start,
          end,
          ...(error === undefined ? {} : { error }),
        })),
      );
    },
  });

  operation(app, {
    method: 'POST',
    url: '/jobs',
    id: 'rerun',
    tag: 'jobs',
    summary: 'Run what has run once more: all of a processor, a period, or a package',
    description: 'What depends on it runs again as well.',
    body: RerunBody,
    status: 202,
    answer: JobList,
    problems: [404, 409],
    async handle({ body: { processor, period, package: path } }) {
      const jobs = await service.rerun({
        processor,
        ...(period === undefined ? {} : { period }),
        ...(path === undefined ? {} : { package: `/${path.replace(/^\/+|\/+$/g, '')}` }),
      });
      log.info('jobs run again by request', { processor, period, package: path, jobs: jobs.length });
      return { items: jobs.map(jobSummary) };
    },
  });

  operation(app, {
    method: 'POST',
    url: '/jobs/:id/cancel',
    id: 'cancelJob',
    tag: 'jobs',
    summary: 'End a job that runs or is scheduled',
    params,
    status: 202,
    answer: JobSummary,
    problems: [404, 409],
    async handle({ params: { id } }) {
      const outcome = overview.jobs.get(id) === undefined ? 'unknown' : await service.cancel(id);
      if (outcome === 'unknown') throw fail('TM_ERR_JOB_UNKNOWN', `there is no job ${id}`);
      if (outcome === 'not_running') throw fail('TM_ERR_JOB_NOT_RUNNING', `the job ${id} is ${jobWith(id).state}`);
      log.info('job cancelled by request', { job: id });
      return jobSummary(jobWith(id));
    },
  });

  operation(app, {
    method: 'POST',
    url: '/jobs/:id/retry',
    id: 'retryJob',
    tag: 'jobs',
    summary: 'Try a failed or cancelled job again; one that succeeded is run once more, as a new job',
    params,
    status: 202,
    answer: JobSummary,
    problems: [404, 409],
    async handle({ params: { id } }) {
      jobWith(id);
      const job = await service.retry(id);
      log.info('job tried again by request', { job: id });
      return jobSummary(job);
    },
  });
}

/** The processors that a query means; undefined for all. */
function chosen(
  { processors }: ApiParts['service']['dataset']['topology'],
  processor: string | undefined,
  location: string | undefined,
): ReadonlySet<string> | undefined {
  if (location === undefined) return processor === undefined ? undefined : new Set([processor]);
  const around = [...processors.values()].filter((p) => p.input === location || p.output === location).map((p) => p.name);
  return new Set(around.filter((name) => processor === undefined || name === processor));
}
