import { isAscii, isUtf8 } from 'node:buffer';
import { lineOf, type Received } from './impression.js';
import type { ImpressionFault } from './problem.js';

/** Most faults of one request that are told. */
const MAX_FAULTS = 100;

/** The impressions of a body: one, or a list; undefined where it is no JSON in UTF-8. */
export function impressionsIn(body: unknown): readonly unknown[] | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  // Most bodies are ASCII, and as such quicker to read.
  const encoding = isAscii(body) ? 'latin1' : 'utf8';
  if (encoding === 'utf8' && !isUtf8(body)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString(encoding));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return Array.isArray(value) ? value : [value];
}

/** The lines of impressions, or what is wrong with them: of a list all are taken, or none. */
export function linesOf(impressions: readonly unknown[], received: Received): string | readonly ImpressionFault[] {
  let lines = '';
  const faults: ImpressionFault[] = [];
  for (let index = 0; index < impressions.length && faults.length < MAX_FAULTS; index++) {
    const judged = lineOf(impressions[index], received);
    if ('line' in judged) lines += judged.line;
    else faults.push({ index, reason: judged.reason });
  }
  return faults.length > 0 ? faults : lines;
}
