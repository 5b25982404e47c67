import { createHmac, createSecretKey } from 'node:crypto';
import { RecentCache } from './recent-cache.js';

const CACHED_VISITORS = 30_000;

/**
 * The key of a visitor to whom the site gives no id: `h:` and 128 bits in hex of HMAC-SHA-256 over address, NUL and agent
 * (neither holds a NUL). Who has not the secret can neither find the address nor tell whether two datasets met the same visitor.
 */
export function visitorKeys(secret: string): (ip: string, agent: string) => string {
  const key = createSecretKey(secret, 'utf8');
  const known = new RecentCache<string>(CACHED_VISITORS);
  const make = (pair: string): string => `h:${createHmac('sha256', key).update(pair).digest('hex').slice(0, 32)}`;
  return (ip, agent) => known.get(`${ip}\0${agent}`, make);
}
