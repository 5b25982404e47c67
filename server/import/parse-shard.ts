/**
 * Raw traffic to columnar batches: whole lines in, impressions by local day and rejected lines out.
 *
 *   bytes ─ scan ─▶ codes of distinct texts ─ judge ─▶ verdicts and values ─ look up, split by day ─▶ batches
 *             └ a line that is not simple: exact slow path ─┘
 */
import { isUtf8 } from 'node:buffer';
import { zone, type Batch } from '../../engine/index.js';
import { agentLookup } from './agents.js';
import { dayBatches, type DayBatch } from './batches.js';
import { MAX_LINE } from './columns.js';
import { readImpression } from './impression-line.js';
import { ImpressionMemory } from './impression-memory.js';
import { judgeImpressions } from './judge-impressions.js';
import { judgeLog } from './judge-log.js';
import { readLog } from './log-line.js';
import { LogMemory } from './log-memory.js';
import { placeLookup } from './places.js';
import {
  filteredBy,
  FILTERS,
  KEPT_OF_LONG,
  reasonOf,
  REASONS,
  rejectBatch,
  rejectedFor,
  type Filter,
  type Reason,
  type Reject,
} from './rejects.js';
import { kernel as fastest, type ScanKernel } from './scan-kernel.js';
import type { ScanMemory } from './scan-memory.js';
import type { JudgedRows } from './values.js';
import { visitorKeys } from './visitor-key.js';

export type Format = 'impressions' | 'common' | 'combined' | 'vhost_combined';

/** What a parser must know. Plain data: it goes to workers. */
export interface ParserOptions {
  /** `common` and `combined` are one grammar: a line may have referrer and agent or not. */
  readonly format: Format;
  /** The site of a log's lines that name none themselves. */
  readonly site: string;
  /** Filters that are turned off. */
  readonly keep: readonly string[];
  /** IANA time zone of the dataset. */
  readonly zone: string;
  /** The receiving clock, ms since the epoch. */
  readonly now: number;
  /** Secret of the dataset, for the keys of visitors without an id. */
  readonly key: string;
  /** Path of the user's city database. */
  readonly cityDatabase?: string;
}

export interface ParseLimits {
  /** Most rows of a batch. */
  readonly batchRows?: number;
}

/** `lines` counts empty ones, `read` does not; read = accepted + sum of rejected + sum of filtered. */
export interface ShardCounts {
  readonly lines: number;
  readonly read: number;
  readonly accepted: number;
  readonly rejected: Readonly<Partial<Record<Reason, number>>>;
  readonly filtered: Readonly<Partial<Record<Filter, number>>>;
  /** Fields of accepted and rejected impressions that are not in spec §2, and were dropped. */
  readonly unknownFields: number;
}

export interface ParsedShard {
  /** TransferObject, days ascending. */
  readonly batches: readonly DayBatch[];
  /** RejectedLine, by line. */
  readonly rejects: Batch | null;
  readonly counts: ShardCounts;
}

export interface ShardParser {
  (input: Uint8Array, limits?: ParseLimits): ParsedShard;
  /** A place for so many bytes: lines that are read into it need not be copied. It ends when they are parsed. */
  room(size: number): Buffer;
}

const BATCH_ROWS = 65_536;

/** How one format is read: by the memory's scan until a line that is not simple, by `read` that one. */
interface FormatReader {
  readonly memory: ScanMemory;
  /** Enter a line as a row, or answer why it is rejected. */
  read(start: number, end: number): Reason | undefined;
  judge(): JudgedRows;
}

/**
 * A parser of one format, site and zone. What it gives for a shard depends on the bytes and the options only; caches of
 * look-ups and room for scanning are kept between calls, the room being about twice the largest shard, which has at most 1 GiB.
 * Input: whole lines, the last of which may lack its end. Errors: TM_ERR_ZONE, TM_ERR_GEO_DATABASE.
 */
export function createParser(options: ParserOptions, kernel: ScanKernel = fastest): ShardParser {
  const agents = agentLookup();
  const lookups = { agents, placeOf: placeLookup(options.cityDatabase), visitorKey: visitorKeys(options.key) };
  const reader = readerOf(options, agents, kernel);
  const here = zone(options.zone);
  const { memory } = reader;
  const parse = (input: Uint8Array, limits: ParseLimits = {}): ParsedShard => {
    memory.load(input);
    const rejects = isUtf8(memory.bytes.subarray(memory.start, memory.end))
      ? readLines(reader, memory.start, memory.end)
      : readValidLines(reader);
    const judged = reader.judge();
    const verdictCounts = countVerdicts(judged.verdicts);
    // Nearly every shard has none: its rows are not looked at again.
    if (REASONS.some((reason) => verdictCounts[rejectedFor(reason)] !== 0)) {
      for (const reject of rejectedRows(memory, judged.verdicts)) rejects.push(reject);
    }
    const batches = dayBatches(judged, here, lookups, limits.batchRows ?? BATCH_ROWS);
    const rejected: Partial<Record<Reason, number>> = {};
    for (const { reason } of rejects) rejected[reason] = (rejected[reason] ?? 0) + 1;
    const filtered: Partial<Record<Filter, number>> = {};
    for (const filter of FILTERS) {
      const n = verdictCounts[filteredBy(filter)] as number;
      if (n > 0) filtered[filter] = n;
    }
    const accepted = batches.reduce((n, { batch }) => n + batch.rows, 0);
    const dropped = Object.values(filtered).reduce((n, m) => n + m, 0);
    return {
      batches,
      rejects: rejectBatch(rejects, memory.bytes),
      counts: {
        lines: memory.lines,
        read: accepted + rejects.length + dropped,
        accepted,
        rejected,
        filtered,
        unknownFields: memory.unknown,
      },
    };
  };
  return Object.assign(parse, { room: (size: number) => memory.room(size) });
}

function readerOf(options: ParserOptions, agents: ReturnType<typeof agentLookup>, kernel: ScanKernel): FormatReader {
  const { now } = options;
  if (options.format === 'impressions') {
    const memory = new ImpressionMemory(kernel);
    return {
      memory,
      read: (start, end) => (readImpression(memory, start, end) ? undefined : 'json'),
      judge: () => judgeImpressions(memory, now),
    };
  }
  const virtualHosts = options.format === 'vhost_combined';
  const memory = new LogMemory(kernel, virtualHosts);
  const keep = new Set(FILTERS.filter((filter) => options.keep.includes(filter) || options.keep.includes('all')));
  const rules = { site: options.site, isCombined: options.format !== 'common', keep, now, agents };
  return {
    memory,
    read: (start, end) => readLog(memory, start, end, virtualHosts),
    judge: () => judgeLog(memory, rules),
  };
}

/** How many rows have each verdict. */
function countVerdicts(verdicts: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let row = 0; row < verdicts.length; row++) (counts[verdicts[row] as number] as number)++;
  return counts;
}

function* rejectedRows({ numbers, starts, ends }: ScanMemory, verdicts: Uint8Array): Generator<Reject> {
  for (let row = 0; row < verdicts.length; row++) {
    const reason = reasonOf(verdicts[row] as number);
    if (reason !== undefined) yield { line: numbers[row] as number, reason, start: starts[row] as number, end: ends[row] as number };
  }
}

/** Scan `[from, to)`, which is valid UTF-8; returns the lines that are rejected before there is a row to judge. */
function readLines(reader: FormatReader, from: number, to: number): Reject[] {
  const { memory } = reader;
  const rejects: Reject[] = [];
  for (let pos = from; pos < to;) {
    pos = memory.scan(pos, to);
    if (pos >= to) break;
    const { end, next } = lineAt(memory.bytes, pos);
    const reason = end - pos > MAX_LINE ? 'length' : reader.read(pos, end);
    if (reason !== undefined) rejects.push(rejectOf(memory, reason, pos, end));
    pos = next;
  }
  return rejects;
}

/** Like readLines, line by line: those that are not valid UTF-8 are rejected. */
function readValidLines(reader: FormatReader): Reject[] {
  const { memory } = reader;
  const rejects: Reject[] = [];
  for (let pos = memory.start; pos < memory.end;) {
    const { end, next } = lineAt(memory.bytes, pos);
    if (isUtf8(memory.bytes.subarray(pos, end))) rejects.push(...readLines(reader, pos, Math.min(next, memory.end)));
    else rejects.push(rejectOf(memory, end - pos > MAX_LINE ? 'length' : 'utf8', pos, end));
    pos = next;
  }
  return rejects;
}

/** A line that is no row; only the beginning of one that is too long is kept, whole characters of it. */
function rejectOf(memory: ScanMemory, reason: Reason, start: number, end: number): Reject {
  const line = memory.countLine();
  if (reason !== 'length') return { line, reason, start, end };
  const most = start + KEPT_OF_LONG;
  let kept = most;
  while (kept > most - 3 && ((memory.bytes[kept] as number) & 0xc0) === 0x80) kept--;
  return { line, reason, start, end: kept };
}

/** Where the line that begins at `start` ends, without and with its newline; there is one, for the guard begins with it. */
function lineAt(bytes: Uint8Array, start: number): { end: number; next: number } {
  const newline = bytes.indexOf(10, start);
  return { end: newline > start && bytes[newline - 1] === 13 ? newline - 1 : newline, next: newline + 1 };
}
