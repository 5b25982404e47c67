import path from 'node:path';
import { call, type Hands } from './hands.js';
import { piecesOf } from './pieces.js';
import { syncFile } from './sync-file.js';
import type { Source } from './source.js';
import type { ParserOptions } from '../import/parse-shard.js';
import type { ParseResult, ParseTask } from './parse-task.js';

export interface ParseSource {
  readonly source: Source;
  /** Where in the content to begin. */
  readonly start: number;
  readonly chunkBytes: number;
  readonly options: ParserOptions;
  /** See ParseTask. */
  readonly contentKey?: string;
  /** Number of the first file that is written. */
  readonly firstFile: number;
  /** Told of bytes of the disk that are parsed. */
  readonly onParsed?: (bytes: number) => void;
}

/**
 * Parse a source in the pool, from an offset on: what became of each shard, in order, and where the content ends. The files of
 * the shards are on the disk then.
 * Errors: TM_ERR_IMPORT_UNREADABLE, TM_ERR_DISK_FULL, the signal's reason.
 */
export async function parseSource(
  hands: Hands,
  { source, start, chunkBytes, options, contentKey, firstFile, onParsed }: ParseSource,
): Promise<{ results: ParseResult[]; length: number }> {
  let length = 0;
  const results: Promise<ParseResult>[] = [];
  const running = new Set<Promise<unknown>>();
  try {
    for await (const { input, end, weight } of piecesOf(source, start, chunkBytes)) {
      length = end;
      const file = path.join(hands.folder, `shard-${String(firstFile + results.length).padStart(6, '0')}`);
      const work = call<ParseResult>(hands, './parse-task.js', 'parseShard', { input, options, contentKey, file } satisfies ParseTask);
      const ended = work.then(() => {
        onParsed?.(weight);
        running.delete(ended);
      });
      const onDisk = work.then(async (result) => {
        await Promise.all(result.days.map((day) => syncFile(day.file)));
        return result;
      });
      // They may fail while the next shard is waited for, and are looked at after that only.
      ended.catch(() => undefined);
      onDisk.catch(() => undefined);
      running.add(ended);
      results.push(onDisk);
      // One shard more than there are workers is read ahead: memory does not grow with the source.
      while (running.size > hands.executor.workers) await Promise.race(running);
    }
  } finally {
    await Promise.allSettled([...results, ...running]);
  }
  return { results: await Promise.all(results), length };
}
