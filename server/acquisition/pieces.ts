import { CUT_LINE, wholeLines, withoutByteOrderMark } from '../import/lines.js';
import { chunksOf, type Source } from './source.js';
import type { ShardInput } from './parse-task.js';

/** A shard of a source. */
export interface Piece {
  readonly input: ShardInput;
  /** Where it ends in the content. */
  readonly end: number;
  /** Its bytes on the disk. */
  readonly weight: number;
}

/** The shards of a source from an offset of its content on. Errors: TM_ERR_IMPORT_UNREADABLE. */
export function piecesOf(source: Source, start: number, chunkBytes: number): AsyncGenerator<Piece> {
  return source.compressed ? cutOut(source, start, chunkBytes) : ranges(source, start, chunkBytes);
}

async function* ranges({ path, bytes }: Source, start: number, size: number): AsyncGenerator<Piece> {
  for (let chunk = Math.floor(start / size) * size; chunk < bytes; chunk += size) {
    const end = Math.min(chunk + size, bytes);
    const from = Math.max(chunk, start);
    yield { input: { kind: 'range', path, size: bytes, chunk, start: from, end, aligned: from === start }, end, weight: end - chunk };
  }
}

async function* cutOut(source: Source, start: number, size: number): AsyncGenerator<Piece> {
  const first = Math.floor(start / size) * size;
  let offset = 0;
  let bytesRead = 0;
  let bytesTold = 0;
  /** The beginning of a line whose end is not read yet; no more of it than shows that it is too long. */
  let carry = Buffer.alloc(0);
  let waiting: { chunk: Buffer; from: number } | undefined;
  const cut = (last: boolean): Piece => {
    const { chunk, from } = waiting as { chunk: Buffer; from: number };
    const fresh = chunk.subarray(Math.max(0, start - from));
    const stop = last ? fresh.length : wholeLines(fresh);
    const whole = stop === 0 ? Buffer.alloc(0) : Buffer.concat([carry, fresh.subarray(0, stop)]);
    const lines = from === 0 && start === 0 ? withoutByteOrderMark(whole) : whole;
    carry = Buffer.concat([stop === 0 ? carry : Buffer.alloc(0), fresh.subarray(stop, stop + CUT_LINE)]).subarray(0, CUT_LINE);
    const weight = bytesRead - bytesTold;
    bytesTold = bytesRead;
    return { input: { kind: 'bytes', lines, chunk }, end: from + chunk.length, weight };
  };
  const onRead = (bytes: number): void => {
    bytesRead += bytes;
  };
  for await (const chunk of chunksOf(source, size, onRead)) {
    if (waiting !== undefined) yield cut(false);
    waiting = offset >= first ? { chunk, from: offset } : undefined;
    offset += chunk.length;
  }
  if (waiting !== undefined) yield cut(true);
}
