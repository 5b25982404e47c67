import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { limitConnections, timeouts } from '../api/http/connections.js';
import { refuseOtherMethods } from '../api/http/other-methods.js';
import type { Log } from '../log.js';
import type { Settings } from '../settings.js';
import { connectionsOf } from './addresses.js';
import { Bodies } from './bodies.js';
import { impressionsIn, linesOf } from './body.js';
import { allowOrigins } from './cors.js';
import type { Counts } from './counts.js';
import { createGate, type Sender } from './gate.js';
import type { Overload } from './overload.js';
import { impressionOf, PIXEL } from './pixel.js';
import { RETRY_AFTER, Refusal, sendProblem, type Problem } from './problem.js';
import type { Spool } from './spool/spool.js';
import { readTag } from './tag.js';

declare module 'fastify' {
  interface FastifyRequest {
    sender: Sender | null;
  }
}

export interface SensorOptions {
  readonly settings: Settings['sensor'];
  readonly spool: Spool;
  readonly overload: Overload;
  readonly counts: Counts;
  readonly clock: () => number;
  readonly log: Log;
}

const TAG_MAX_AGE = 3600;
/** How often bodies that come too slowly are looked for, in ms. */
const SWEEP_MS = 250;
/** Of the room for what waits large bodies that are under way may have this part. */
const BODIES = 1 / 2;

const BUSY: Problem = {
  status: 503,
  code: 'TM_ERR_SENSOR_OVERLOAD',
  detail: 'more requests wait than may; nothing was taken',
  retryAfter: RETRY_AFTER,
};
const BROKEN: Problem = {
  status: 503,
  code: 'TM_ERR_SPOOL',
  detail: 'impressions cannot be written at the moment; nothing was taken',
  retryAfter: RETRY_AFTER,
};

/**
 * The HTTP side of the capture. An answer of 2xx means that every impression of the request is on the disk, in both open packages
 * of the spool; of a list all are taken, or none.
 */
export function createSensor({ settings, spool, overload, counts, clock, log }: SensorOptions): FastifyInstance {
  const gate = createGate(settings);
  const { maxBytes } = settings.requestQueue;
  const bodies = new Bodies({
    most: settings.bodyLimit,
    room: maxBytes * BODIES,
    timeoutMs: settings.bodyTimeout,
    graceMs: settings.bodyRate.grace,
    minRate: settings.bodyRate.min,
    left: () => maxBytes - spool.waitingBytes,
    clock,
  });
  const tag = readTag(settings.respectDoNotTrack);
  const app = fastify({
    logger: false,
    bodyLimit: settings.bodyLimit,
    exposeHeadRoutes: false,
    ...timeouts(settings.headTimeout, settings.bodyTimeout),
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    frameworkErrors: (_, __, reply) =>
      sendProblem(reply, { status: 400, code: 'TM_ERR_SENSOR_REQUEST', detail: 'the address cannot be decoded' }),
  });
  limitConnections(app.server, { most: settings.maxConnections, countedFor: connectionsOf(settings.trustedProxies) });
  const sweeps = setInterval(() => bodies.sweep(), SWEEP_MS).unref();
  app.addHook('onClose', (_, done) => {
    clearInterval(sweeps);
    done();
  });
  const refuseOthers = refuseOtherMethods(app, (reply, detail) =>
    sendProblem(reply, { status: 405, code: 'TM_ERR_SENSOR_REQUEST', detail }),
  );
  app.decorateRequest('sender', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', 'text/plain'], ({ sender, headers }, payload, done) => {
    // What is refused or at no address of ours is not read.
    if (sender === null) return done(null);
    bodies.read(payload, Number(headers['content-length'] ?? NaN), sender.counted, done);
  });
  allowOrigins(app, settings.corsOrigins);

  /** Before the body is read, so that an overloaded sensor does not fill its memory with what it refuses. */
  const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const admitted = gate.admit(request, clock());
    const problem = 'status' in admitted ? admitted : refusal();
    if (problem === undefined) {
      request.sender = admitted as Sender;
      return done();
    }
    if (problem.status === 503) counts.refused++;
    else counts.rejected++;
    sendProblem(reply, problem);
  };
  const refusal = (): Problem | undefined => {
    if (!spool.takes) return spool.trouble === undefined ? BUSY : BROKEN;
    return overload.admits(spool.waiting, spool.waitingBytes) ? undefined : BUSY;
  };

  const take = (impressions: readonly unknown[], request: FastifyRequest, reply: FastifyReply, answer: () => void): void => {
    const { length } = impressions;
    const sender = request.sender as Sender;
    gate.count(sender, length);
    const lines = linesOf(impressions, sender);
    if (typeof lines !== 'string') {
      counts.rejected += length;
      const detail = `${lines.length === 1 ? 'an impression breaks a rule' : 'impressions break rules'}; nothing was taken`;
      return sendProblem(reply, { status: 400, code: 'TM_ERR_SENSOR_IMPRESSION', detail, errors: lines });
    }
    if (lines === '') return answer();
    // Others may have come while the body was read.
    const problem = refusal();
    if (problem !== undefined) {
      counts.refused += length;
      return sendProblem(reply, problem);
    }
    spool.append(lines, length, sender.now, (error) => {
      if (error === undefined) {
        counts.accepted += length;
        answer();
      } else {
        counts.refused += length;
        sendProblem(reply, BROKEN);
      }
    });
  };

  app.post('/sensor', { onRequest }, (request, reply) => {
    const impressions = impressionsIn(request.body);
    // The request is there until its answer is read.
    request.body = undefined;
    if (impressions === undefined) {
      counts.rejected++;
      const detail = 'the body is not a JSON object, nor a list of them, in UTF-8';
      return sendProblem(reply, { status: 400, code: 'TM_ERR_SENSOR_BODY', detail });
    }
    take(impressions, request, reply, () => void reply.code(204).send());
  });

  app.get('/sensor.gif', { onRequest }, (request, reply) => {
    const impression = impressionOf(request.query as Record<string, string | string[]>);
    take([impression], request, reply, () => void reply.headers({ 'content-type': 'image/gif', 'cache-control': 'no-store' }).send(PIXEL));
  });

  app.get('/tidemill.js', { exposeHeadRoute: true }, (request, reply) => {
    void reply.headers({
      etag: tag.etag,
      'cache-control': `public, max-age=${TAG_MAX_AGE}`,
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
    if (request.headers['if-none-match'] === tag.etag) return reply.code(304).send();
    return reply.type('text/javascript; charset=utf-8').send(tag.source);
  });

  app.get('/healthz', { exposeHeadRoute: true }, (_, reply) => {
    const { state } = overload;
    return reply.code(state === 'CRITICAL' ? 503 : 200).send({ state });
  });

  refuseOthers();
  app.setNotFoundHandler((_, reply) => {
    sendProblem(reply, { status: 404, code: 'TM_ERR_SENSOR_REQUEST', detail: 'the sensor has no such address' });
  });
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Refusal) {
      if (error.problem.status === 503) counts.refused++;
      else counts.rejected++;
      return sendProblem(reply.header('connection', 'close'), error.problem);
    }
    const { statusCode = 500, code } = error as { statusCode?: number; code?: string };
    if (statusCode < 500) {
      if (request.sender !== null) counts.rejected++;
      return sendProblem(reply, {
        status: statusCode,
        code: 'TM_ERR_SENSOR_REQUEST',
        detail: DETAILS[statusCode] ?? 'the request is wrong',
      });
    }
    log.error('the sensor could not answer a request', { error, reason: code });
    sendProblem(reply, { status: 500, code: 'TM_ERR_INTERNAL', detail: 'the sensor failed; nothing is known of what was taken' });
  });
  return app;
}

const DETAILS: Readonly<Record<number, string>> = {
  415: 'the content type must be application/json or text/plain',
};
