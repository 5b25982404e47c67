import { isIP } from 'node:net';
import { fail } from '../../errors.js';
import { isLoopback } from './access.js';

/** Names that the API goes by, in lower case and without ports. */
export type HostNames = ReadonlySet<string>;

export function hostNames(listensOn: string, more: readonly string[]): HostNames {
  return new Set([listensOn, ...more].map((host) => host.replace(/^\[(.*)\]$/, '$1').toLowerCase()));
}

/**
 * Refuse a request that was meant for somebody else. A page that points its own name at our address (DNS rebinding) is of
 * our origin to a browser; but its name is in `Host`. Errors: TM_ERR_API_HOST.
 */
export function checkHost(host: string | undefined, names: HostNames, localAddress: string | undefined): void {
  const name = hostNameOf(host);
  if (name !== undefined && (isLoopback(name) || names.has(name) || isSameAddress(name, localAddress))) return;
  throw fail('TM_ERR_API_HOST', `'${host ?? ''}' is not a name of this server`);
}

/**
 * Refuse what a page of another site asks for: without tokens, whoever can make a browser send a request has the rights of
 * its user. Programs send neither header. Errors: TM_ERR_API_ORIGIN.
 */
export function checkOrigin(
  {
    origin,
    fetchSite,
    changes,
  }: { readonly origin: string | undefined; readonly fetchSite: string | undefined; readonly changes: boolean },
  host: string | undefined,
): void {
  const isForeign =
    origin === undefined ? changes && fetchSite !== undefined && !['same-origin', 'none'].includes(fetchSite) : originHost(origin) !== host;
  if (isForeign) throw fail('TM_ERR_API_ORIGIN', `a page of ${origin ?? 'another site'} may not ask this server`);
}

/** Name or address of a `Host` header; undefined where it is not of that form. */
function hostNameOf(host: string | undefined): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([a-z\d.-]+?)\.?)(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? /^https?:\/\/(.*)$/.exec(origin)?.[1] : undefined;
}

/** An address cannot be rebound: it is what the caller dialled. */
function isSameAddress(name: string, localAddress: string | undefined): boolean {
  return isIP(name) !== 0 && localAddress?.replace(/^::ffff:/, '') === name;
}
