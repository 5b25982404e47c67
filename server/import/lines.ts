/**
 * Cutting a stream of bytes into whole lines. A line ends with `\n`, which belongs to it; `\r` before it does not matter here.
 */
const NEWLINE = 10;

/** The byte after the last whole line of a chunk; 0 where it has none. */
export function wholeLines(chunk: Uint8Array): number {
  return asBuffer(chunk).lastIndexOf(NEWLINE) + 1;
}

/** The byte after the line that `at` lies in, or the chunk's length where that line has no end in it. */
export function nextLine(chunk: Uint8Array, at: number): number {
  const newline = asBuffer(chunk).indexOf(NEWLINE, at);
  return newline < 0 ? chunk.length : newline + 1;
}

/** Number of lines; one more where the last lacks its end. */
export function countLines(chunk: Uint8Array): number {
  const bytes = asBuffer(chunk);
  let n = 0;
  let at = 0;
  for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
    n++;
    at = newline + 1;
  }
  return at < bytes.length ? n + 1 : n;
}

/** Cut whole lines into shards of about `shardBytes`: each ends with a line, and only a line that is longer makes one longer. */
export function* shardsOf(lines: Uint8Array, shardBytes: number): Generator<Uint8Array> {
  for (let from = 0; from < lines.length;) {
    const limit = from + shardBytes;
    let to = lines.length;
    if (limit < lines.length) {
      const last = from + wholeLines(lines.subarray(from, limit));
      to = last > from ? last : nextLine(lines, limit);
    }
    yield lines.subarray(from, to);
    from = to;
  }
}

/** The beginning of a file, without the byte order mark that some editors put there. */
export function withoutByteOrderMark(head: Uint8Array): Uint8Array {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
