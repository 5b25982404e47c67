/**
 * What a scan offers to its callers. See ScanKernel.
 */
import { clearImpressions } from './impressions.js';
import { clearLog } from './log.js';
import { clearPredictions } from './predictions.js';
import { allocate, clearRoom } from './room.js';
import { clearRows } from './rows.js';
import { clearTexts } from './texts.js';

export { addUnknownFields, scanImpressions, unknownFields } from './impressions.js';
export { scanLog } from './log.js';
export { allocate, release } from './room.js';
export { codesAt, countLine, endRow, endsAt, lineCount, numbersAt, reserveRow, rowCount, setCode, startsAt, timesAt } from './rows.js';
export { entriesAt, hasEscaped, intern, layOut, longestText, textCount } from './texts.js';

export function beginImpressions(
  columns: i32,
  segments: i32,
  recommendations: i32,
  params: i32,
  longestLine: i32,
  size: i32,
  seed: i32,
): i32 {
  clearRoom();
  clearTexts(columns + 1, seed);
  clearRows(columns);
  clearPredictions(columns + 4);
  clearImpressions(columns, segments, recommendations, params, longestLine);
  return allocate(size);
}

export function beginLog(columns: i32, longestLine: i32, size: i32, seed: i32): i32 {
  clearRoom();
  clearTexts(columns, seed);
  clearRows(columns);
  clearLog(longestLine);
  return allocate(size);
}
