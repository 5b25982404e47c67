import { operation } from '../http/route.js';
import { Health } from '../schemas/index.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

export function healthRoutes(app: FastifyInstance, { service, isClosing }: ApiParts): void {
  operation(app, {
    method: 'GET',
    url: '/healthz',
    id: 'getHealth',
    tag: 'status',
    summary: 'Whether the process answers at all',
    role: 'open',
    answer: Health,
    handle: () => ({ status: 'ok' as const, reasons: [] }),
  });

  operation(app, {
    method: 'GET',
    url: '/readyz',
    id: 'getReadiness',
    tag: 'status',
    summary: 'Whether the service can do its work; 503 where it cannot',
    role: 'open',
    answer: Health,
    otherwise: 503,
    handle(_, reply) {
      const { scheduler, database, agent, capture } = service.status();
      const reasons = [
        ...(scheduler.state === 'failed' ? ['scheduler'] : []),
        ...(database.state === 'failed' ? ['database'] : []),
        ...(agent.state === 'failed' ? ['agent'] : []),
        ...(capture?.state === 'DOWN' ? ['capture'] : []),
      ];
      const status = isClosing() ? 'closing' : reasons.length > 0 ? 'failed' : 'ok';
      if (status !== 'ok') reply.code(503);
      return { status, reasons } as const;
    },
  });
}
