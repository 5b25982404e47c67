import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify';

/** Methods that may be asked for; OPTIONS is for those who answer pages of other origins. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies HTTPMethods[];

/**
 * Tell a wrong method from a wrong address (RFC 9110: 405, with `Allow`). Call it before routes are added, and what it answers
 * when all are there. Addresses with a wildcard are left out: nothing may be at what they match.
 */
export function refuseOtherMethods(app: FastifyInstance, refuse: (reply: FastifyReply, detail: string) => void): () => void {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? new Set();
    routes.set(url, known);
    for (const name of [method].flat()) known.add(name);
  });
  return () => {
    for (const [url, known] of [...routes].filter(([at]) => !at.includes('*'))) {
      const allow = [...known].sort().join(', ');
      app.route({
        method: METHODS.filter((name) => !known.has(name)),
        url,
        schema: { hide: true },
        // Before the body is read, of which nobody says that it is of a kind that we take.
        onRequest: ({ method }, reply) => {
          reply.header('allow', allow);
          refuse(reply, `${method} is not for this address, but ${allow}`);
        },
        handler: () => undefined,
      });
    }
  };
}
