import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { call, type Hands } from '../acquisition/hands.js';
import { parseSource } from '../acquisition/parse-source.js';
import { CHUNK_BYTES, openSource } from '../acquisition/source.js';
import { CHECK_FILE, CLOSED_FILE, type FoundPackage } from '../capture/spool/names.js';
import type { ParseResult } from '../acquisition/parse-task.js';
import type { Stretch } from '../capture/spool/checks.js';
import type { ParserOptions } from '../import/parse-shard.js';
import type { SetAside } from './set-aside.js';

/**
 * Read a closed package of the spool in the pool, in the order of its lines. Lines of a batch that is not as it was written are
 * rejected as they are (`checksum`); a package of an older version has no checks and is taken as it is.
 * Errors: those of `parseSource`.
 */
export async function readSpooled(
  hands: Hands,
  spool: string,
  { package: at, files }: FoundPackage,
  options: ParserOptions,
): Promise<ParseResult[]> {
  const folder = path.join(spool, at);
  mkdirSync(hands.folder);
  const source = openSource(path.join(folder, CLOSED_FILE));
  const whole: Stretch[] = [{ start: 0, end: source.bytes, sound: true }];
  const stretches = files.includes(CHECK_FILE)
    ? await call<Stretch[]>(hands, '../capture/spool/checks.js', 'surveyPackage', { folder })
    : whole;
  const results: ParseResult[] = [];
  for (const { start, end, sound } of stretches) {
    if (sound) {
      const part = { source: { ...source, bytes: end }, start, chunkBytes: CHUNK_BYTES, options, firstFile: results.length };
      results.push(...(await parseSource(hands, part)).results);
      continue;
    }
    for (let from = start; from < end; from += CHUNK_BYTES) {
      const file = path.join(hands.folder, `damaged-${from}`);
      const aside = { path: source.path, start: from, end: Math.min(end, from + CHUNK_BYTES), file } satisfies SetAside;
      results.push(await call<ParseResult>(hands, '../agent/set-aside.js', 'setAside', aside));
    }
  }
  return results;
}
