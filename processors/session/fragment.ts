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
  groupRows,
  keyPart,
  numberColumn,
  selectColumn,
  stringColumn,
  stringsColumn,
  withEmptyEntry,
  type Batch,
  type Column,
  type StringColumn,
  type StringsColumn,
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
  const codes = visitor.codes.map((code, row) => (session.codes[row] === without ? code : none));
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
  const groups = groupRows(sessionKey(batch).map(keyPart), batch.rows);
  const order = rowsByGroup(groups.ofRow, groups.count, times);
  const session = stringColumn(batch, 'session');
  const withoutId = emptyEntry(session);
  const action = stringColumn(batch, 'action');
  const view = entryOf(action, 'view');
  const object = stringColumn(batch, 'object');

  const n = batch.rows;
  const first = new Uint32Array(n);
  const starts = new Uint32Array(n + 1); // where each fragment begins in `order`
  const path = new Uint32Array(n);
  const views = new Float64Array(n);
  const pathOffsets = new Uint32Array(n + 1);
  let count = 0;
  let seen = 0;
  for (let i = 0; i < n; i++) {
    const row = order[i] as number;
    const before = order[i - 1] as number;
    const opens =
      i === 0 ||
      groups.ofRow[row] !== groups.ofRow[before] ||
      (session.codes[row] === withoutId && (times[row] as number) - (times[before] as number) > timeoutMs);
    if (opens) {
      pathOffsets[count] = seen;
      starts[count] = i;
      first[count++] = row;
    }
    if (action.codes[row] === view) {
      path[seen] = object.codes[row] as number;
      views[seen++] = times[row] as number;
    }
  }
  starts[count] = n;
  pathOffsets[count] = seen;

  const rows = first.subarray(0, count);
  const start = new Float64Array(count);
  const end = new Float64Array(count);
  const impressions = new Float64Array(count);
  for (let f = 0; f < count; f++) {
    start[f] = times[rows[f] as number] as number;
    end[f] = times[order[(starts[f + 1] as number) - 1] as number] as number;
    impressions[f] = (starts[f + 1] as number) - (starts[f] as number);
  }
  const offsets = pathOffsets.slice(0, count + 1);
  const columns: Record<string, Column> = {
    site: selectColumn(stringColumn(batch, 'site'), rows),
    session: selectColumn(session, rows),
    start: { kind: 'number', values: start },
    end: { kind: 'number', values: end },
    impressions: { kind: 'number', values: impressions },
    path: { kind: 'strings', dictionary: object.dictionary, offsets, codes: path.slice(0, seen) },
    views: { kind: 'numbers', offsets, values: views.slice(0, seen) },
  };
  for (const field of FIRST) columns[field] = selectColumn(field === 'referrer' ? referrer : stringColumn(batch, field), rows);
  for (const field of UNIONS) columns[field] = unionOf(stringsColumn(batch, field), order, starts, count);
  return { type: SessionFragment.name, rows: count, columns };
}

/** The rows ordered by group, then time, then row. Rows come nearly in the order of time, so insertion is linear. */
function rowsByGroup(ofRow: Uint32Array, count: number, times: Float64Array): Uint32Array {
  const next = new Uint32Array(count + 1);
  for (let row = 0; row < ofRow.length; row++) next[(ofRow[row] as number) + 1] = (next[(ofRow[row] as number) + 1] as number) + 1;
  for (let g = 0; g < count; g++) next[g + 1] = (next[g + 1] as number) + (next[g] as number);
  const begin = next.slice();
  const order = new Uint32Array(ofRow.length);
  let ordered = true;
  for (let row = 0; row < ofRow.length; row++) {
    const g = ofRow[row] as number;
    const at = next[g] as number;
    next[g] = at + 1;
    order[at] = row;
    if (at > (begin[g] as number) && (times[order[at - 1] as number] as number) > (times[row] as number)) ordered = false;
  }
  if (!ordered)
    for (let g = 0; g < count; g++)
      order.subarray(begin[g], begin[g + 1]).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  return order;
}

/** For each fragment the distinct entries of its rows' lists. */
function unionOf(c: StringsColumn, order: Uint32Array, starts: Uint32Array, count: number): StringsColumn {
  const offsets = new Uint32Array(count + 1);
  const codes: number[] = [];
  const lastIn = new Uint32Array(c.dictionary.size); // the last fragment, plus one, that has the entry
  if (c.codes.length > 0) {
    for (let f = 0; f < count; f++) {
      for (let i = starts[f] as number, stop = starts[f + 1] as number; i < stop; i++) {
        const row = order[i] as number;
        for (let j = c.offsets[row] as number, end = c.offsets[row + 1] as number; j < end; j++) {
          const code = c.codes[j] as number;
          if (lastIn[code] === f + 1) continue;
          lastIn[code] = f + 1;
          codes.push(code);
        }
      }
      offsets[f + 1] = codes.length;
    }
  }
  return { kind: 'strings', dictionary: c.dictionary, offsets, codes: Uint32Array.from(codes) };
}

function entryOf({ dictionary: { bytes, offsets, size } }: StringColumn, value: string): number {
  const wanted = Buffer.from(value);
  for (let i = 0; i < size; i++) if (wanted.compare(bytes, offsets[i], offsets[i + 1]) === 0) return i;
  return -1;
}
