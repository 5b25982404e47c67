import { isIPv4, isIPv6 } from 'node:net';

/** An address as it is written: an IPv4 address that came over IPv6 as itself, without the zone of a link. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address.replace(/%.*$/, '');
}

/**
 * An address of which the last octet (IPv4) or the last 80 bits (IPv6) are zero; '' of a text that is no address, which might
 * hold one.
 */
export function anonymousAddress(address: string): string {
  const plain = plainAddress(address);
  if (isIPv4(plain)) return plain.replace(/\d+$/, '0');
  if (!isIPv6(plain)) return '';
  const groups = firstGroups(plain, 3);
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::`;
}

/** Whom a rate is counted for: an IPv4 address, or the /64 of an IPv6 one, which is a connection's. */
export function countedAddress(address: string): string {
  return address.includes(':') && isIPv6(address) ? firstGroups(address, 4).join(':') : address;
}

/** Loopback: a program on this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address));
}

/** The first groups of an IPv6 address, in hex without leading zeros. */
function firstGroups(address: string, n: number): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted end stands for two groups; it is never among the first four but where '::' is missing, and then too it is last.
  const have = before.length + after.length + (address.includes('.') ? 1 : 0);
  const groups = tail === undefined ? before : [...before, ...Array.from({ length: Math.max(0, 8 - have) }, () => '0'), ...after];
  return groups.slice(0, n).map((g) => (g.includes('.') ? g : (parseInt(g, 16) || 0).toString(16)));
}
