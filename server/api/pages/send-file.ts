import { isNotModified } from '../http/etag.js';
import { PAGE_POLICY } from '../http/headers.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StaticFile } from '../http/static-files.js';

/** Answer with a file of ours, or with 304 where the browser has it. */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile): FastifyReply {
  reply.headers({ etag: file.etag, 'cache-control': file.cacheControl, vary: 'accept-encoding', 'content-security-policy': PAGE_POLICY });
  if (isNotModified(request.headers['if-none-match'], file.etag)) return reply.code(304).send();
  reply.type(file.type);
  if (file.gzip === undefined || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(file.body);
  return reply.header('content-encoding', 'gzip').send(file.gzip);
}
