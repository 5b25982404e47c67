/**
 * The hot loop of the log formats: lines of common, combined and vhost_combined to rows of codes.
 *
 *   [virtual.host:port ]host ident user [dd/Mon/yyyy:hh:mm:ss +hhmm] "request" status bytes[ "referrer" "agent"…]
 *
 * It reads lines whose host and ident are visible ASCII and whose first ` [` opens the time; whatever else a line is, its
 * row is dropped and the line left to the caller. Texts of quoted fields are as logged, escapes and all.
 */
import { MAX_LINE } from './columns.js';
import {
  bitsBefore,
  HIGH_BITS,
  MULTIPLIER_1,
  MULTIPLIER_2,
  NO_NEWLINE,
  ONES,
  hashText,
  ScanMemory,
  VISIBLE_ASCII,
  type TextRule,
} from './scan-memory.js';

export const HOST = 0;
export const REQUEST = 1;
export const REFERRER = 2;
export const AGENT = 3;
export const VIRTUAL_HOST = 4;
/** Not codes but the number itself. */
export const STATUS = 5;
const COLUMNS = 6;

const QUOTES = 0x22222222;
const SPACES = 0x20202020;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
/** `- - [` is how nearly all lines go on after the host. */
const DASH_SPACE_DASH_SPACE = 0x202d202d;
const OPEN_BRACKET = 91;
/** `] "` and the byte after it. */
const CLOSE_AND_QUOTE = 0x22205d;
const TIME_LENGTH = 26;

export const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export class LogMemory extends ScanMemory {
  /** Out-parameter of textUntil. */
  code = 0;
  /** Where a date was read before, and the midnight in ms that it names. */
  dateAt = -1;
  midnight = 0;

  constructor() {
    super(COLUMNS);
  }

  override load(input: Uint8Array): void {
    super.load(input);
    this.dateAt = -1;
  }
}

/**
 * Scan the lines of `bytes[from .. to)`, both where a line begins. Returns `to`, or the first byte of a line that is left
 * to the caller, who goes on after it.
 */
export function scanLog(m: LogMemory, from: number, to: number, virtualHosts: boolean): number {
  const { bytes, view } = m;
  let { codes, capacity } = m;
  let row = m.rows;
  let lines = m.lines;
  let pos = from;
  lines: while (pos < to) {
    const start = pos;
    const first = bytes[pos] as number;
    if (first === NEWLINE || (first === RETURN && bytes[pos + 1] === NEWLINE)) {
      pos += first === NEWLINE ? 1 : 2;
      lines++;
      continue;
    }
    if (row === capacity) {
      m.rows = row;
      m.growRows();
      ({ codes, capacity } = m);
    }
    line: {
      let virtualHost = 0;
      if (virtualHosts) {
        pos = textUntil(m, VIRTUAL_HOST, pos, SPACES, VISIBLE_ASCII);
        if (pos < 0) break line;
        virtualHost = m.code;
        pos++;
      }
      pos = textUntil(m, HOST, pos, SPACES, VISIBLE_ASCII);
      if (pos < 0) break line;
      const host = m.code;
      pos++;
      if (view.getInt32(pos, true) === DASH_SPACE_DASH_SPACE && bytes[pos + 4] === OPEN_BRACKET) {
        pos += 5;
      } else {
        const ident = pos;
        for (let c = bytes[pos] as number; c !== SPACE; c = bytes[++pos] as number) {
          if (c < 33 || c > 126) break line;
        }
        if (pos === ident) break line;
        pos++;
        while (bytes[pos] !== SPACE || bytes[pos + 1] !== OPEN_BRACKET) {
          if (bytes[pos++] === NEWLINE) break line;
        }
        pos += 2;
      }

      const time = timeAt(m, pos);
      pos += TIME_LENGTH;
      if (Number.isNaN(time) || (view.getInt32(pos, true) & 0xffffff) !== CLOSE_AND_QUOTE) break line;
      pos = textUntil(m, REQUEST, pos + 3, QUOTES, NO_NEWLINE);
      if (pos < 0) break line;
      const request = m.code;
      // `" 200 `, and bytes or `-`
      const a = (bytes[pos + 2] as number) - 48;
      const b = (bytes[pos + 3] as number) - 48;
      const c = (bytes[pos + 4] as number) - 48;
      if (bytes[pos + 1] !== SPACE || a >>> 0 > 9 || b >>> 0 > 9 || c >>> 0 > 9 || bytes[pos + 5] !== SPACE) break line;
      pos += 6;
      let d = bytes[pos] as number;
      if (d === 45) d = bytes[++pos] as number;
      else {
        const digits = pos;
        while (d >= 48 && d <= 57) d = bytes[++pos] as number;
        if (pos === digits) break line;
      }

      let referrer = 0;
      let agent = 0;
      if (d === SPACE) {
        if (bytes[pos + 1] !== QUOTE) break line;
        pos = textUntil(m, REFERRER, pos + 2, QUOTES, NO_NEWLINE);
        if (pos < 0) break line;
        referrer = m.code;
        if (bytes[pos + 1] !== SPACE || bytes[pos + 2] !== QUOTE) break line;
        pos = textUntil(m, AGENT, pos + 3, QUOTES, NO_NEWLINE);
        if (pos < 0) break line;
        agent = m.code;
        do d = bytes[++pos] as number;
        while (d !== NEWLINE);
      } else if (d === RETURN) d = bytes[++pos] as number;
      if (d !== NEWLINE) break line;
      const end = bytes[pos - 1] === RETURN ? pos - 1 : pos;
      if (end - start > MAX_LINE) break line;
      pos++;
      codes[HOST * capacity + row] = host;
      codes[REQUEST * capacity + row] = request;
      codes[REFERRER * capacity + row] = referrer;
      codes[AGENT * capacity + row] = agent;
      codes[VIRTUAL_HOST * capacity + row] = virtualHost;
      codes[STATUS * capacity + row] = a * 100 + b * 10 + c;
      m.times[row] = time;
      m.starts[row] = start;
      m.ends[row] = end;
      m.numbers[row] = ++lines;
      row++;
      continue lines;
    }
    m.rows = row;
    m.lines = lines;
    return start;
  }
  m.rows = row;
  m.lines = lines;
  return to;
}

/**
 * The text from `start` to the delimiter: sets `m.code` and returns the delimiter's place, or -1 where the text breaks the
 * rule. A quote after a backslash does not end a quoted field.
 */
function textUntil(m: LogMemory, column: number, start: number, delimiters: number, rule: TextRule): number {
  const { view, bytes } = m;
  let end = start;
  let h = 0;
  let w = view.getInt32(end, true);
  let x = w ^ delimiters;
  let found = (x - ONES) & ~x & HIGH_BITS;
  while (found === 0) {
    h = Math.imul(h ^ w, MULTIPLIER_1);
    h ^= h >>> 15;
    end += 4;
    w = view.getInt32(end, true);
    x = w ^ delimiters;
    found = (x - ONES) & ~x & HIGH_BITS;
  }
  const left = bitsBefore(found);
  if (left !== 0) {
    h = Math.imul(h ^ (w & ((1 << left) - 1)), MULTIPLIER_1);
    h ^= h >>> 15;
    end += left >> 3;
  }
  if (delimiters === QUOTES && bytes[end - 1] === 92) {
    end = start;
    for (let c = bytes[end]; c !== QUOTE; c = bytes[++end]) {
      if (c === 92) end++;
    }
    h = hashText(view, start, end);
  } else {
    h = Math.imul(h ^ (end - start), MULTIPLIER_2);
    h ^= h >>> 13;
  }
  const code = m.internAt(column, start, end, rule, h);
  if (code < 0 || (end === start && rule === VISIBLE_ASCII)) return -1;
  m.code = code;
  return end;
}

/** Ms since the epoch of `dd/Mon/yyyy:hh:mm:ss +hhmm`, or NaN where this is not of that form. */
function timeAt(m: LogMemory, at: number): number {
  const { view, bytes } = m;
  const known = m.dateAt;
  if (
    known < 0 ||
    view.getInt32(at, true) !== view.getInt32(known, true) ||
    view.getInt32(at + 4, true) !== view.getInt32(known + 4, true) ||
    view.getInt32(at + 8, true) !== view.getInt32(known + 8, true)
  ) {
    m.midnight = midnightAt(bytes, at);
    if (Number.isNaN(m.midnight)) {
      m.dateAt = -1;
      return NaN;
    }
    m.dateAt = at;
  }
  const hours = twoDigits(bytes, at + 12);
  const minutes = twoDigits(bytes, at + 15);
  const seconds = twoDigits(bytes, at + 18);
  const offsetHours = twoDigits(bytes, at + 22);
  const offsetMinutes = twoDigits(bytes, at + 24);
  const sign = bytes[at + 21];
  if (
    (hours | minutes | seconds | offsetHours | offsetMinutes) < 0 ||
    bytes[at + 14] !== 58 ||
    bytes[at + 17] !== 58 ||
    bytes[at + 20] !== SPACE ||
    (sign !== 43 && sign !== 45)
  ) {
    return NaN;
  }
  const offset = (offsetHours * 60 + offsetMinutes) * 60;
  return m.midnight + ((hours * 60 + minutes) * 60 + seconds + (sign === 45 ? offset : -offset)) * 1000;
}

/** Two decimal digits, or -1. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const a = (bytes[at] as number) - 48;
  const b = (bytes[at + 1] as number) - 48;
  return a >>> 0 > 9 || b >>> 0 > 9 ? -1 : a * 10 + b;
}

/** Midnight in ms of `dd/Mon/yyyy:`, the hour's zone left aside; NaN where this is not of that form. */
function midnightAt(bytes: Uint8Array, at: number): number {
  const date = /^(\d\d)\/(\w{3})\/(\d{4}):$/.exec(Buffer.from(bytes.buffer, bytes.byteOffset + at, 12).toString('latin1'));
  const month = MONTHS.indexOf(date?.[2] ?? '');
  return date === null || month < 0 ? NaN : Date.UTC(Number(date[3]), month, Number(date[1]));
}
