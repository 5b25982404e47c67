import { bean, Interner, type Batch } from '../../engine/index.js';
import { IMPRESSION_COLUMNS } from './columns.js';

/** A line that breaks a rule of spec §2 or §7: its number in the shard (from 1), the first rule, and its bytes; of one that is too long, the first. */
export const RejectedLine = bean('RejectedLine', { line: 'integer', reason: 'string', text: 'bytes' });

/**
 * Why a line is rejected, in the order in which rules are checked. `checksum`: the spool has it not as the sensor wrote it;
 * `visitor`: it is bad, or there is nothing to tell visitors by.
 */
export const REASONS = ['checksum', 'length', 'utf8', 'json', 'format', 'time', ...IMPRESSION_COLUMNS] as const;
export type Reason = (typeof REASONS)[number];

/** The filters that a caller can turn off, in the order in which they are asked. */
export const KEEPABLE = ['method', 'status', 'static', 'bot'] as const;
/** Why a line of a log is filtered. `request`: what was asked is no HTTP, which is asked first and always. */
export const FILTERS = ['request', ...KEEPABLE] as const;
export type Filter = (typeof FILTERS)[number];

/** What becomes of a row, in one byte: 0 it is accepted, else `rejectedFor` or `filteredBy`. */
export type Verdict = number;
export const ACCEPTED: Verdict = 0;
const FIRST_FILTER = 128;
export const rejectedFor = (reason: Reason): Verdict => REASONS.indexOf(reason) + 1;
export const filteredBy = (filter: Filter): Verdict => FILTERS.indexOf(filter) + FIRST_FILTER;
export const reasonOf = (verdict: Verdict): Reason | undefined => REASONS[verdict - 1];

/** So many bytes are kept of a line that is rejected for its length. */
export const KEPT_OF_LONG = 512;

/** A rejected line of a shard: what is kept of it is `[start .. end)`. */
export interface Reject {
  readonly line: number;
  readonly reason: Reason;
  readonly start: number;
  readonly end: number;
}

/** The beans of some rejected lines of `bytes`, by line; null where there are none. */
export function rejectBatch(rejects: readonly Reject[], bytes: Uint8Array): Batch | null {
  if (rejects.length === 0) return null;
  const rows = rejects.length;
  const lines = new Float64Array(rows);
  const reasons = new Interner();
  const reasonCodes = new Uint32Array(rows);
  const texts = new Interner(rows, 1024);
  const textCodes = new Uint32Array(rows);
  rejects
    .toSorted((a, b) => a.line - b.line)
    .forEach(({ line, reason, start, end }, row) => {
      lines[row] = line;
      reasonCodes[row] = reasons.internString(reason);
      textCodes[row] = texts.intern(bytes, start, end);
    });
  return {
    type: RejectedLine.name,
    rows,
    columns: {
      line: { kind: 'number', values: lines },
      reason: { kind: 'string', dictionary: reasons.dictionary(), codes: reasonCodes },
      text: { kind: 'string', dictionary: texts.dictionary(), codes: textCodes },
    },
  };
}
