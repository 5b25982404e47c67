import type { FastifyReply } from 'fastify';
import type { fail } from '../errors.js';

type Code = Parameters<typeof fail>[0];

/** What is wrong with one impression of a request. */
export interface ImpressionFault {
  /** Its place in the list, from 0; 0 where it came alone. */
  readonly index: number;
  /** The reason by which the import would reject it: a field's name, `json` or `length`. */
  readonly reason: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export interface Problem {
  readonly status: number;
  readonly code: Code;
  /** Never holds what the request held. */
  readonly detail: string;
  readonly errors?: readonly ImpressionFault[];
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Seconds after which a sender who is refused for lack of room may try again. */
export const RETRY_AFTER = 2;

/** Why a body was not read to its end; nothing more is read from its connection. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Answer with a problem (RFC 9457). */
export function sendProblem(reply: FastifyReply, { status, code, detail, errors, retryAfter }: Problem): void {
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  void reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, code, ...(errors && { errors }) }));
}
