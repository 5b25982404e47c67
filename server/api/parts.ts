import type { Log } from '../log.js';
import type { Service } from '../service/contract.js';
import type { EventHub } from './events/event-hub.js';
import type { Overview } from './overview/overview.js';

/** What the routes are made of. */
export interface ApiParts {
  readonly service: Service;
  readonly overview: Overview;
  readonly hub: EventHub;
  readonly log: Log;
  /** Whether the server has begun to close. */
  readonly isClosing: () => boolean;
}
