import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from '../import/address.js';

/**
 * Of an address in canonical form one whose last octet (IPv4) or last 80 bits (IPv6) are zero; '' of a host name, which might hold
 * an address.
 */
export function anonymousAddress(address: string): string {
  if (isIPv4(address)) return address.replace(/\d+$/, '0');
  if (!isIPv6(address)) return '';
  const groups = firstGroups(address, 3);
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::`;
}

/** Whom a rate is counted for: an IPv4 address, or the /64 of an IPv6 one, which is a connection's. */
export function countedAddress(address: string): string {
  return address.includes(':') && isIPv6(address) ? firstGroups(address, 4).join(':') : address;
}

/**
 * Whom a connection is counted for, where `proxies` are addresses and networks such as `192.0.2.0/24`: nobody where it comes from one of
 * those or from loopback, which may be a proxy as well, for many clients come from there.
 */
export function connectionsOf(proxies: readonly string[]): (address: string) => string | undefined {
  const list = new BlockList();
  const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');
  for (const network of proxies) {
    const [address = '', prefix] = network.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (address) => {
    const from = canonicalAddress(address) ?? address;
    return isLoopback(from) || list.check(from, familyOf(from)) ? undefined : countedAddress(from);
  };
}

/** Loopback: a program on this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address));
}

/** The first groups of an IPv6 address in canonical form. */
function firstGroups(address: string, n: number): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after].slice(0, n);
}
