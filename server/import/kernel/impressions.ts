/**
 * The hot loop of `impressions`: lines of JSON to rows of codes, without a string or an object a row.
 *
 * It reads the common shape only: one flat object a line, known fields as strings, `time` as plain digits, lists and
 * `params` without anything nested, unknown fields as scalars; white space and the order of the fields do not matter.
 * Whatever else a line is, its row is dropped and the line left to the caller. Invariant: the bytes of a text never go
 * past the end of their line, for a text with a control character is never entered.
 */
import { BACKSLASH, endOfQuoted, isDigit, NEWLINE, QUOTE, RETURN } from './bytes.js';
import { byteAt, find, HAS_CONTROL, setWord, wordAt } from './machine.js';
import { predict, predictedColumn, predictedLength } from './predictions.js';
import { clearCodes, countLine, endRow, reserveRow, rowCount, setCode } from './rows.js';
import { EMPTY, entryAt, FIRST_CODE, intern } from './texts.js';

/** The columns that are no plain strings. */
let segments: i32 = 0;
let recommendations: i32 = 0;
let params: i32 = 0;
/** Past the columns of known fields: `time`, a field that is not known, the beginning of a line and its end. */
let timeColumn: i32 = 0;
let unknownColumn: i32 = 0;
let lineStart: i32 = 0;
let lineEnd: i32 = 0;
/** The names of fields are texts of one more column; the known ones come first, then `time` and `__proto__`. */
let names: i32 = 0;
let proto: i32 = 0;
let longestLine: i32 = 0;
/** Fields whose names are none of ours. */
let unknown: i32 = 0;
/** Out-parameter of nextField. */
let column: i32 = 0;

/**
 * Forget what was scanned. `columns` is the number of known fields, whose names are to be entered as texts of the column
 * after them, and then `time` and `__proto__`; `longest` is the most bytes of a line.
 */
export function clearImpressions(columns: i32, segmentsColumn: i32, recommendationsColumn: i32, paramsColumn: i32, longest: i32): void {
  segments = segmentsColumn;
  recommendations = recommendationsColumn;
  params = paramsColumn;
  timeColumn = columns;
  unknownColumn = columns + 1;
  lineStart = columns + 2;
  lineEnd = columns + 3;
  names = columns;
  proto = columns + 1;
  longestLine = longest;
  unknown = 0;
}

export function unknownFields(): i32 {
  return unknown;
}

export function addUnknownFields(n: i32): void {
  unknown += n;
}

/**
 * Scan the lines of `[from, to)`, both where a line begins. Returns `to`, or the first byte of a line that is left to the
 * caller, who goes on after it.
 */
export function scanImpressions(from: i32, to: i32): i32 {
  let pos = from;
  while (pos < to) {
    const first = byteAt(pos);
    if (first === NEWLINE || (first === RETURN && byteAt(pos + 1) === NEWLINE)) {
      pos += first === NEWLINE ? 1 : 2;
      countLine();
      continue;
    }
    reserveRow();
    const next = scanLine(pos);
    if (next < 0) {
      clearCodes();
      return pos;
    }
    pos = next;
  }
  return to;
}

/** Scan one line to a row; returns where the next begins, or -1 where it is not of the common shape. */
function scanLine(start: i32): i32 {
  let pos = start;
  let previous = lineStart;
  let seen = 0;
  let dropped = 0;
  let time: f64 = NaN;
  while (previous !== lineEnd) {
    const length = predictedLength(previous, pos);
    if (length !== 0) {
      column = predictedColumn(previous);
      pos += length;
    } else {
      pos = nextField(previous, pos);
      if (pos < 0) return -1;
    }
    previous = column;
    if (column <= timeColumn) {
      const bit = 1 << column;
      if ((seen & bit) !== 0) return -1;
      seen |= bit;
    }
    if (column < timeColumn) {
      let end = 0;
      if (column === segments || column === recommendations || column === params) {
        end = closing(pos, column === params ? 125 : 93);
        if (end < 0) return -1;
      } else {
        end = endOfQuoted(pos);
      }
      const code = end === pos ? EMPTY : intern(column, pos, end - pos, HAS_CONTROL);
      if (code < 0) return -1;
      setCode(column, code);
      pos = end + 1;
    } else if (column === timeColumn) {
      // Fifteen digits at most: whole below 2 ** 53.
      let high = byteAt(pos) - 48;
      if (high < 1 || high > 9) return -1;
      let at = pos + 1;
      for (; at < pos + 9 && isDigit(byteAt(at)); at++) high = high * 10 + byteAt(at) - 48;
      let low = 0;
      let scale: f64 = 1;
      const last = at + 6;
      for (; at < last && isDigit(byteAt(at)); at++) {
        low = low * 10 + byteAt(at) - 48;
        scale *= 10;
      }
      time = high * scale + low;
      pos = at;
    } else if (column === unknownColumn) {
      dropped++;
      pos = afterScalar(pos);
      if (pos < 0) return -1;
    }
  }
  const end = byteAt(pos - 2) === RETURN ? pos - 2 : pos - 1;
  if (end - start > longestLine) return -1;
  unknown += dropped;
  endRow(start, end, time);
  return pos;
}

/**
 * Find the next field after the one of column `previous`: sets `column` to its column (that of a line's end where the object
 * and the line end) and returns where its value begins, after the opening delimiter; -1 where this is not the common shape.
 */
function nextField(previous: i32, from: i32): i32 {
  let pos = skipSpace(from);
  if (previous === lineStart) {
    if (byteAt(pos) !== 123) return -1;
    pos = skipSpace(pos + 1);
  }
  if (byteAt(pos) === 125) {
    pos = skipSpace(pos + 1);
    if (byteAt(pos) !== NEWLINE) return -1;
    column = lineEnd;
    predict(previous, lineEnd, from, pos + 1);
    return pos + 1;
  }
  if (previous !== lineStart) {
    if (byteAt(pos) !== 44) return -1;
    pos = skipSpace(pos + 1);
  }
  if (byteAt(pos) !== QUOTE) return -1;
  const name = pos + 1;
  pos = find(QUOTE, name);
  const code = intern(names, name, pos - name, HAS_CONTROL);
  if (code < 0) return -1;
  const known = code - FIRST_CODE;
  pos = skipSpace(pos + 1);
  if (byteAt(pos) !== 58) return -1;
  pos = skipSpace(pos + 1);
  if (known === proto) return -1;
  if (known < 0 || known > timeColumn) {
    const entry = entryAt(names, code);
    // Escaped, or twice in this row: the mark is the row that had it last, plus one.
    if (wordAt(entry + 8) !== 0 || wordAt(entry + 12) === rowCount() + 1) return -1;
    setWord(entry + 12, rowCount() + 1);
    column = unknownColumn;
    return pos;
  }
  const c = byteAt(pos);
  if (known === timeColumn) {
    if (!isDigit(c)) return -1;
  } else {
    if (c !== (known === params ? 123 : known === segments || known === recommendations ? 91 : QUOTE)) return -1;
    pos++;
  }
  column = known;
  predict(previous, known, from, pos);
  return pos;
}

function skipSpace(from: i32): i32 {
  let pos = from;
  let c = byteAt(pos);
  while (c === 32 || c === 9 || c === RETURN) {
    pos++;
    c = byteAt(pos);
  }
  return pos;
}

/** Where the list or object that begins at `start` ends, or -1 where it holds another. */
function closing(start: i32, delimiter: i32): i32 {
  let pos = start;
  let c = byteAt(pos);
  while (c !== delimiter) {
    if (c === QUOTE) pos = endOfQuoted(pos + 1);
    else if (c === 91 || c === 93 || c === 123 || c === 125) return -1;
    pos++;
    c = byteAt(pos);
  }
  return pos;
}

/** The byte after the scalar that begins at `start`, or -1 where it is not one of the common shape. */
function afterScalar(start: i32): i32 {
  const c = byteAt(start);
  if (c === QUOTE) return afterString(start + 1);
  if (c === 116) return byteAt(start + 1) === 114 && byteAt(start + 2) === 117 && byteAt(start + 3) === 101 ? start + 4 : -1; // true
  if (c === 110) return byteAt(start + 1) === 117 && byteAt(start + 2) === 108 && byteAt(start + 3) === 108 ? start + 4 : -1; // null
  if (c === 102) return byteAt(start + 1) === 97 && wordAt(start + 1) === 0x65736c61 ? start + 5 : -1; // false
  return afterNumber(c === 45 ? start + 1 : start);
}

/** The byte after a string without escapes. */
function afterString(start: i32): i32 {
  let pos = start;
  let c = byteAt(pos);
  while (c !== QUOTE) {
    if (c === BACKSLASH || c < 32) return -1;
    pos++;
    c = byteAt(pos);
  }
  return pos + 1;
}

/** The byte after a number without an exponent. */
function afterNumber(start: i32): i32 {
  let pos = start;
  while (isDigit(byteAt(pos))) pos++;
  const digits = pos - start;
  if (digits === 0 || digits > 15 || (digits > 1 && byteAt(start) === 48)) return -1;
  if (byteAt(pos) !== 46) return pos;
  pos++;
  const fraction = pos;
  while (isDigit(byteAt(pos))) pos++;
  return pos === fraction ? -1 : pos;
}
