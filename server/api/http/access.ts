import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { fail } from '../../errors.js';
import type { Settings } from '../../settings.js';

/** What a caller may do: look, or also change something. */
export type Role = 'read' | 'admin';

/** Who may do what, by the tokens of the settings. Without any token everybody who gets through to the port may do everything. */
export class Access {
  readonly #tokens: readonly { readonly role: Role; readonly digest: Buffer }[];

  constructor({ adminToken, readToken }: Pick<Settings['api'], 'adminToken' | 'readToken'>) {
    const tokens = [
      { role: 'admin', token: adminToken },
      { role: 'read', token: readToken },
    ] as const;
    this.#tokens = tokens.flatMap(({ role, token }) => (token === undefined ? [] : [{ role, digest: digestOf(token) }]));
  }

  /** Errors: TM_ERR_API_TOKEN (no token, or none that is known), TM_ERR_API_ROLE (one that may read only). */
  check(authorization: string | undefined, needed: Role): void {
    if (this.#tokens.length === 0) return;
    const role = this.#roleOf(authorization);
    if (role === undefined) throw fail('TM_ERR_API_TOKEN', authorization === undefined ? 'a token is needed' : 'the token is not known');
    if (needed === 'admin' && role !== 'admin') throw fail('TM_ERR_API_ROLE', 'this token may read only');
  }

  /** Takes as long for any token: digests of one length are compared, all of them, each to its end. */
  #roleOf(authorization: string | undefined): Role | undefined {
    const given = digestOf(/^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1] ?? '');
    let role: Role | undefined;
    for (const known of this.#tokens) if (timingSafeEqual(given, known.digest)) role ??= known.role;
    return role;
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whether only this machine can reach what listens on an address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Whether the API may listen on an address: on one that others can reach only with an admin token.
 * Errors: TM_ERR_API_BIND.
 */
export function checkBinding(host: string, { adminToken }: Pick<Settings['api'], 'adminToken'>): void {
  if (isLoopback(host) || adminToken !== undefined) return;
  throw fail('TM_ERR_API_BIND', `to listen on ${host}, which others can reach, the API needs the setting api.adminToken`);
}
