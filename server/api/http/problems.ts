import { TidemillError } from '../../../engine/errors.js';
import { engineErrors } from '../../../engine/errors.js';
import { serverErrors } from '../../errors.js';
import type { Problem } from '../schemas/index.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The status that goes with a code; what is not here is a fault of ours. */
const STATUS: Readonly<Record<string, number>> = {
  TM_ERR_API_REQUEST: 400,
  TM_ERR_API_CURSOR: 400,
  TM_ERR_PERIOD: 400,
  TM_ERR_API_TOKEN: 401,
  TM_ERR_API_ROLE: 403,
  TM_ERR_API_ORIGIN: 403,
  TM_ERR_API_UNKNOWN: 404,
  TM_ERR_JOB_UNKNOWN: 404,
  TM_ERR_LOCATION_UNKNOWN: 404,
  TM_ERR_PACKAGE_UNKNOWN: 404,
  TM_ERR_PROCESSOR_UNKNOWN: 404,
  TM_ERR_API_METHOD: 405,
  TM_ERR_JOB_NOT_RUNNING: 409,
  TM_ERR_JOB_NOT_ENDED: 409,
  TM_ERR_NOTHING_TO_RERUN: 409,
  TM_ERR_API_HOST: 421,
  TM_ERR_API_BUSY: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  500: 'Internal error',
  503: 'Unavailable',
};

/**
 * What a client is told of an error (RFC 9457). Of an error that nobody foresaw it learns no more than that: its message may
 * hold anything, and it is in the log.
 */
export function problemOf(error: unknown, instance: string): Problem {
  const { code, status, detail } = aboutError(error);
  return { type: `urn:tidemill:error:${code}`, title: TITLES[status] ?? 'Error', status, detail, code, instance };
}

function aboutError(error: unknown): { code: string; status: number; detail: string } {
  if (error instanceof TidemillError) return { code: error.code, status: STATUS[error.code] ?? 500, detail: error.message };
  const { statusCode, message } = (error ?? {}) as { statusCode?: unknown; message?: unknown };
  // What Fastify itself refuses: a body that is too large or no JSON.
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return { code: 'TM_ERR_API_REQUEST', status: statusCode, detail: String(message) };
  const registry: Readonly<Record<string, { readonly summary: string }>> = { ...engineErrors, ...serverErrors };
  return { code: 'TM_ERR_INTERNAL', status: 500, detail: registry['TM_ERR_INTERNAL']?.summary ?? '' };
}
