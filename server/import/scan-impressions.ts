/**
 * The hot loop of `impressions`: lines of JSON to rows of codes, without a string or an object a row.
 *
 * It reads the common shape only: one flat object a line, known fields as strings, `time` as plain digits, lists and
 * `params` without anything nested, unknown fields as scalars; white space and the order of the fields do not matter.
 * Whatever else a line is, its row is dropped and the line left to the caller. Invariant: the bytes of a text never go
 * past the end of their line, for a text with a control character is never entered.
 */
import { IMPRESSION_COLUMNS, MAX_LINE } from './columns.js';
import {
  bitsBefore,
  EMPTY,
  FIRST_CODE,
  hashText,
  HIGH_BITS,
  MULTIPLIER_1,
  MULTIPLIER_2,
  NO_CONTROL,
  ONES,
  PREDICTION_STRIDE,
  ScanMemory,
} from './scan-memory.js';

const COLUMNS = IMPRESSION_COLUMNS.length;
const SEGMENTS = IMPRESSION_COLUMNS.indexOf('segments');
const RECOMMENDATIONS = IMPRESSION_COLUMNS.indexOf('recommendations');
const PARAMS = IMPRESSION_COLUMNS.indexOf('params');
/** The names of fields are texts of one more column; the known ones come first. */
const NAMES = COLUMNS;
const TIME = COLUMNS;
const PROTO = COLUMNS + 1;
/** These are never the columns of names. */
const UNKNOWN = COLUMNS + 1;
const LINE_START = COLUMNS + 2;
const LINE_END = COLUMNS + 3;

const QUOTE = 34;
const QUOTES = 0x22222222;
const BACKSLASH = 92;
const NEWLINE = 10;
const TENS = Float64Array.from({ length: 9 }, (_, i) => 10 ** i);

export class ImpressionMemory extends ScanMemory {
  /** Out-parameter of nextField: the column of the field found. */
  column = 0;
  /** Of each field name the row that had it last, plus one: a name that comes twice is left to the slow path. */
  named = new Int32Array(64);

  constructor() {
    super(COLUMNS + 1);
  }

  override load(input: Uint8Array): void {
    super.load(input);
    for (const name of [...IMPRESSION_COLUMNS, 'time', '__proto__']) this.intern(NAMES, name);
    this.named.fill(0);
  }
}

/**
 * Scan the lines of `bytes[from .. to)`, both where a line begins. Returns `to`, or the first byte of a line that is left
 * to the caller, who goes on after it.
 */
export function scanImpressions(m: ImpressionMemory, from: number, to: number): number {
  const { predictions, tables, bytes, view } = m;
  let { slots, codes, capacity } = m;
  let row = m.rows;
  let lines = m.lines;
  let pos = from;
  lines: while (pos < to) {
    const start = pos;
    const first = bytes[pos] as number;
    if (first === NEWLINE || (first === 13 && bytes[pos + 1] === NEWLINE)) {
      pos += first === NEWLINE ? 1 : 2;
      lines++;
      continue;
    }
    if (row === capacity) {
      m.rows = row;
      m.growRows();
      ({ codes, capacity } = m);
    }
    let seen = 0;
    let unknown = 0;
    let time = NaN;
    let column = LINE_START;
    line: {
      for (;;) {
        // Separator, name and opening delimiter, as after the same field of the line before?
        let p = column * PREDICTION_STRIDE;
        const words = predictions[p + 2] as number;
        const mask = predictions[p + 3] as number;
        let at = pos;
        const next = predictions[p] as number;
        const length = predictions[p + 1] as number;
        p += 4;
        let i = 0;
        while (i < words && view.getInt32(at, true) === predictions[p + i]) {
          at += 4;
          i++;
        }
        if (i === words && length !== 0 && (mask === 0 || (view.getInt32(at, true) & mask) === predictions[p + i])) {
          column = next;
          pos += length;
        } else {
          m.column = column;
          pos = nextField(m, pos, row);
          if (pos < 0) break line;
          column = m.column;
          slots = m.slots;
        }

        if (column < COLUMNS) {
          const bit = 1 << column;
          if ((seen & bit) !== 0) break line;
          seen |= bit;
          // The text's end and hash.
          let end = pos;
          let h = 0;
          if (column === SEGMENTS || column === RECOMMENDATIONS || column === PARAMS) {
            end = column === PARAMS ? closing(bytes, pos, 125) : closing(bytes, pos, 93);
            if (end < 0) break line;
            h = hashText(view, pos, end);
          } else {
            let w = view.getInt32(end, true);
            let x = w ^ QUOTES;
            let found = (x - ONES) & ~x & HIGH_BITS;
            while (found === 0) {
              h = Math.imul(h ^ w, MULTIPLIER_1);
              h ^= h >>> 15;
              end += 4;
              w = view.getInt32(end, true);
              x = w ^ QUOTES;
              found = (x - ONES) & ~x & HIGH_BITS;
            }
            const left = bitsBefore(found);
            if (left !== 0) {
              h = Math.imul(h ^ (w & ((1 << left) - 1)), MULTIPLIER_1);
              h ^= h >>> 15;
              end += left >> 3;
            }
            if (bytes[end - 1] === BACKSLASH) {
              end = closingQuote(bytes, pos);
              h = hashText(view, pos, end);
            } else {
              h = Math.imul(h ^ (end - pos), MULTIPLIER_2);
              h ^= h >>> 13;
            }
          }
          // Its code.
          const size = end - pos;
          let code: number = EMPTY;
          if (size !== 0) {
            const base = tables[column * 2] as number;
            const bits = tables[column * 2 + 1] as number;
            let s = h & bits;
            for (;;) {
              const slot = base + s * 4;
              code = slots[slot + 3] as number;
              if (code === 0) {
                code = m.enter(column, h, pos, size, slot, NO_CONTROL);
                if (code < 0) break line;
                slots = m.slots;
                break;
              }
              if (slots[slot] === h && slots[slot + 1] === size) {
                // The hash tells all texts of up to four bytes apart; of others the last word may overlap the one before.
                const known = slots[slot + 2] as number;
                const last = size - 4;
                let j = 0;
                while (j < last && view.getInt32(known + j, true) === view.getInt32(pos + j, true)) j += 4;
                if (j >= last && (last <= 0 || view.getInt32(known + last, true) === view.getInt32(pos + last, true))) break;
              }
              s = (s + 1) & bits;
            }
          }
          codes[column * capacity + row] = code;
          pos = end + 1;
        } else if (column === TIME) {
          if (time === time) break line;
          let high = (bytes[pos] as number) - 48;
          if (high < 1 || high > 9) break line;
          let digits = pos + 1;
          for (let d = 0; digits < pos + 9 && (d = (bytes[digits] as number) - 48) >= 0 && d <= 9; digits++) high = high * 10 + d;
          const part = digits;
          let low = 0;
          for (let d = 0; digits < part + 6 && (d = (bytes[digits] as number) - 48) >= 0 && d <= 9; digits++) low = low * 10 + d;
          time = high * (TENS[digits - part] as number) + low;
          pos = digits;
        } else if (column === LINE_END) {
          break;
        } else {
          unknown++;
          pos = afterScalar(bytes, pos);
          if (pos < 0) break line;
        }
      }
      let end = pos - 1;
      if (bytes[end - 1] === 13) end--;
      if (end - start > MAX_LINE) break line;
      m.times[row] = time;
      m.starts[row] = start;
      m.ends[row] = end;
      m.numbers[row] = ++lines;
      m.unknown += unknown;
      row++;
      continue lines;
    }
    // Left to the caller.
    for (let c = 0; c < COLUMNS; c++) codes[c * capacity + row] = 0;
    m.rows = row;
    m.lines = lines;
    return start;
  }
  m.rows = row;
  m.lines = lines;
  return to;
}

/**
 * Find the next field after the one of column `m.column`: sets `m.column` to its column (LINE_END where the object and the
 * line end) and returns where its value begins, after the opening delimiter; -1 where this is not the common shape.
 */
function nextField(m: ImpressionMemory, from: number, row: number): number {
  const { bytes } = m;
  const previous = m.column;
  let pos = skipSpace(bytes, from);
  if (previous === LINE_START) {
    if (bytes[pos] !== 123) return -1;
    pos = skipSpace(bytes, pos + 1);
  }
  if (bytes[pos] === 125) {
    pos = skipSpace(bytes, pos + 1);
    if (bytes[pos] !== NEWLINE) return -1;
    m.column = LINE_END;
    m.predict(previous, LINE_END, from, pos + 1);
    return pos + 1;
  }
  if (previous !== LINE_START) {
    if (bytes[pos] !== 44) return -1;
    pos = skipSpace(bytes, pos + 1);
  }
  if (bytes[pos] !== QUOTE) return -1;
  const name = pos + 1;
  pos = name;
  while (bytes[pos] !== QUOTE) pos++;
  const code = m.internAt(NAMES, name, pos, NO_CONTROL);
  if (code < 0 || m.texts(NAMES).escaped[code] === 1) return -1;
  pos = skipSpace(bytes, pos + 1);
  if (bytes[pos] !== 58) return -1;
  pos = skipSpace(bytes, pos + 1);
  const column = code - FIRST_CODE;
  if (column === PROTO) return -1;
  if (code < FIRST_CODE || column > TIME) {
    if (m.named.length <= code) {
      const named = new Int32Array(code * 2);
      named.set(m.named);
      m.named = named;
    }
    if (m.named[code] === row + 1) return -1;
    m.named[code] = row + 1;
    m.column = UNKNOWN;
    return pos;
  }
  const c = bytes[pos] as number;
  if (column === TIME) {
    if (c < 48 || c > 57) return -1;
  } else {
    if (c !== (column === PARAMS ? 123 : column === SEGMENTS || column === RECOMMENDATIONS ? 91 : QUOTE)) return -1;
    pos++;
  }
  m.column = column;
  m.predict(previous, column, from, pos);
  return pos;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let pos = from;
  for (let c = bytes[pos]; c === 32 || c === 9 || c === 13; c = bytes[++pos]);
  return pos;
}

/** Where the string that begins at `start` ends. */
function closingQuote(bytes: Uint8Array, start: number): number {
  let pos = start;
  for (let c = bytes[pos]; c !== QUOTE; c = bytes[++pos]) {
    if (c === BACKSLASH) pos++;
  }
  return pos;
}

/** Where the list or object that begins at `start` ends, or -1 where it holds another. */
function closing(bytes: Uint8Array, start: number, delimiter: number): number {
  let pos = start;
  for (let c = bytes[pos] as number; c !== delimiter; c = bytes[++pos] as number) {
    if (c === QUOTE) pos = closingQuote(bytes, pos + 1);
    else if (c === 91 || c === 93 || c === 123 || c === 125) return -1;
  }
  return pos;
}

/** The byte after the scalar that begins at `start`, or -1 where it is not one of the common shape. */
function afterScalar(bytes: Uint8Array, start: number): number {
  let pos = start;
  let c = bytes[pos] as number;
  if (c === QUOTE) {
    for (c = bytes[++pos] as number; c !== QUOTE; c = bytes[++pos] as number) {
      if (c === BACKSLASH || c < 32) return -1;
    }
    return pos + 1;
  }
  if (c === 116 && bytes[pos + 1] === 114 && bytes[pos + 2] === 117 && bytes[pos + 3] === 101) return pos + 4;
  if (c === 110 && bytes[pos + 1] === 117 && bytes[pos + 2] === 108 && bytes[pos + 3] === 108) return pos + 4;
  if (c === 102 && bytes[pos + 1] === 97 && bytes[pos + 2] === 108 && bytes[pos + 3] === 115 && bytes[pos + 4] === 101) return pos + 5;
  if (c === 45) c = bytes[++pos] as number;
  if (c < 48 || c > 57) return -1;
  const digits = pos;
  while ((c = bytes[++pos] as number) >= 48 && c <= 57);
  if (pos - digits > 15 || (pos - digits > 1 && bytes[digits] === 48)) return -1;
  if (c !== 46) return pos;
  const fraction = ++pos;
  while ((c = bytes[pos] as number) >= 48 && c <= 57) pos++;
  return pos === fraction ? -1 : pos;
}
