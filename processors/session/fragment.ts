/*
 * SessionMerger, first half: what one block knows of its sessions.
 *
 * A fragment is all that one block holds of one session. Impressions without a session id are cut here already where two
 * are further apart than the timeout: whatever other blocks hold can only close such a gap, never open one inside a
 * fragment. So every session that comes out in the end begins where one of its fragments begins, and a fragment needs to
 * keep the properties of its first impression only.
 */
import {
  bean,
  chooseOfRuns,
  cutRuns,
  distinctOfRuns,
  firstOfRuns,
  groupRows,
  keyPart,
  lengthsOfRuns,
  numberColumn,
  orderByGroup,
  selectColumn,
  selectFloats,
  selectUints,
  stringColumn,
  stringsColumn,
  unsetUints,
  where,
  withEmptyEntry,
  type Batch,
  type Column,
  type Runs,
  type StringColumn,
} from '../../engine/index.js';

/** The properties of a session's first impression. */
export const FIRST = ['visitor', 'browser', 'os', 'device', 'ip', 'referrer', 'country', 'region', 'city'] as const;
export const UNIONS = ['segments', 'recommendations'] as const;

/** `views`: the times of the views in `path`; both ordered by time, then line. */
export const SessionFragment = bean('SessionFragment', {
  site: 'string',
  session: 'string',
  visitor: 'string',
  start: 'integer',
  end: 'integer',
  impressions: 'integer',
  path: 'strings',
  views: 'integers',
  browser: 'string',
  os: 'string',
  device: 'string',
  ip: 'string',
  referrer: 'string',
  country: 'string',
  region: 'string',
  city: 'string',
  segments: 'strings',
  recommendations: 'strings',
});

/** The session key of each row: its site, its session id, and its visitor where the id is empty (else `''`). */
export function sessionKey(batch: Batch): StringColumn[] {
  const session = stringColumn(batch, 'session');
  const visitor = stringColumn(batch, 'visitor');
  const without = emptyEntry(session);
  const none = visitor.dictionary.size;
  const codes = unsetUints(batch.rows);
  for (let row = 0; row < batch.rows; row++) codes[row] = session.codes[row] === without ? (visitor.codes[row] as number) : none;
  return [stringColumn(batch, 'site'), session, { kind: 'string', dictionary: withEmptyEntry(visitor.dictionary), codes }];
}

/** The code of the empty string, or -1. */
export function emptyEntry({ dictionary: { offsets, size } }: StringColumn): number {
  for (let i = 0; i < size; i++) if (offsets[i + 1] === offsets[i]) return i;
  return -1;
}

/** A block of RawSensorCallBean to its fragments. `referrer` has become what reports show. */
export function fragments(batch: Batch, referrer: StringColumn, timeoutMs: number): Batch {
  const times = numberColumn(batch, 'time').values;
  const session = stringColumn(batch, 'session');
  const groups = groupRows(sessionKey(batch).map(keyPart), batch.rows);
  const cut = { codes: session.codes, code: emptyEntry(session), gap: timeoutMs };
  const runs = cutRuns(orderByGroup(groups, times), groups.ofRow, times, times, cut);
  const rows = firstOfRuns(runs);
  const columns: Record<string, Column> = {
    site: selectColumn(stringColumn(batch, 'site'), rows),
    session: selectColumn(session, rows),
    start: { kind: 'number', values: selectFloats(times, rows) },
    end: { kind: 'number', values: runs.ends },
    impressions: { kind: 'number', values: lengthsOfRuns(runs) },
    ...views(batch, runs, times),
  };
  for (const field of FIRST) columns[field] = selectColumn(field === 'referrer' ? referrer : stringColumn(batch, field), rows);
  for (const field of UNIONS) columns[field] = distinctOfRuns(runs, stringsColumn(batch, field));
  return { type: SessionFragment.name, rows: runs.count, columns };
}

const areViews = where('action', 'view');

/** The objects that each fragment's views are of, and their times. */
function views(batch: Batch, runs: Runs, times: Float64Array): Record<'path' | 'views', Column> {
  const { dictionary, codes } = stringColumn(batch, 'object');
  const { offsets, rows } = chooseOfRuns(runs, areViews(batch).mask);
  return {
    path: { kind: 'strings', dictionary, offsets, codes: selectUints(codes, rows) },
    views: { kind: 'numbers', offsets, values: selectFloats(times, rows) },
  };
}
