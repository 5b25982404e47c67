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
  NO_GROUP,
  numberColumn,
  selectColumn,
  stringColumn,
  stringsColumn,
  withEmptyEntry,
  type Batch,
  type Column,
  type StringColumn,
  type StringsColumn,
  unsetFloats,
  unsetUints,
  zeroUints,
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
  const order = rowsByGroup(groups.ofRow, groups.count, times);
  const starts = cut(order, groups.ofRow, times, session.codes, emptyEntry(session), timeoutMs);
  const count = starts.length - 1;
  const rows = unsetUints(count);
  for (let f = 0; f < count; f++) rows[f] = order[starts[f] as number] as number;
  const columns: Record<string, Column> = {
    site: selectColumn(stringColumn(batch, 'site'), rows),
    session: selectColumn(session, rows),
    ...spans(order, starts, times),
    ...views(batch, order, starts),
  };
  for (const field of FIRST) columns[field] = selectColumn(field === 'referrer' ? referrer : stringColumn(batch, field), rows);
  for (const field of UNIONS) columns[field] = unionOf(stringsColumn(batch, field), order, starts, count);
  return { type: SessionFragment.name, rows: count, columns };
}

/** Where each fragment begins in `order`, and where the last one ends. */
function cut(
  order: Uint32Array,
  ofRow: Uint32Array,
  times: Float64Array,
  session: Uint32Array,
  withoutId: number,
  timeoutMs: number,
): Uint32Array {
  const starts = unsetUints(order.length + 1);
  let count = 0;
  let group = NO_GROUP;
  let before = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const time = times[row] as number;
    if (ofRow[row] !== group || (session[row] === withoutId && time - before > timeoutMs)) starts[count++] = i;
    group = ofRow[row] as number;
    before = time;
  }
  starts[count] = order.length;
  return starts.subarray(0, count + 1);
}

/** When each fragment begins and ends, and of how many impressions it is. */
function spans(order: Uint32Array, starts: Uint32Array, times: Float64Array): Record<'start' | 'end' | 'impressions', Column> {
  const count = starts.length - 1;
  const start = unsetFloats(count);
  const end = unsetFloats(count);
  const impressions = unsetFloats(count);
  for (let f = 0; f < count; f++) {
    const from = starts[f] as number;
    const to = starts[f + 1] as number;
    start[f] = times[order[from] as number] as number;
    end[f] = times[order[to - 1] as number] as number;
    impressions[f] = to - from;
  }
  return {
    start: { kind: 'number', values: start },
    end: { kind: 'number', values: end },
    impressions: { kind: 'number', values: impressions },
  };
}

/** The objects that each fragment's views are of, and their times. */
function views(batch: Batch, order: Uint32Array, starts: Uint32Array): Record<'path' | 'views', Column> {
  const times = numberColumn(batch, 'time').values;
  const action = stringColumn(batch, 'action');
  const { dictionary, codes } = stringColumn(batch, 'object');
  const chosen = unsetUints(batch.rows);
  const offsets = unsetUints(starts.length);
  const seen = viewRows(order, starts, action.codes, entryOf(action, 'view'), chosen, offsets);
  const path = unsetUints(seen);
  const when = unsetFloats(seen);
  for (let i = 0; i < seen; i++) {
    const row = chosen[i] as number;
    path[i] = codes[row] as number;
    when[i] = times[row] as number;
  }
  return { path: { kind: 'strings', dictionary, offsets, codes: path }, views: { kind: 'numbers', offsets, values: when } };
}

/** The rows of views, in order; returns how many. Those of fragment f are `chosen[offsets[f] .. offsets[f + 1])`. */
function viewRows(
  order: Uint32Array,
  starts: Uint32Array,
  actions: Uint32Array,
  view: number,
  chosen: Uint32Array,
  offsets: Uint32Array,
): number {
  let seen = 0;
  let fragment = 0;
  for (let i = 0; i < order.length; i++) {
    if (i === starts[fragment]) offsets[fragment++] = seen;
    const row = order[i] as number;
    if (actions[row] === view) chosen[seen++] = row;
  }
  offsets[fragment] = seen;
  return seen;
}

/** The rows ordered by group, then time, then row. Rows come nearly in the order of time, so insertion is linear. */
function rowsByGroup(ofRow: Uint32Array, count: number, times: Float64Array): Uint32Array {
  const next = zeroUints(count + 1);
  for (let row = 0; row < ofRow.length; row++) next[(ofRow[row] as number) + 1] = (next[(ofRow[row] as number) + 1] as number) + 1;
  for (let g = 0; g < count; g++) next[g + 1] = (next[g + 1] as number) + (next[g] as number);
  const begin = unsetUints(count + 1);
  begin.set(next);
  const order = unsetUints(ofRow.length);
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
  const offsets = zeroUints(count + 1);
  const codes = unsetUints(c.codes.length);
  let n = 0;
  const lastIn = zeroUints(c.dictionary.size); // the last fragment, plus one, that has the entry
  if (c.codes.length > 0) {
    for (let f = 0; f < count; f++) {
      for (let i = starts[f] as number, stop = starts[f + 1] as number; i < stop; i++) {
        const row = order[i] as number;
        for (let j = c.offsets[row] as number, end = c.offsets[row + 1] as number; j < end; j++) {
          const code = c.codes[j] as number;
          if (lastIn[code] === f + 1) continue;
          lastIn[code] = f + 1;
          codes[n++] = code;
        }
      }
      offsets[f + 1] = n;
    }
  }
  return { kind: 'strings', dictionary: c.dictionary, offsets, codes: codes.subarray(0, n) };
}

function entryOf({ dictionary: { bytes, offsets, size } }: StringColumn, value: string): number {
  const wanted = Buffer.from(value);
  for (let i = 0; i < size; i++) if (wanted.compare(bytes, offsets[i], offsets[i + 1]) === 0) return i;
  return -1;
}
