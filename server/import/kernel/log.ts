/**
 * The hot loop of the log formats: lines of common, combined and vhost_combined to rows of codes.
 *
 *   [virtual.host:port ]host ident user [dd/Mon/yyyy:hh:mm:ss +hhmm] "request" status bytes[ "referrer" "agent"…]
 *
 * It reads lines whose host and ident are visible ASCII and whose first ` [` opens the time, a time that calendar and clock have;
 * whatever else a line is, its row is dropped and the line left to the caller, and so is one that may begin with something else
 * than its fields. Texts of quoted fields are as logged, escapes and all.
 */
import { endOfQuoted, isDigit, NEWLINE, QUOTE, RETURN } from './bytes.js';
import { byteAt, find, HAS_INVISIBLE, HAS_NEWLINE, wordAt } from './machine.js';
import { clearCodes, countLine, endRow, reserveRow, setCode } from './rows.js';
import { EMPTY, intern } from './texts.js';

const HOST: i32 = 0;
const REQUEST: i32 = 1;
const REFERRER: i32 = 2;
const AGENT: i32 = 3;
const VIRTUAL_HOST: i32 = 4;
/** Not codes but the number itself. */
const STATUS: i32 = 5;

const SPACE: i32 = 32;
const DASH: i32 = 45;
const OPEN_BRACKET: i32 = 91;
/** `- - ` is how nearly all lines go on after the host. */
const DASH_SPACE_DASH_SPACE: i32 = 0x202d202d;
/** `] "` */
const CLOSE_AND_QUOTE: i32 = 0x22205d;
const TIME_LENGTH: i32 = 26;

let longestLine: i32 = 0;
/** Where a date was read before, and the midnight in ms that it names. */
let dateAt: i32 = -1;
let midnight: f64 = 0;

/** Forget what was scanned; `longest` is the most bytes of a line. */
export function clearLog(longest: i32): void {
  longestLine = longest;
  dateAt = -1;
}

/**
 * Scan the lines of `[from, to)`, both where a line begins. Returns `to`, or the first byte of a line that is left to the
 * caller, who goes on after it.
 */
export function scanLog(from: i32, to: i32, virtualHosts: i32): i32 {
  let pos = from;
  while (pos < to) {
    const first = byteAt(pos);
    if (first === NEWLINE || (first === RETURN && byteAt(pos + 1) === NEWLINE)) {
      pos += first === NEWLINE ? 1 : 2;
      countLine();
      continue;
    }
    reserveRow();
    const next = scanLine(pos, virtualHosts);
    if (next < 0) {
      clearCodes();
      return pos;
    }
    pos = next;
  }
  return to;
}

/** Scan one line to a row; returns where the next begins, or -1 where it is not of the common shape. */
function scanLine(start: i32, virtualHosts: i32): i32 {
  let pos = start;
  if (virtualHosts !== 0) {
    pos = afterWord(VIRTUAL_HOST, pos);
    // Behind a remote host there is an ident, nearly always `-`: such a line may lack the virtual host that others have.
    if (pos < 0 || (byteAt(pos) === DASH && byteAt(pos + 1) === SPACE)) return -1;
  }
  pos = afterWord(HOST, pos);
  if (pos < 0) return -1;
  if (wordAt(pos) === DASH_SPACE_DASH_SPACE && byteAt(pos + 4) === OPEN_BRACKET) pos += 5;
  else if (isDoubtful(start, pos, virtualHosts)) return -1;
  else pos = afterNames(pos);
  if (pos < 0) return -1;

  const time = timeAt(pos);
  pos += TIME_LENGTH;
  if (isNaN(time) || (wordAt(pos) & 0xffffff) !== CLOSE_AND_QUOTE) return -1;
  pos = afterQuoted(REQUEST, pos + 3);
  if (pos < 0) return -1;
  // ` 200 `, and bytes or `-`
  if (byteAt(pos) !== SPACE || byteAt(pos + 4) !== SPACE) return -1;
  if (!isDigit(byteAt(pos + 1)) || !isDigit(byteAt(pos + 2)) || !isDigit(byteAt(pos + 3))) return -1;
  setCode(STATUS, (byteAt(pos + 1) - 48) * 100 + (byteAt(pos + 2) - 48) * 10 + (byteAt(pos + 3) - 48));
  pos += 5;
  if (byteAt(pos) === DASH) pos++;
  else {
    const digits = pos;
    while (isDigit(byteAt(pos))) pos++;
    if (pos === digits) return -1;
  }

  if (byteAt(pos) === SPACE) {
    if (byteAt(pos + 1) !== QUOTE) return -1;
    pos = afterQuoted(REFERRER, pos + 2);
    if (pos < 0 || byteAt(pos) !== SPACE || byteAt(pos + 1) !== QUOTE) return -1;
    pos = afterQuoted(AGENT, pos + 2);
    if (pos < 0) return -1;
    pos = find(NEWLINE, pos);
  } else if (byteAt(pos) === RETURN) pos++;
  if (byteAt(pos) !== NEWLINE) return -1;
  const end = byteAt(pos - 1) === RETURN ? pos - 1 : pos;
  if (end - start > longestLine) return -1;
  endRow(start, end, time);
  return pos + 1;
}

/** Enter the text from `start` to a space; returns the byte after the space, or -1 where it is not visible ASCII. */
function afterWord(column: i32, start: i32): i32 {
  const end = find(SPACE, start);
  if (end === start) return -1;
  const code = intern(column, start, end - start, HAS_INVISIBLE);
  if (code < 0) return -1;
  setCode(column, code);
  return end + 1;
}

/**
 * Whether the words of `[start, end)` may be others than they seem: where names follow, a line may begin with a header of syslog
 * (`Mar 11 …`, `<13>…`, `2025-03-11T…`), or with a virtual host that other lines have not.
 */
function isDoubtful(start: i32, end: i32, virtualHosts: i32): bool {
  const first = byteAt(start);
  if (first === 60 || byteAt(start + 3) === SPACE) return true;
  if (virtualHosts !== 0) return isDigit(first);
  let pos = start;
  while (pos < end && byteAt(pos) !== 58) pos++;
  return pos < end;
}

/** Skip ident and user; returns the byte after the bracket that opens the time, or -1. */
function afterNames(start: i32): i32 {
  let pos = start;
  let c = byteAt(pos);
  while (c !== SPACE) {
    if (c < 33 || c > 126) return -1;
    pos++;
    c = byteAt(pos);
  }
  if (pos === start) return -1;
  pos++;
  while (byteAt(pos) !== SPACE || byteAt(pos + 1) !== OPEN_BRACKET) {
    if (byteAt(pos) === NEWLINE) return -1;
    pos++;
  }
  return pos + 2;
}

/** Enter the text from `start` to its closing quote; returns the byte after the quote, or -1 where the line ends before. */
function afterQuoted(column: i32, start: i32): i32 {
  const end = endOfQuoted(start);
  const code = end === start ? EMPTY : intern(column, start, end - start, HAS_NEWLINE);
  if (code < 0) return -1;
  setCode(column, code);
  return end + 1;
}

/** Ms since the epoch of `dd/Mon/yyyy:hh:mm:ss +hhmm`, or NaN where this is not of that form, or none that there is. */
function timeAt(at: i32): f64 {
  if (dateAt < 0 || wordAt(at) !== wordAt(dateAt) || wordAt(at + 4) !== wordAt(dateAt + 4) || wordAt(at + 8) !== wordAt(dateAt + 8)) {
    dateAt = -1;
    midnight = midnightAt(at);
    if (isNaN(midnight)) return NaN;
    dateAt = at;
  }
  const hours = twoDigits(at + 12);
  const minutes = twoDigits(at + 15);
  const seconds = twoDigits(at + 18);
  const offsetHours = twoDigits(at + 22);
  const offsetMinutes = twoDigits(at + 24);
  const sign = byteAt(at + 21);
  if (
    (hours | minutes | seconds | offsetHours | offsetMinutes) < 0 ||
    hours > 23 ||
    minutes > 59 ||
    seconds > 60 ||
    offsetHours > 14 ||
    offsetMinutes > 59 ||
    byteAt(at + 14) !== 58 ||
    byteAt(at + 17) !== 58 ||
    byteAt(at + 20) !== SPACE ||
    (sign !== 43 && sign !== 45)
  ) {
    return NaN;
  }
  const offset = (offsetHours * 60 + offsetMinutes) * 60;
  // A leap second stays in its minute.
  const after: f64 = (hours * 60 + minutes) * 60 + (seconds > 59 ? 59 : seconds) + (sign === 45 ? offset : -offset);
  return midnight + after * 1000;
}

/** Midnight in ms of `dd/Mon/yyyy:`, the hour's zone left aside; NaN where this is not of that form, or no month has that day. */
function midnightAt(at: i32): f64 {
  const day = twoDigits(at);
  const month = monthOf(wordAt(at + 3) & 0xffffff);
  const century = twoDigits(at + 7);
  const years = twoDigits(at + 9);
  if ((day | month | century | years) < 0 || byteAt(at + 2) !== 47 || byteAt(at + 6) !== 47 || byteAt(at + 11) !== 58) return NaN;
  // As Date.UTC reads the years of one century.
  const year = century === 0 ? 1900 + years : century * 100 + years;
  const first = daysBefore(year, month);
  const next = month < 11 ? daysBefore(year, month + 1) : first + 31;
  if (day < 1 || day > next - first) return NaN;
  const days: f64 = first + day - 1;
  return days * 86_400_000;
}

/** The month of three letters, little-endian, from 0; -1 where it is none. */
function monthOf(letters: i32): i32 {
  if (letters === 0x6e614a) return 0; // Jan
  if (letters === 0x626546) return 1; // Feb
  if (letters === 0x72614d) return 2; // Mar
  if (letters === 0x727041) return 3; // Apr
  if (letters === 0x79614d) return 4; // May
  if (letters === 0x6e754a) return 5; // Jun
  if (letters === 0x6c754a) return 6; // Jul
  if (letters === 0x677541) return 7; // Aug
  if (letters === 0x706553) return 8; // Sep
  if (letters === 0x74634f) return 9; // Oct
  if (letters === 0x766f4e) return 10; // Nov
  return letters === 0x636544 ? 11 : -1; // Dec
}

/** Days from 1970-01-01 to the first of a month (from 0) of a Gregorian year from 100 on. */
function daysBefore(year: i32, month: i32): i32 {
  // Years that begin with March, so that a leap day comes last.
  const y = month < 2 ? year - 1 : year;
  const m = month < 2 ? month + 10 : month - 2;
  return y * 365 + floorDivided(y, 4) - floorDivided(y, 100) + floorDivided(y, 400) + floorDivided(m * 153 + 2, 5) - 719_468;
}

/** Of numbers that are not negative. */
function floorDivided(a: i32, b: i32): i32 {
  return (a / b) | 0;
}

/** Two decimal digits, or -1. */
function twoDigits(at: i32): i32 {
  const a = byteAt(at);
  const b = byteAt(at + 1);
  return isDigit(a) && isDigit(b) ? (a - 48) * 10 + b - 48 : -1;
}
