import { once } from 'node:events';
import { fail } from '../errors.js';
import { buildApp } from './app.js';
import { EventHub } from './events/event-hub.js';
import { checkBinding } from './http/access.js';
import { overviewOf } from './overview/overview.js';
import type { AddressInfo } from 'node:net';
import type { Log } from '../log.js';
import type { Service } from '../service/contract.js';

export interface ApiOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** How long answers under way are waited for at the end, in ms; default 3 s. */
  readonly drainMs?: number;
  /** The panel's files, where they are not beside this program. */
  readonly panel?: string;
}

export interface Api {
  readonly port: number;
  /** Take no more requests, end the streams of events, wait for answers under way, and close what is left at the deadline. */
  close(): Promise<void>;
}

const DRAIN_MS = 3000;

/**
 * Serve a service over HTTP: job API, metrics, documentation and panel. The service must not be closed before this is.
 * Errors: TM_ERR_API_BIND (no admin token for an address that others reach), TM_ERR_LISTEN (the port is taken), those of the store.
 */
export async function startApi(service: Service, { host, port, log, drainMs = DRAIN_MS, panel }: ApiOptions): Promise<Api> {
  checkBinding(host, service.dataset.settings.api);
  let isClosing = false;
  const hub = new EventHub({ startedAt: service.startedAt });
  const overview = overviewOf(service);
  const stop = service.on((event) => {
    overview.apply(event);
    hub.take(event);
  });
  const undo = (): void => {
    stop();
    hub.close();
  };
  try {
    const app = await buildApp({ service, overview, hub, log, isClosing: () => isClosing }, { host, panel });
    const { server } = app;
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port });
    await once(server, 'listening');
    const drain = async (): Promise<void> => {
      isClosing = true;
      undo();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(deadline);
      await app.close();
    };
    let drained: Promise<void> | undefined;
    return { port: (server.address() as AddressInfo).port, close: () => (drained ??= drain()) };
  } catch (cause) {
    undo();
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(code))
      throw fail('TM_ERR_LISTEN', `the API cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause });
    throw cause;
  }
}
