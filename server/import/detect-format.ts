import { fail } from '../errors.js';
import { nextLine, wholeLines, withoutByteOrderMark } from './lines.js';
import { readLogLine } from './log-line.js';
import type { Format } from './parse-shard.js';
import { nameOfBytes, nameOfLines, unitOfTimes } from './unread-formats.js';

/** How many bytes of a source are looked at to tell its format. */
export const SAMPLE_BYTES = 1 << 20;

/** Lines of a known format that are enough to tell it. */
const VOTES = 200;
/** Text holds hardly any control characters but white space and, in some logs, escape. */
const MAX_CONTROL_SHARE = 0.1;
const CONTROL_BYTES = 65_536;
const UNKNOWN = 'has no line that is an impression in JSON, nor one of an access log in the common, combined or vhost_combined format';

/**
 * The format of a source by its beginning (decompressed), or `wanted` where that is not `auto`. It is what most of its lines
 * have, whatever stands before and between them: `impressions` where they are JSON objects with `time` and `site`, `vhost_combined`
 * where a virtual host stands before the remote host, `combined` where there are referrers and agents, else `common`. undefined
 * where there is no line: there is nothing to import. Errors: TM_ERR_IMPORT_BINARY, TM_ERR_IMPORT_FORMAT. `name` is what they call
 * the source.
 */
export function detectFormat(beginning: Uint8Array, name = 'the source', wanted: Format | 'auto' = 'auto'): Format | undefined {
  const bytes = nameOfBytes(beginning);
  if (bytes !== undefined) throw fail('TM_ERR_IMPORT_BINARY', `${name} ${bytes}`, { data: { source: name } });
  const sample = withoutByteOrderMark(beginning.subarray(0, SAMPLE_BYTES));
  if (isBinary(sample)) throw fail('TM_ERR_IMPORT_BINARY', `${name} is not text, but binary data`, { data: { source: name } });
  if (wanted !== 'auto') return wanted;
  // A line that the sample cuts off is judged only where there is no other.
  const end = beginning.length < SAMPLE_BYTES ? sample.length : wholeLines(sample) || sample.length;
  const lines = Buffer.from(sample.buffer, sample.byteOffset, end)
    .toString()
    .split(/\r?\n/)
    .filter((line) => line !== '');
  if (lines.length === 0) return undefined;
  const votes = new Map<Format, number>();
  for (let i = 0, known = 0; i < lines.length && known < VOTES; i++) {
    const format = formatOf(lines[i] as string);
    if (format === undefined) continue;
    known++;
    votes.set(format, (votes.get(format) ?? 0) + 1);
  }
  const [winner] = [...votes].sort(([, a], [, b]) => b - a);
  const format = winner?.[0];
  const fault = format === undefined ? (nameOfLines(lines) ?? UNKNOWN) : format === 'impressions' ? unitOfTimes(lines) : undefined;
  if (fault !== undefined) {
    throw fail('TM_ERR_IMPORT_FORMAT', `${name} ${fault}`, { data: { source: name, firstLine: lines[0]?.slice(0, 200) } });
  }
  return format;
}

/** A NUL in the first line tells an archive or the like; a log that a crash has torn has some further on, and they spoil their lines only. */
function isBinary(sample: Uint8Array): boolean {
  if (sample.subarray(0, nextLine(sample, 0)).includes(0)) return true;
  let control = 0;
  const looked = sample.subarray(0, CONTROL_BYTES);
  for (const byte of looked) {
    if (byte < 32 && (byte < 9 || byte > 13) && byte !== 27) control++;
  }
  return control > looked.length * MAX_CONTROL_SHARE;
}

function formatOf(line: string): Format | undefined {
  if (/^\s*\{/.test(line)) return isImpression(line) ? 'impressions' : undefined;
  // A line with a virtual host is also one of the combined format, of a user whose name has a space; the address tells.
  const split = readLogLine(line, true);
  if (split?.virtualHost !== undefined && isVirtualHost(split.virtualHost, split.host)) return 'vhost_combined';
  const whole = readLogLine(line, false);
  if (whole === undefined) return undefined;
  return whole.agent === undefined ? 'common' : 'combined';
}

/** Whether the first word of a line is a virtual host, by what it looks like and what comes behind it. */
function isVirtualHost(first: string, second: string): boolean {
  const isName = /^(?:[\w.*-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(first) && !isAddress(first);
  return isName && (isAddress(second) || (second !== '-' && /:\d+$/.test(first)));
}

/** Looks like an IPv4 or IPv6 address. */
function isAddress(text: string): boolean {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*:[\da-f:.]*)$/i.test(text);
}

/** What has neither is the JSON of something else. */
function isImpression(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'time' in value && 'site' in value;
  } catch {
    return false;
  }
}
