import { fail } from '../errors.js';
import { readPart, stringColumn, numberColumn } from '../../engine/index.js';
import type { ParseResult } from './parse-task.js';

/** What most often is behind a reason. */
const HINTS: Readonly<Record<string, string>> = {
  format: 'name the format with --format, or leave the file out',
  json: 'impressions are one JSON object a line',
  length: 'a line has at most 64 KiB',
  utf8: 'convert the file to UTF-8',
  time: 'a time must be one that there is, from 1990 on; in impressions it is in milliseconds',
  ip: 'let the server log one address in the first column, not a list',
};
const SHOWN = 200;

/**
 * Refuse a source of which no line was taken, nor left out by a filter: it is none of what it was read as, and an import of nothing
 * is no success. Errors: TM_ERR_IMPORT_REJECTED.
 */
export function refuseRejected(source: string, results: readonly ParseResult[]): void {
  const rejected: Record<string, number> = {};
  let read = 0;
  for (const { counts } of results) {
    if (counts.accepted > 0 || Object.keys(counts.filtered).length > 0) return;
    read += counts.read;
    for (const [reason, n] of Object.entries(counts.rejected)) rejected[reason] = (rejected[reason] ?? 0) + n;
  }
  if (read === 0) return;
  const reasons = Object.entries(rejected).sort(([, a], [, b]) => b - a);
  const hint = HINTS[reasons[0]?.[0] ?? ''] ?? 'docs/impressions.md has the rules';
  const told = reasons.map(([reason, n]) => `${reason} ${n}`).join(', ');
  throw fail(
    'TM_ERR_IMPORT_REJECTED',
    `${source}: none of its lines (${read}) can be taken, rejected are ${told}; nothing was imported: ${hint}`,
    {
      data: { source, rejected, ...firstOf(results) },
    },
  );
}

/** The first rejected line and its number. */
function firstOf(results: readonly ParseResult[]): { line: number; text: string } | undefined {
  let before = 0;
  for (const { rejects, counts } of results) {
    if (rejects !== undefined) {
      for (const batch of readPart({ file: rejects.file, blocks: rejects.part.blocks })) {
        const { dictionary, codes } = stringColumn(batch, 'text');
        const [from, to] = [dictionary.offsets[codes[0] as number], dictionary.offsets[(codes[0] as number) + 1]] as [number, number];
        const text = Buffer.from(dictionary.bytes.subarray(from, Math.min(to, from + SHOWN))).toString();
        return { line: before + (numberColumn(batch, 'line').values[0] as number), text };
      }
    }
    before += counts.lines;
  }
  return undefined;
}
