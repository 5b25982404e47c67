import { fail } from '../errors.js';
import { nextLine, wholeLines, withoutByteOrderMark } from './lines.js';
import { readLogLine, splitVirtualHost } from './log-line.js';
import type { Format } from './parse-shard.js';

/** How many bytes of a source are enough to tell its format. */
export const HEAD_BYTES = 65_536;

const JUDGED_LINES = 200;
/** Text holds hardly any control characters but white space and, in some logs, escape. */
const MAX_CONTROL_SHARE = 0.1;

/**
 * The format of a source by its beginning (decompressed), or `wanted` where that is not `auto`. It is what most of the first lines
 * have: `impressions` where they are JSON objects, `vhost_combined` where a virtual host stands before the remote host,
 * `combined` where there are referrers and agents, else `common`. undefined where there is no line: there is nothing to import.
 * Errors: TM_ERR_IMPORT_BINARY, TM_ERR_IMPORT_FORMAT. `name` is what they call the source.
 */
export function detectFormat(beginning: Uint8Array, name = 'the source', wanted: Format | 'auto' = 'auto'): Format | undefined {
  const head = withoutByteOrderMark(beginning.subarray(0, HEAD_BYTES));
  if (isBinary(head)) throw fail('TM_ERR_IMPORT_BINARY', `${name} is not text, but binary data`, { data: { source: name } });
  if (wanted !== 'auto') return wanted;
  // A line that the head cuts off is judged only where there is no other.
  const end = beginning.length < HEAD_BYTES ? head.length : wholeLines(head) || head.length;
  const lines = Buffer.from(head.buffer, head.byteOffset, end)
    .toString()
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .slice(0, JUDGED_LINES);
  if (lines.length === 0) return undefined;
  const votes = new Map<Format, number>();
  for (const line of lines) {
    const format = formatOf(line);
    if (format !== undefined) votes.set(format, (votes.get(format) ?? 0) + 1);
  }
  const [winner] = [...votes].sort(([, a], [, b]) => b - a);
  if (winner === undefined) {
    throw fail(
      'TM_ERR_IMPORT_FORMAT',
      `${name}: no line is a JSON object, nor one of an access log in the common, combined or vhost_combined format`,
      {
        data: { source: name, firstLine: lines[0]?.slice(0, 200) },
      },
    );
  }
  return winner[0];
}

/** A NUL in the first line tells an archive or the like; a log that a crash has torn has some further on, and they spoil their lines only. */
function isBinary(head: Uint8Array): boolean {
  if (head.subarray(0, nextLine(head, 0)).includes(0)) return true;
  let control = 0;
  for (const byte of head) {
    if (byte < 32 && (byte < 9 || byte > 13) && byte !== 27) control++;
  }
  return control > head.length * MAX_CONTROL_SHARE;
}

function formatOf(line: string): Format | undefined {
  if (/^\s*\{/.test(line)) return isObject(line) ? 'impressions' : undefined;
  const split = splitVirtualHost(line);
  if (split === undefined) return undefined;
  // A line with a virtual host is also one of the combined format, of a user whose name has a space; the address tells.
  const behind = readLogLine(split.rest);
  if (behind !== undefined && (isAddress(behind.host) || /:\d+$/.test(split.virtualHost)) && !isAddress(split.virtualHost))
    return 'vhost_combined';
  const whole = readLogLine(line);
  if (whole === undefined) return undefined;
  return whole.agent === undefined ? 'common' : 'combined';
}

/** Looks like an IPv4 or IPv6 address. */
function isAddress(text: string): boolean {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*:[\da-f:.]*)$/i.test(text);
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
