import { fail } from '../../errors.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

/** A client that does not take what it is sent is let go; it may come back and go on where it was. */
const MAX_BUFFERED = 1 << 20;

export function eventRoutes(app: FastifyInstance, { hub, isClosing }: ApiParts): void {
  app.get(
    '/events',
    {
      config: { role: 'read' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEvents',
        tags: ['events'],
        summary: 'What changes, as server-sent events',
        description:
          'Events `job`, `package`, `capture`, `agent` and `scheduler`; `data` is a JobSummary, PackageEvent, CaptureStatus, AgentStatus or ' +
          'SchedulerStatus. Ids grow, also from one start of the service to the next. With `Last-Event-ID` the stream goes on after that ' +
          'event; where not all that came since is kept, `reset` comes first: read everything again. A comment comes every 15 s.',
        security: [{ token: [] }],
        headers: { type: 'object', properties: { 'last-event-id': { type: 'string' } } },
        response: { 200: { description: 'A stream', content: { 'text/event-stream': { schema: { type: 'string' } } } } },
      },
      validatorCompiler: () => () => true,
    },
    (request, reply) => {
      if (hub.isFull || isClosing()) throw fail('TM_ERR_API_BUSY', 'no more streams of events can be opened now');
      const last = request.headers['last-event-id'];
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
        'x-accel-buffering': 'no',
      });
      const stop = hub.listen(typeof last === 'string' && /^\d{1,16}$/.test(last) ? Number(last) : last === undefined ? undefined : NaN, {
        send(text) {
          if (raw.writableLength > MAX_BUFFERED) raw.destroy();
          else raw.write(text);
        },
        end: () => raw.end(),
      });
      raw.on('close', stop);
      raw.on('error', stop);
    },
  );
}
