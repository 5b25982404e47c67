/**
 * The rows of a scan, column by column: a code of each field, the time, and where the line is.
 */
import { clearBytes, copyBytes, setFloat, setWord } from './machine.js';
import { allocate } from './room.js';

let columns: i32 = 0;
let capacity: i32 = 4096;
let codes: i32 = 0;
let times: i32 = 0;
let starts: i32 = 0;
let ends: i32 = 0;
let numbers: i32 = 0;
let rows: i32 = 0;
/** Lines so far, empty ones too. */
let lines: i32 = 0;

export function clearRows(columnCount: i32): void {
  columns = columnCount;
  rows = 0;
  lines = 0;
  makeRoom();
}

function makeRoom(): void {
  codes = allocate(columns * capacity * 4);
  clearBytes(codes, columns * capacity * 4);
  times = allocate(capacity * 8);
  starts = allocate(capacity * 4);
  ends = allocate(capacity * 4);
  numbers = allocate(capacity * 4);
}

/** Make sure that there is room for one row more. */
export function reserveRow(): void {
  if (rows < capacity) return;
  const oldCodes = codes;
  const oldTimes = times;
  const oldStarts = starts;
  const oldEnds = ends;
  const oldNumbers = numbers;
  capacity *= 2;
  makeRoom();
  for (let column = 0; column < columns; column++) copyBytes(codesAt(column), oldCodes + column * rows * 4, rows * 4);
  copyBytes(times, oldTimes, rows * 8);
  copyBytes(starts, oldStarts, rows * 4);
  copyBytes(ends, oldEnds, rows * 4);
  copyBytes(numbers, oldNumbers, rows * 4);
}

/** Give the next row the code of a column. */
export function setCode(column: i32, code: i32): void {
  setWord(codes + (column * capacity + rows) * 4, code);
}

/** Take back the codes of the next row. */
export function clearCodes(): void {
  for (let column = 0; column < columns; column++) setCode(column, 0);
}

/** End the next row: the line `[start, end)`. `time` in ms since the epoch, NaN where there is none. */
export function endRow(start: i32, end: i32, time: f64): void {
  lines++;
  setFloat(times + rows * 8, time);
  setWord(starts + rows * 4, start);
  setWord(ends + rows * 4, end);
  setWord(numbers + rows * 4, lines);
  rows++;
}

/** Count a line that is no row; its number, from 1. */
export function countLine(): i32 {
  lines++;
  return lines;
}

export function rowCount(): i32 {
  return rows;
}

export function lineCount(): i32 {
  return lines;
}

export function codesAt(column: i32): i32 {
  return codes + column * capacity * 4;
}

export function timesAt(): i32 {
  return times;
}

export function startsAt(): i32 {
  return starts;
}

export function endsAt(): i32 {
  return ends;
}

export function numbersAt(): i32 {
  return numbers;
}
