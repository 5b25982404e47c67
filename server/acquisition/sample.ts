import { SAMPLE_BYTES } from '../import/detect-format.js';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The bytes of some content that tell its format: the first, behind empty lines and the NULs that stand in the place of what a
 * rotation has cut off a log. One NUL where there is nothing but those, none where there is nothing but empty lines. Reads no
 * further than it must.
 */
export async function sampleOf(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let hasNul = false;
  for await (const bytes of content) {
    let from = 0;
    if (length === 0) {
      for (; from < bytes.length && isBlank(bytes[from] as number); from++) hasNul ||= bytes[from] === 0;
      if (from === bytes.length) continue;
    }
    parts.push(bytes.subarray(from));
    length += bytes.length - from;
    if (length >= SAMPLE_BYTES) break;
  }
  if (length === 0) return Buffer.alloc(hasNul ? 1 : 0);
  return Buffer.concat(parts).subarray(0, SAMPLE_BYTES);
}

function isBlank(byte: number): boolean {
  return byte === NEWLINE || byte === RETURN || byte === 0;
}
