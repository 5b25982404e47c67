import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Settings } from '../settings.js';
import { canonicalAddress } from '../import/address.js';
import { anonymousAddress, countedAddress, isLoopback } from './addresses.js';
import type { Received } from './impression.js';
import { tokenCheck } from './ingest-token.js';
import type { Problem } from './problem.js';
import { RateLimit } from './rate-limit.js';

/** Who may send, and what the request tells of him. */
export interface Sender extends Received {
  /** Whom his impressions and large bodies are counted for; undefined where they are not limited. */
  readonly counted: string | undefined;
}

/** Greatest length of an agent that is taken from a request's header; the rest of a longer one is cut off. */
const MAX_AGENT = 2048;

export interface Gate {
  /** Before the body is read. */
  admit(request: FastifyRequest, now: number): Sender | Problem;
  count(sender: Sender, impressions: number): void;
}

/**
 * The rules of who may send. The rate is of addresses that come from elsewhere: a program on this machine is not limited, which
 * may also be a proxy that `sensor.trustedProxies` does not name, nor is a sender that shows the token.
 */
export function createGate(settings: Settings['sensor']): Gate {
  const shown = tokenCheck(settings.ingestToken);
  const rate = new RateLimit(settings.rateLimit.max, settings.rateLimit.window);
  const address = settings.anonymiseAddresses ? anonymousAddress : (ip: string): string => ip;
  const { respectDoNotTrack } = settings;

  return {
    admit({ headers, ip }, now) {
      const token = shown(headers.authorization);
      if (token === 'else') return { status: 401, code: 'TM_ERR_SENSOR_TOKEN', detail: 'the token shown is not the ingest token' };
      const agent = headers['user-agent'] ?? '';
      if (token === 'token') return { now, trusted: true, ip: '', agent: '', address, counted: undefined };
      if (respectDoNotTrack && (headers['dnt'] === '1' || headers['sec-gpc'] === '1'))
        return { status: 403, code: 'TM_ERR_SENSOR_PRIVACY', detail: 'the browser asks not to be tracked' };
      // What a proxy forwards may be anything that its client wrote.
      const told = canonicalAddress(ip ?? '') ?? '';
      const from = isIP(told) === 0 ? '' : told;
      const counted = isLoopback(from) ? undefined : countedAddress(from);
      const wait = counted === undefined ? 0 : rate.wait(counted, now);
      if (wait > 0) {
        const retryAfter = Math.ceil(wait / 1000);
        return { status: 429, code: 'TM_ERR_SENSOR_RATE', detail: 'this address has sent too many impressions', retryAfter };
      }
      return { now, trusted: false, ip: from === '' ? '' : address(from), agent: agent.slice(0, MAX_AGENT), address, counted };
    },
    count(sender, impressions) {
      if (sender.counted !== undefined) rate.count(sender.counted, impressions);
    },
  };
}
