import { operation } from '../http/route.js';
import { SchedulerStatus } from '../schemas/index.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

export function schedulerRoutes(app: FastifyInstance, { service, log }: ApiParts): void {
  operation(app, {
    method: 'POST',
    url: '/scheduler/pause',
    id: 'pauseScheduler',
    tag: 'scheduler',
    summary: 'Start no more jobs; those under way go on',
    answer: SchedulerStatus,
    handle() {
      service.pause();
      log.info('scheduler paused by request');
      return service.status().scheduler;
    },
  });

  operation(app, {
    method: 'POST',
    url: '/scheduler/resume',
    id: 'resumeScheduler',
    tag: 'scheduler',
    summary: 'Start jobs again',
    answer: SchedulerStatus,
    handle() {
      service.resume();
      log.info('scheduler resumed by request');
      return service.status().scheduler;
    },
  });
}
