import { sentence } from '../format/text.js';
import { askForToken, token } from '../state/access.js';
import type { Problem } from './types.js';

/** What went wrong with a request, in the words of the API (`application/problem+json`). `status` 0: there was no answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

const REMEMBERED = 64;
const answers = new Map<string, { readonly etag: string; readonly body: unknown }>();

/** The address of something in the API, wherever the panel is served from. */
export const apiUrl = (path: string): URL => new URL(`api/v1/${path}`, document.baseURI);

export function authorization(): Record<string, string> {
  const value = token();
  return value === null ? {} : { authorization: `Bearer ${value}` };
}

/** The path of a package in the API: without its leading slash, each segment encoded. */
export const packagePath = (path: string): string => path.split('/').filter(Boolean).map(encodeURIComponent).join('/');

/** An answer that has not changed is the same object as before. Errors: ApiError; 401 asks for a token. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const known = answers.get(path);
  const response = await request(path, {
    headers: { accept: 'application/json', ...authorization(), ...(known === undefined ? {} : { 'if-none-match': known.etag }) },
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 304 && known !== undefined) return known.body as T;
  const body: unknown = await response.json();
  const etag = response.headers.get('etag');
  if (etag !== null) remember(path, etag, body);
  return body as T;
}

/** Errors: ApiError. */
export async function post<T>(path: string, body?: object): Promise<T> {
  const response = await request(path, {
    method: 'POST',
    headers: { accept: 'application/json', ...authorization(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path), { ...init, credentials: 'omit', redirect: 'error' });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new ApiError(0, 'The service does not answer. Is `tidemill serve` running?');
  }
  if (response.ok || response.status === 304) return response;
  throw await refusal(response);
}

/** Why the API refused; a 401 is passed on to whoever can give a token. */
export async function refusal(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  const message = sentence(problem?.detail ?? problem?.title ?? `the service answered ${response.status}`);
  if (response.status === 401) askForToken(message);
  return new ApiError(response.status, message, problem?.code);
}

function remember(path: string, etag: string, body: unknown): void {
  answers.delete(path);
  answers.set(path, { etag, body });
  const oldest = answers.keys().next();
  if (answers.size > REMEMBERED && oldest.done !== true) answers.delete(oldest.value);
}
