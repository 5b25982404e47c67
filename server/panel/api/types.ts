import type { ApiEvents } from '../../api/schemas/index.js';

/** What the API takes and answers. Types only: the schemas themselves stay with the server. */
export type * from '../../api/schemas/index.js';

/** One event of `/api/v1/events`. */
export type LiveEvent = { readonly [K in keyof ApiEvents]: { readonly kind: K; readonly data: ApiEvents[K] } }[keyof ApiEvents];
