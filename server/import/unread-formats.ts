/**
 * What people take to an import that it does not read, and what to do about it: a name is more help than a list of rejected lines.
 * Each text goes on after the name of the source.
 */

const decompress = (program: string): string => `is compressed with ${program}, which is not read yet: decompress it first`;
const UTF_16 = 'is UTF-16 text, as PowerShell writes it, and only UTF-8 is read: convert it, such as by iconv -f UTF-16 -t UTF-8';

/** First bytes, in hex. */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^425a683[1-9]/, decompress('bzip2')],
  [/^fd377a585a00/, decompress('xz')],
  [/^28b52ffd/, decompress('zstd')],
  [/^04224d18/, decompress('lz4')],
  [/^1f9d/, decompress('compress')],
  [/^504b0304/, 'is a zip archive: unpack it first'],
  [/^(?:fffe|feff)/, UTF_16],
  [/^(?:[2-7][0-9a-f]00){4}/, UTF_16],
];

/** What a source is by its first bytes, where it is no text that can be read. */
export function nameOfBytes(beginning: Uint8Array): string | undefined {
  const hex = Buffer.from(beginning.subarray(0, 8)).toString('hex');
  return SIGNATURES.find(([signature]) => signature.test(hex))?.[1];
}

const notYet = (what: string): string => `looks like ${what}, which is not read yet`;

/** Lines of formats that others write, the special before the general, and what they are. */
const LINES: readonly (readonly [RegExp, string])[] = [
  [/^#Fields:.* x-edge-/, notYet('a log of CloudFront')],
  [/^#(?:Fields|Version|Software): /, notYet('a W3C extended log, as IIS writes it')],
  [/^\d{9,10}\.\d{3} +-?\d+ \S+ [A-Z_]+\/\d{3} \d+ [A-Z]+ /, notYet("Squid's native log")],
];
const JSON_LOG =
  'holds JSON that is no impression: one has at least time, site and object (docs/impressions.md); JSON logs of web servers are not read yet';
const JSON_LINES = 'holds JSON over several lines, or a list: impressions are one object a line, such as jq -c makes them';
const SECONDS = (unit: string): string => `holds impressions whose time looks like ${unit}: it is to be in milliseconds since the epoch`;

/** The least and the greatest time in ms that can be one in seconds: of 1990 and of 2100. */
const [FIRST_SECOND, LAST_SECOND] = [631_152_000, 4_102_444_800];

/** What lines are that are no impressions and of no log that is read, where that is known. */
export function nameOfLines(lines: readonly string[]): string | undefined {
  const known = LINES.find(([form]) => lines.some((line) => form.test(line)));
  if (known !== undefined) return known[1];
  const [first = '', second = ''] = lines;
  if (/^\s*\[\s*\{/.test(first) || (/^\s*[[{]\s*$/.test(first) && /^\s*["{]/.test(second))) return JSON_LINES;
  return lines.some((line) => /^\s*\{.*\}\s*$/.test(line)) ? JSON_LOG : undefined;
}

/** What the times of impressions are in, where all of them are in the same unit and it is not ms. */
export function unitOfTimes(lines: readonly string[]): string | undefined {
  const times = lines.flatMap(timeOf);
  const isIn = (factor: number): boolean =>
    times.length > 0 && times.every((time) => time >= FIRST_SECOND * factor && time <= LAST_SECOND * factor);
  if (isIn(1)) return SECONDS('seconds');
  if (isIn(1e6)) return SECONDS('microseconds');
  return isIn(1e9) ? SECONDS('nanoseconds') : undefined;
}

function timeOf(line: string): number[] {
  const text = /"time"\s*:\s*(\d{1,20})\b/.exec(line)?.[1];
  return text === undefined ? [] : [Number(text)];
}
