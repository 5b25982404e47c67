import { VERSION } from '../../version.js';
import { etagOf } from '../http/etag.js';
import { operation } from '../http/route.js';
import { Status } from '../schemas/index.js';
import { locationSummary } from '../views/location-view.js';
import { processorSummary } from '../views/processor-view.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

export function statusRoutes(app: FastifyInstance, parts: ApiParts): void {
  operation(app, {
    method: 'GET',
    url: '/status',
    id: 'getStatus',
    tag: 'status',
    summary: 'Every component, location and processor with its state, counts and last job',
    answer: Status,
    handle(_, reply) {
      const status = statusOf(parts);
      // That time goes by is no change.
      reply.header('etag', etagOf(JSON.stringify({ ...status, now: 0 })));
      return status;
    },
  });
}

export function statusOf({ service, overview }: ApiParts): Status {
  const { dataset, startedAt } = service;
  const { scheduler, capture, agent, database, retention, workers } = service.status();
  return {
    dataset: dataset.name,
    version: VERSION,
    timeZone: dataset.settings.timeZone,
    now: Date.now(),
    startedAt,
    workers,
    scheduler,
    capture,
    agent: { ...agent, sources: [...agent.sources] },
    database,
    retention: [...retention],
    locations: [...dataset.topology.locations.values()].map((l) => locationSummary(l, overview)),
    processors: [...dataset.topology.processors.values()].map((p) => processorSummary(p, overview)),
  };
}
