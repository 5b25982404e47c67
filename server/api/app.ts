import swagger from '@fastify/swagger';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { connectionsOf } from '../capture/addresses.js';
import { fail } from '../errors.js';
import { VERSION } from '../version.js';
import { Access } from './http/access.js';
import { limitConnections, timeouts } from './http/connections.js';
import { etagOf, isNotModified } from './http/etag.js';
import { COMMON_HEADERS, DATA_POLICY } from './http/headers.js';
import { checkHost, checkOrigin, hostNames } from './http/hosts.js';
import { refuseOtherMethods } from './http/other-methods.js';
import { withPathsEscaped } from './http/paths.js';
import { PROBLEM_TYPE, problemOf } from './http/problems.js';
import { namedSchemas } from './http/route.js';
import { metricsOf } from './metrics.js';
import { docsRoutes } from './pages/docs.js';
import { panelRoutes } from './pages/panel.js';
import { eventRoutes } from './routes/events.js';
import { healthRoutes } from './routes/health.js';
import { injectionRoutes } from './routes/injections.js';
import { jobRoutes } from './routes/jobs.js';
import { locationRoutes } from './routes/locations.js';
import { packageRoutes } from './routes/packages.js';
import { processorRoutes } from './routes/processors.js';
import { rejectRoutes } from './routes/rejects.js';
import { schedulerRoutes } from './routes/scheduler.js';
import { statusRoutes } from './routes/status.js';
import type { ApiParts } from './parts.js';
import type { Problem } from './schemas/index.js';

const BODY_LIMIT = 64 * 1024;
/** How long the head of a request and its body may take, in ms. */
const HEAD_MS = 10_000;
const BODY_MS = 10_000;
/** Most connections at a time, of which streams of events may be 200. */
const CONNECTIONS = 2000;
const V1 = '/api/v1';

export interface AppOptions {
  /** The address that it will listen on. */
  readonly host: string;
  /** The panel's files, where they are not beside this program. */
  readonly panel?: string | undefined;
}

/** The HTTP server of a service, not listening yet: job API, metrics, documentation and panel. */
export async function buildApp(parts: ApiParts, { host, panel }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    keepAliveTimeout: 15_000,
    ...timeouts(HEAD_MS, BODY_MS),
    return503OnClosing: false,
    rewriteUrl: ({ url = '/' }) => withPathsEscaped(url),
    routerOptions: { maxParamLength: 4096 },
    // An address that cannot be decoded gets no further than here, past what guards the others.
    frameworkErrors: (error, request, reply) => {
      void reply.headers(COMMON_HEADERS).header('content-security-policy', DATA_POLICY);
      sendProblem(reply, problemOf(error, pathOf(request)));
    },
  });
  limitConnections(app.server, { most: CONNECTIONS, countedFor: connectionsOf([]) });
  // A form of another site can send text without being asked whether it may.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  guard(app, parts, host);
  answerErrors(app, parts);
  tagAnswers(app, parts);
  const refuseOthers = refuseOtherMethods(app, (_, detail) => {
    throw fail('TM_ERR_API_METHOD', detail);
  });

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidemill',
        version: VERSION,
        description:
          'What a Tidemill service is doing, and how to steer it. Times are ms since the epoch; every error is a problem (RFC 9457).',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Where the service has tokens' } } },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${i}`) },
  });
  for (const schema of namedSchemas()) app.addSchema(schema);

  const metrics = metricsOf(parts, app);
  await app.register(
    (v1, _, done) => {
      for (const add of [
        statusRoutes,
        locationRoutes,
        packageRoutes,
        processorRoutes,
        jobRoutes,
        schedulerRoutes,
        injectionRoutes,
        rejectRoutes,
        eventRoutes,
      ])
        add(v1, parts);
      done();
    },
    { prefix: V1 },
  );
  healthRoutes(app, parts);
  app.get('/metrics', { config: { role: 'read' }, schema: { hide: true } }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  let document: string | undefined;
  app.get('/api/openapi.json', { schema: { hide: true } }, (_, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(document);
  });
  docsRoutes(app);
  panelRoutes(app, panel);
  refuseOthers();
  await app.ready();
  return app;
}

/** Who may ask, before anything is read of what is asked. */
function guard(app: FastifyInstance, { service }: ApiParts, host: string): void {
  const { api } = service.dataset.settings;
  const names = hostNames(host, api.hosts);
  const access = new Access(api);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(COMMON_HEADERS);
    reply.header('content-security-policy', DATA_POLICY);
    const { headers, method, routeOptions, socket } = request;
    checkHost(headers.host, names, socket.localAddress);
    checkOrigin(
      { origin: headers.origin, fetchSite: text(headers['sec-fetch-site']), changes: method !== 'GET' && method !== 'HEAD' },
      headers.host,
    );
    if (routeOptions.config.role !== undefined) access.check(headers.authorization, routeOptions.config.role);
    done();
  });
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join() : header;
}

/** Every error, whoever throws it, becomes a problem. */
function answerErrors(app: FastifyInstance, { log }: ApiParts): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, pathOf(request));
    if (problem.status >= 500 && problem.code !== 'TM_ERR_API_BUSY')
      log.error('a request failed', { method: request.method, path: problem.instance, error });
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="tidemill"');
    if (problem.status === 503) reply.header('retry-after', '5');
    reply.removeHeader('etag');
    sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request) => {
    throw fail('TM_ERR_API_UNKNOWN', `there is nothing at ${request.method} ${pathOf(request)}`);
  });
}

/** The path as it was asked for. */
function pathOf({ originalUrl, url }: FastifyRequest): string {
  return (originalUrl ?? url).split('?', 1)[0] ?? '';
}

function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply.code(problem.status).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Pollers that have the newest answer get 304; a server that closes says so. */
function tagAnswers(app: FastifyInstance, { isClosing }: ApiParts): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (isClosing()) reply.header('connection', 'close');
    if (
      !request.url.startsWith(V1) ||
      reply.statusCode !== 200 ||
      (request.method !== 'GET' && request.method !== 'HEAD') ||
      typeof payload !== 'string'
    ) {
      done(null, payload);
      return;
    }
    const own = reply.getHeader('etag');
    const etag = typeof own === 'string' ? own : etagOf(payload);
    reply.headers({ etag, 'cache-control': 'private, no-cache', vary: 'authorization' });
    if (!isNotModified(request.headers['if-none-match'], etag)) {
      done(null, payload);
      return;
    }
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    done(null, null);
  });
}
