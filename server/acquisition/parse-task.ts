import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fail } from '../errors.js';
import { digestOf } from './digest.js';
import { CUT_LINE, nextLine, wholeLines, withoutByteOrderMark } from '../import/lines.js';
import { createParser, type ParserOptions, type ShardCounts } from '../import/parse-shard.js';
import { inRegion, stringColumn, writePart, type Batch, type Day, type Part } from '../../engine/index.js';

/** A range of a file, or bytes that were cut out of a compressed one. */
export type ShardInput =
  /**
   * The lines that begin in `[start, end)`, one at `start` for certain if `aligned`; the digest is of `[chunk, end)`. `size` is
   * where the file ends: what is written behind it meanwhile is not read, not even to the end of a line.
   */
  | {
      readonly kind: 'range';
      readonly path: string;
      readonly size: number;
      readonly chunk: number;
      readonly start: number;
      readonly end: number;
      readonly aligned: boolean;
    }
  /** Whole lines; the digest is of the piece of content that they end in. */
  | { readonly kind: 'bytes'; readonly lines: Uint8Array; readonly chunk: Uint8Array };

export interface ParseTask {
  readonly input: ShardInput;
  readonly options: ParserOptions;
  /** Where the content is to be known again: the key of its digest. */
  readonly contentKey?: string | undefined;
  /** Files are written beside each other with this beginning. */
  readonly file: string;
}

export interface ParsedFile {
  readonly file: string;
  readonly part: Part;
}

export interface ParseResult {
  readonly days: readonly (ParsedFile & { readonly day: Day; readonly withId: number })[];
  readonly rejects?: ParsedFile;
  readonly counts: ShardCounts;
  /** Of the content, `''` where no key was given. */
  readonly digest: string;
  /** Bytes of the chunk, and of it where its last newline ends; 0 where it has none. */
  readonly chunkBytes: number;
  readonly newlineEnd: number;
  /** Whether the last line was rejected: if it lacks its end, the source may go on in the middle of it. */
  readonly endsRejected: boolean;
}

const parsers = new Map<string, ReturnType<typeof createParser>>();

/** Parse one shard of a source into one file a local day; that they are on the disk the caller sees to. */
export function parseShard(task: ParseTask): ParseResult {
  return inRegion(() => parsedShard(task));
}

function parsedShard({ input, options, contentKey, file }: ParseTask): ParseResult {
  const key = JSON.stringify(options);
  let parse = parsers.get(key);
  if (parse === undefined) {
    // Two importers at most live in one process at a time: the service's and a caller's.
    if (parsers.size > 4) parsers.clear();
    parsers.set(key, (parse = createParser(options)));
  }
  const { lines, chunk } = input.kind === 'range' ? readRange(input, parse.room) : input;
  // Before they are parsed: they may lie in the parser's room.
  const digest = contentKey === undefined ? '' : digestOf(chunk, contentKey);
  const chunkBytes = chunk.length;
  const newlineEnd = wholeLines(chunk);
  const parsed = parse(lines);
  const days: { file: string; part: Part; day: Day; withId: number }[] = [];
  for (const { day, batch } of parsed.batches) {
    const at = `${file}-${day}-${days.length}`;
    days.push({ file: at, part: write(at, batch), day, withId: rowsWithId(batch) });
  }
  const lastReject = parsed.rejects === null ? -1 : (numbersOf(parsed.rejects)?.at(-1) ?? -1);
  return {
    days,
    ...(parsed.rejects === null ? {} : { rejects: { file: `${file}-rejects`, part: write(`${file}-rejects`, parsed.rejects) } }),
    counts: parsed.counts,
    digest,
    chunkBytes,
    newlineEnd,
    endsRejected: lastReject === parsed.counts.lines,
  };
}

function numbersOf(rejects: Batch): Float64Array | undefined {
  const c = rejects.columns['line'];
  return c?.kind === 'number' ? c.values : undefined;
}

function rowsWithId(batch: Batch): number {
  const { dictionary, codes } = stringColumn(batch, 'id');
  if (dictionary.bytes.length === 0) return 0;
  let n = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    if (dictionary.offsets[code + 1] !== dictionary.offsets[code]) n++;
  }
  return n;
}

function write(file: string, batch: Batch): Part {
  return writePart(file, (writer) => writer.append(batch));
}

/** Fill a buffer from a place of a file, or up to the file's end; how many bytes were read. */
function readFrom(fd: number, into: Uint8Array, from: number): number {
  let got = 0;
  while (got < into.length) {
    const n = readSync(fd, into, got, into.length - got, from + got);
    if (n === 0) break;
    got += n;
  }
  return got;
}

/**
 * Read the lines that begin in a range, to the end of the last of them, into `room`. A line that is too long is read no further
 * than it takes to see that: memory does not grow with it.
 */
function readRange(
  { path, size, chunk, start, end, aligned }: ShardInput & { kind: 'range' },
  room: (size: number) => Buffer,
): { lines: Uint8Array; chunk: Uint8Array } {
  const fd = openSync(path, 'r');
  try {
    if (fstatSync(fd).size < size) throw fail('TM_ERR_IMPORT_UNREADABLE', `${path} has become shorter while it was read`);
    const from = Math.max(0, Math.min(start, chunk) - 1); // the byte before tells whether a line begins at `start`
    const wanted = Math.min(end + CUT_LINE, size) - from;
    const bytes = room(wanted);
    if (readFrom(fd, bytes, from) < wanted) throw fail('TM_ERR_IMPORT_UNREADABLE', `${path} has become shorter while it was read`);
    const stop = end - from;
    let begin = start - from;
    if (!aligned && bytes[begin - 1] !== 0x0a) begin = nextLine(bytes, begin);
    // None may begin here.
    const lines = begin < stop ? bytes.subarray(begin, nextLine(bytes, stop - 1)) : bytes.subarray(0, 0);
    return { lines: start === 0 ? withoutByteOrderMark(lines) : lines, chunk: bytes.subarray(chunk - from, stop) };
  } finally {
    closeSync(fd);
  }
}
