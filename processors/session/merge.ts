/* SessionMerger, second half: the fragments of one partition to sessions. */
import {
  groupRows,
  inFieldOrder,
  keyPart,
  numberColumn,
  numbersColumn,
  orderRows,
  rankEntries,
  rankPart,
  selectColumn,
  stringColumn,
  stringsColumn,
  withEmptyEntry,
  type Batch,
  type Column,
  type StringsColumn,
  unsetFloats,
  unsetUints,
  zeroUints,
} from '../../engine/index.js';
import { SessionBean } from '../beans.js';
import { emptyEntry, FIRST, sessionKey, UNIONS } from './fragment.js';

/**
 * All fragments of some sessions to one SessionBean a session, ordered by site, session id, visitor key and start, text
 * bytewise. Fragments of one session come in the order of their blocks: that settles equal times.
 */
export function mergeFragments(batch: Batch, timeoutMs: number): Batch {
  const start = numberColumn(batch, 'start').values;
  const end = numberColumn(batch, 'end').values;
  const impressions = numberColumn(batch, 'impressions').values;
  const session = stringColumn(batch, 'session');
  const withoutId = emptyEntry(session);
  const [ofRow, order] = inSessionOrder(batch, start);

  const n = batch.rows;
  const first = unsetUints(n);
  const begins = unsetUints(n + 1); // where each session begins in `order`
  const ends = unsetFloats(n);
  const counts = unsetFloats(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const row = order[i] as number;
    const opens =
      i === 0 ||
      ofRow[row] !== ofRow[order[i - 1] as number] ||
      (session.codes[row] === withoutId && (start[row] as number) - (ends[count - 1] as number) > timeoutMs);
    if (opens) {
      begins[count] = i;
      first[count] = row;
      ends[count] = end[row] as number;
      counts[count++] = impressions[row] as number;
    } else {
      ends[count - 1] = Math.max(ends[count - 1] as number, end[row] as number);
      counts[count - 1] = (counts[count - 1] as number) + (impressions[row] as number);
    }
  }
  begins[count] = n;

  const rows = first.subarray(0, count);
  const path = mergePaths(batch, order, begins, count);
  const [entry, exit] = endsOf(path, count);
  const columns: Record<string, Column> = {
    site: selectColumn(stringColumn(batch, 'site'), rows),
    session: selectColumn(session, rows),
    start: { kind: 'number', values: rowsOf(start, rows) },
    end: { kind: 'number', values: ends.subarray(0, count) },
    impressions: { kind: 'number', values: counts.subarray(0, count) },
    entry,
    exit,
    path,
  };
  for (const field of FIRST) columns[field] = selectColumn(stringColumn(batch, field), rows);
  for (const field of UNIONS) columns[field] = mergeUnions(stringsColumn(batch, field), order, begins, count);
  return { type: SessionBean.name, rows: count, columns: inFieldOrder(SessionBean, columns) };
}

function rowsOf(values: Float64Array, rows: Uint32Array): Float64Array {
  const out = unsetFloats(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i] as number] as number;
  return out;
}

/** The session key of each row as a number, and the rows in the order of key, start and row. */
function inSessionOrder(batch: Batch, start: Float64Array): [Uint32Array, Uint32Array] {
  const key = sessionKey(batch);
  const { count, firstRow, ofRow: groups } = groupRows(key.map(keyPart), batch.rows);
  const groupOrder = orderRows(
    key.map((c) => rankPart(selectColumn(c, firstRow))),
    count,
  );
  const place = unsetUints(count);
  for (let i = 0; i < count; i++) place[groupOrder[i] as number] = i;
  const ofRow = unsetUints(groups.length);
  for (let i = 0; i < groups.length; i++) ofRow[i] = place[groups[i] as number] as number;
  const order = orderRows([{ codes: ofRow, size: count }], batch.rows);
  // Within a session the fragments come in the order of their blocks; only overlapping ones are out of time.
  for (let i = 1; i < order.length; i++) {
    const row = order[i] as number;
    let j = i;
    while (j > 0 && ofRow[order[j - 1] as number] === ofRow[row] && (start[order[j - 1] as number] as number) > (start[row] as number)) {
      order[j] = order[j - 1] as number;
      j--;
    }
    order[j] = row;
  }
  return [ofRow, order];
}

/** The views of each session by time; equal times in the order of their fragments' blocks. */
function mergePaths(batch: Batch, order: Uint32Array, begins: Uint32Array, count: number): StringsColumn {
  const { dictionary, offsets, codes } = stringsColumn(batch, 'path');
  const views = numbersColumn(batch, 'views').values;
  const out = unsetUints(codes.length);
  const outOffsets = zeroUints(count + 1);
  let at = 0;
  for (let s = 0; s < count; s++) {
    const from = begins[s] as number;
    const to = begins[s + 1] as number;
    const begin = at;
    let late = false;
    let last = -Infinity;
    for (let i = from; i < to; i++) {
      const row = order[i] as number;
      for (let j = offsets[row] as number, stop = offsets[row + 1] as number; j < stop; j++) {
        const time = views[j] as number;
        if (time < last || (time === last && i > from && j === offsets[row])) late = true;
        last = time;
        out[at++] = codes[j] as number;
      }
    }
    if (late) {
      const all: { time: number; row: number; code: number }[] = [];
      for (let i = from; i < to; i++) {
        const row = order[i] as number;
        for (let j = offsets[row] as number, stop = offsets[row + 1] as number; j < stop; j++)
          all.push({ time: views[j] as number, row, code: codes[j] as number });
      }
      all.sort((a, b) => a.time - b.time || a.row - b.row);
      for (const [i, v] of all.entries()) out[begin + i] = v.code;
    }
    outOffsets[s + 1] = at;
  }
  return { kind: 'strings', dictionary, offsets: outOffsets, codes: out };
}

/** The first and the last entry of each list, `''` where it is empty. */
function endsOf({ dictionary, offsets, codes }: StringsColumn, count: number): [Column, Column] {
  const empty = dictionary.size;
  const withEmpty = withEmptyEntry(dictionary);
  const entry = unsetUints(count).fill(empty);
  const exit = unsetUints(count).fill(empty);
  for (let s = 0; s < count; s++) {
    if (offsets[s + 1] === offsets[s]) continue;
    entry[s] = codes[offsets[s] as number] as number;
    exit[s] = codes[(offsets[s + 1] as number) - 1] as number;
  }
  return [
    { kind: 'string', dictionary: withEmpty, codes: entry },
    { kind: 'string', dictionary: withEmpty, codes: exit },
  ];
}

/** The distinct entries of each session's fragments, bytewise. */
function mergeUnions(c: StringsColumn, order: Uint32Array, begins: Uint32Array, count: number): StringsColumn {
  const offsets = zeroUints(count + 1);
  const codes = unsetUints(c.codes.length);
  const ranks = rankEntries(c.dictionary, c.codes);
  let n = 0;
  for (let s = 0; s < count && c.codes.length > 0; s++) {
    const begin = n;
    for (let i = begins[s] as number, to = begins[s + 1] as number; i < to; i++) {
      const row = order[i] as number;
      for (let j = c.offsets[row] as number, stop = c.offsets[row + 1] as number; j < stop; j++) {
        if (insertByRank(codes, begin, n, c.codes[j] as number, ranks)) n++;
      }
    }
    offsets[s + 1] = n;
  }
  return { kind: 'strings', dictionary: c.dictionary, offsets, codes: codes.subarray(0, n) };
}

/** Insert a code into `codes[begin .. end)`, which is in the order of ranks; returns whether it was not there. */
function insertByRank(codes: Uint32Array, begin: number, end: number, code: number, ranks: Uint32Array): boolean {
  const rank = ranks[code] as number;
  let at = end;
  while (at > begin && (ranks[codes[at - 1] as number] as number) > rank) at--;
  if (at > begin && codes[at - 1] === code) return false;
  codes.copyWithin(at + 1, at, end);
  codes[at] = code;
  return true;
}
