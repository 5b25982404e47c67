import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';

/** How often Node looks for requests whose time is up, in ms. */
const LOOK_MS = 1000;
/**
 * A client that has taken nothing of its answer for once or twice so long is let go, in ms. Also how long an answer may take, and more
 * than streams of events are silent.
 */
const SILENCE_MS = 30_000;
/** So many addresses it takes to have all connections. */
const ADDRESSES = 8;

/**
 * What Fastify is to tell Node's server, for heads of requests that may take `headMs` (a new connection's first one from its beginning
 * on) and bodies that may take `bodyMs`. Node would look every 30 s, and take the longer time for that of the whole request.
 */
export function timeouts(headMs: number, bodyMs: number) {
  return {
    http: { headersTimeout: headMs, connectionsCheckingInterval: Math.min(LOOK_MS, headMs) },
    requestTimeout: headMs + bodyMs,
    connectionTimeout: SILENCE_MS,
  } satisfies FastifyHttpOptions<Server>;
}

export interface ConnectionLimits {
  /** Most connections at a time; fewer where this process may not open twice as many files. */
  readonly most: number;
  /** Whom a connection from an address is counted for; undefined where many clients come from there. */
  readonly countedFor: (address: string) => string | undefined;
}

/** Connections that share a limit. */
interface Crowd {
  readonly most: number;
  size: number;
  /** Those without a request under way, longest so first. */
  readonly idle: Set<Socket>;
}

interface Place {
  /** Requests that are not answered yet. */
  requests: number;
  /** Those of `all` and of its address that it is counted in; none when it has gone. */
  crowds: readonly Crowd[];
}

/**
 * Keep a server's connections within bounds, and let nobody shut it for others by holding them: where there are too many, the one goes
 * that has been without a request for longest, and the new one only where all have one. Whoever is counted may have an eighth of them.
 */
export function limitConnections(server: Server, { most, countedFor }: ConnectionLimits): void {
  const all = crowdOf(Math.min(most, Math.floor(openFilesLimit() / 2)));
  const byAddress = new Map<string, Crowd>();
  const places = new WeakMap<Socket, Place>();

  const leave = (socket: Socket): void => {
    const place = places.get(socket);
    for (const crowd of place?.crowds ?? []) {
      crowd.size--;
      crowd.idle.delete(socket);
    }
    if (place !== undefined) place.crowds = [];
  };
  /** Whether one more may come, now that one without a request has gone where there are too many. */
  const makeRoom = (crowd: Crowd): boolean => {
    if (crowd.size < crowd.most) return true;
    const [longest] = crowd.idle;
    if (longest === undefined) return false;
    leave(longest);
    longest.destroy();
    return true;
  };

  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    // It has gone already.
    if (remoteAddress === undefined) return;
    const key = countedFor(remoteAddress);
    const own = key === undefined ? undefined : (byAddress.get(key) ?? crowdOf(Math.ceil(all.most / ADDRESSES)));
    const crowds = own === undefined ? [all] : [own, all];
    if (!crowds.every(makeRoom)) return void socket.destroy();
    if (key !== undefined && own !== undefined) byAddress.set(key, own);
    places.set(socket, { requests: 0, crowds });
    for (const crowd of crowds) {
      crowd.size++;
      crowd.idle.add(socket);
    }
    socket.once('close', () => {
      leave(socket);
      if (key !== undefined && own?.size === 0 && byAddress.get(key) === own) byAddress.delete(key);
    });
  });

  server.on('request', ({ socket }, response) => {
    const place = places.get(socket);
    if (place === undefined) return;
    if (place.requests++ === 0) for (const { idle } of place.crowds) idle.delete(socket);
    response.once('close', () => {
      if (--place.requests === 0) for (const { idle } of place.crowds) idle.add(socket);
    });
  });
}

function crowdOf(most: number): Crowd {
  return { most, size: 0, idle: new Set() };
}

/** How many files this process may open; Infinity where the system does not tell. */
function openFilesLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
