import { byteAt, find } from './machine.js';

export const NEWLINE: i32 = 10;
export const RETURN: i32 = 13;
export const QUOTE: i32 = 34;
export const BACKSLASH: i32 = 92;

export function isDigit(c: i32): bool {
  return c >= 48 && c <= 57;
}

/** Where the quoted text that begins at `start` ends: at the first quote that is not escaped. */
export function endOfQuoted(start: i32): i32 {
  const quote = find(QUOTE, start);
  if (byteAt(quote - 1) !== BACKSLASH) return quote;
  let pos = start;
  let c = byteAt(pos);
  while (c !== QUOTE) {
    pos += c === BACKSLASH ? 2 : 1;
    c = byteAt(pos);
  }
  return pos;
}
