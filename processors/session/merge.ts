/* SessionMerger, second half: the fragments of one partition to sessions. */
import {
  cutRuns,
  distinctOfRuns,
  firstOfRuns,
  groupRows,
  inFieldOrder,
  keyPart,
  lateRuns,
  numberColumn,
  numbersColumn,
  orderByGroup,
  orderRows,
  placesIn,
  rankEntries,
  rankPart,
  selectColumn,
  selectFloats,
  selectUints,
  sortLists,
  stringColumn,
  stringsColumn,
  sumOfRuns,
  unsetUints,
  withEmptyEntry,
  type Batch,
  type Column,
  type Groups,
  type Runs,
  type StringsColumn,
} from '../../engine/index.js';
import { SessionBean } from '../beans.js';
import { emptyEntry, FIRST, sessionKey, UNIONS } from './fragment.js';

/**
 * All fragments of some sessions to one SessionBean a session, ordered by site, session id, visitor key and start, text
 * bytewise. Fragments of one session come in the order of their blocks: that settles equal times.
 */
export function mergeFragments(batch: Batch, timeoutMs: number): Batch {
  const start = numberColumn(batch, 'start').values;
  const session = stringColumn(batch, 'session');
  const groups = groupsInKeyOrder(batch);
  // Within a session the fragments come in the order of their blocks; only overlapping ones are out of time.
  const order = orderByGroup(groups, start);
  const cut = { codes: session.codes, code: emptyEntry(session), gap: timeoutMs };
  const runs = cutRuns(order, groups.ofRow, start, numberColumn(batch, 'end').values, cut);
  const rows = firstOfRuns(runs);
  const path = mergePaths(batch, runs);
  const [entry, exit] = endsOf(path, runs.count);
  const columns: Record<string, Column> = {
    site: selectColumn(stringColumn(batch, 'site'), rows),
    session: selectColumn(session, rows),
    start: { kind: 'number', values: selectFloats(start, rows) },
    end: { kind: 'number', values: runs.ends },
    impressions: { kind: 'number', values: sumOfRuns(runs, numberColumn(batch, 'impressions').values) },
    entry,
    exit,
    path,
  };
  for (const field of FIRST) columns[field] = selectColumn(stringColumn(batch, field), rows);
  for (const field of UNIONS) columns[field] = mergeUnions(stringsColumn(batch, field), runs);
  return { type: SessionBean.name, rows: runs.count, columns: inFieldOrder(SessionBean, columns) };
}

/** The fragments grouped by session key, the groups in the order of their keys. */
function groupsInKeyOrder(batch: Batch): Pick<Groups, 'count' | 'ofRow'> {
  const key = sessionKey(batch);
  const { count, firstRow, ofRow } = groupRows(key.map(keyPart), batch.rows);
  const order = orderRows(
    key.map((c) => rankPart(selectColumn(c, firstRow))),
    count,
  );
  return { count, ofRow: selectUints(placesIn(order, count), ofRow) };
}

/** The views of each session by time; equal times in the order of their fragments' blocks. */
function mergePaths(batch: Batch, runs: Runs): StringsColumn {
  const { dictionary, offsets, codes } = selectColumn(stringsColumn(batch, 'path'), runs.order);
  const times = selectColumn(numbersColumn(batch, 'views'), runs.order).values;
  const late = lateRuns(runs, offsets, times);
  for (let run = late.indexOf(1); run >= 0; run = late.indexOf(1, run + 1)) {
    const all: { time: number; row: number; code: number }[] = [];
    const from = runs.begins[run] as number;
    const to = runs.begins[run + 1] as number;
    for (let i = from; i < to; i++) {
      const row = runs.order[i] as number;
      for (let j = offsets[i] as number, end = offsets[i + 1] as number; j < end; j++)
        all.push({ time: times[j] as number, row, code: codes[j] as number });
    }
    all.sort((a, b) => a.time - b.time || a.row - b.row);
    for (const [i, { code }] of all.entries()) codes[(offsets[from] as number) + i] = code;
  }
  return { kind: 'strings', dictionary, offsets: selectUints(offsets, runs.begins), codes };
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
function mergeUnions(lists: StringsColumn, runs: Runs): StringsColumn {
  const union = distinctOfRuns(runs, lists);
  sortLists(union, rankEntries(union.dictionary, union.codes));
  return union;
}
