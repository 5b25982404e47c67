import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Let pages of some origins read the sensor's answers, and ask beforehand whether they may send (CORS). Answers have no cookies and
 * need none, so credentials are never allowed. `origins`: `*` is any.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  const any = origins.includes('*');
  const known = new Set(origins);
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    if (any) void reply.header('access-control-allow-origin', '*');
    else {
      const { origin } = request.headers;
      void reply.header('vary', 'origin');
      if (origin !== undefined && known.has(origin)) void reply.header('access-control-allow-origin', origin);
    }
    done();
  });
  app.options('/*', (_, reply) => {
    void reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'content-type, authorization',
        'access-control-max-age': '86400',
      })
      .send();
  });
}
