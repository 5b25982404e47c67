/**
 * Cutting a stream of bytes into whole lines. A line ends with `\n`, which belongs to it; `\r` before it does not matter here.
 */
import { MAX_LINE } from './columns.js';

const NEWLINE = 10;

/** So many bytes of a line, whatever follows, are those of one that is too long: two more than it may have, one of which may be `\r`. */
export const CUT_LINE = MAX_LINE + 2;

/** The byte after the last whole line of a chunk; 0 where it has none. */
export function wholeLines(chunk: Uint8Array): number {
  return asBuffer(chunk).lastIndexOf(NEWLINE) + 1;
}

/** The byte after the line that `at` lies in, or the chunk's length where that line has no end in it. */
export function nextLine(chunk: Uint8Array, at: number): number {
  const newline = asBuffer(chunk).indexOf(NEWLINE, at);
  return newline < 0 ? chunk.length : newline + 1;
}

/** The beginning of a file, without the byte order mark that some editors put there. */
export function withoutByteOrderMark(head: Uint8Array): Uint8Array {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
