/** What the capture process says of itself: once a second, and at each change of its state. Times are ms since the epoch. */
export interface CaptureStatus {
  readonly state: 'OK' | 'WARNING' | 'CRITICAL' | 'DOWN';
  readonly since: number;
  readonly port: number;
  /** Requests that wait, and how many of them make a warning and the limit. */
  readonly queue: number;
  readonly warnSize: number;
  readonly maxSize: number;
  /** Since the process began: impressions answered 2xx, 4xx and 503; a request of which nothing was read counts as one. */
  readonly accepted: number;
  readonly rejected: number;
  readonly refused: number;
  /** Impressions accepted in the last second. */
  readonly perSecond: number;
  /** The package of oirawdata that is being written. */
  readonly open: { readonly package: string; readonly lines: number; readonly bytes: number; readonly since: number } | null;
  /** Why impressions cannot be written at the moment. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** How often a child tells that it is alive, ms. */
export const ALIVE_MS = 1000;

/** What a child tells the supervisor. */
export type ChildMessage =
  | { readonly kind: 'ready'; readonly port: number }
  /** The event loop turns: every `ALIVE_MS` from `ready` on. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'capture'; readonly status: CaptureStatus }
  /** A package of the spool got its final name: its path below spool/, such as `oirawdata/2026/03/02/sensor-000012-1772409600000`. */
  | { readonly kind: 'closed'; readonly package: string }
  /** Why the process ends, sent before it does. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly exitCode: 1 | 2 }
  /** The last message of a process: what was sent before has arrived. */
  | { readonly kind: 'ended' };

/** What the supervisor tells a child; `stop` goes to each, the others to the engine process. */
export type SupervisorMessage =
  | Extract<ChildMessage, { readonly kind: 'capture' | 'closed' }>
  | { readonly kind: 'capture-down'; readonly reason: string }
  | { readonly kind: 'stop' };

/** What a child process is started with, as one JSON argument. It is no secret: the database is TIDEMILL_DATABASE of the environment. */
export interface ChildOptions {
  readonly data: string;
  readonly dataset: string;
  readonly workers?: number;
  readonly port: number;
  readonly host: string;
}
