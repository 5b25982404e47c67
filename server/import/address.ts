/**
 * Addresses in the one spelling in which they are kept (spec §2), so that an address is one visitor and one row however it was
 * written: IPv4 as four numbers, IPv6 as RFC 5952 has it, a host name in small letters.
 */
import { isIP } from 'node:net';

const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+|\[.*\]):\d{1,5}$/s;
const BRACKETS = /^\[(.*)\]$/s;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
const HOST_NAME = /^[A-Za-z0-9._-]+$/;

/** The canonical form of an address; '' where it says that there is none, undefined where it is no address, such as a list of them. */
export function canonicalAddress(text: string): string | undefined {
  if (text === '' || text === '-' || text === 'unix:') return '';
  const alone = text.replace(WITH_PORT, '$1');
  const bare = alone.replace(BRACKETS, '$1').replace(/%.*$/s, '');
  const version = isIP(bare);
  if (version === 4) return bare;
  if (version === 6) return shortest(bare);
  return HOST_NAME.test(alone) ? alone.toLowerCase() : undefined;
}

/** Whether `bytes[start .. end)` is an address in canonical form for certain: digits, small letters, dots, hyphens, underscores. */
export function isPlainAddress(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i] as number;
    if ((c < 48 || c > 57) && (c < 97 || c > 122) && c !== 46 && c !== 45 && c !== 95) return false;
  }
  return end - start > 1 || (end > start && bytes[start] !== 45);
}

/** An IPv6 address in its shortest form, one that stands for an IPv4 address as that. The parser of URLs knows RFC 5952. */
function shortest(address: string): string {
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(short);
  if (mapped === null) return short;
  const [high, low] = [parseInt(mapped[1] as string, 16), parseInt(mapped[2] as string, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
