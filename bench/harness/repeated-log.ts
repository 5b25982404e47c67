import type { Piece } from '../generate/write.js';

/** An IPv4 address at the beginning of a line. */
const ADDRESS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3}\.\d{1,3}) /;

/**
 * The lines of a log that are not empty, again and again until there are so many, a copy a piece. Nothing but the addresses is changed, so
 * that every line stays as good or bad as it was: copy k has k added to the first two bytes of each IPv4 address. Otherwise
 * the visitors, the sessions and all that is kept once a distinct value would be those of one copy.
 */
export function* repeatedLog(log: Uint8Array, lines: number): Generator<Piece> {
  // Latin-1 keeps every byte as it is.
  const own = Buffer.from(log.buffer, log.byteOffset, log.length)
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  if (own.length === 0) throw new RangeError('the log has no line');
  for (let copy = 0, left = lines; left > 0; copy++, left -= own.length) {
    const wanted = left < own.length ? own.slice(0, left) : own;
    const text =
      copy === 0 ? wanted : wanted.map((line) => line.replace(ADDRESS, (_, a, b, rest) => `${moved(Number(a), Number(b), copy)}.${rest} `));
    yield { bytes: Buffer.from(`${text.join('\n')}\n`, 'latin1') };
  }
}

/** The first byte stays within 1 to 223: a public address remains one of a host. */
function moved(a: number, b: number, copy: number): string {
  const sum = b + copy;
  return `${1 + ((a - 1 + Math.floor(sum / 256) + 223) % 223)}.${sum % 256}`;
}
