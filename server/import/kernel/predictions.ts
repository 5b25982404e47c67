/**
 * What followed each column last time: the next column, and the bytes between their values. They are nearly always the same.
 */
import { areEqual, clearBytes, copyBytes, setWord, wordAt } from './machine.js';
import { allocate } from './room.js';

/** Longest separator that is predicted, in bytes. */
const LONGEST: i32 = 48;
/** Next column, length, bytes. */
const PREDICTION: i32 = 64;

let predictions: i32 = 0;

export function clearPredictions(columns: i32): void {
  predictions = allocate(columns * PREDICTION);
  clearBytes(predictions, columns * PREDICTION);
}

/** The length of the separator at `at`, if it is the one that followed `column` last time; else 0. */
export function predictedLength(column: i32, at: i32): i32 {
  const prediction = predictions + column * PREDICTION;
  const length = wordAt(prediction + 4);
  return areEqual(prediction + 8, at, length) ? length : 0;
}

export function predictedColumn(column: i32): i32 {
  return wordAt(predictions + column * PREDICTION);
}

/** Remember that `next` came after `column` with the separator `[start, end)`. */
export function predict(column: i32, next: i32, start: i32, end: i32): void {
  const length = end - start;
  if (length > LONGEST) return;
  const prediction = predictions + column * PREDICTION;
  setWord(prediction, next);
  setWord(prediction + 4, length);
  copyBytes(prediction + 8, start, length);
}
