import {
  L3Browser,
  L3ClickStream,
  L3Device,
  L3Ip,
  L3Os,
  L3Referrer,
  L3Session,
  L3SessionDuration,
  L3SessionEntry,
  L3SessionExit,
  L3SessionHour,
  SessionBean,
} from './beans.js';
import {
  eachStep,
  number,
  numberColumn,
  sumsByKey,
  whereNotEmpty,
  type Batch,
  type Context,
  type Processor,
  type Sum,
} from '../engine/index.js';
import { zoneOf } from './params.js';

/** Lower bounds of the classes of duration, in seconds. */
const DURATIONS = [1800, 600, 180, 60, 30, 10, 0];

const duration = (batch: Batch): ((row: number) => number) => {
  const start = numberColumn(batch, 'start').values;
  const end = numberColumn(batch, 'end').values;
  return (row) => (end[row] as number) - (start[row] as number);
};

const durationClass = (batch: Batch): ((row: number) => number) => {
  const ms = duration(batch);
  return (row) => DURATIONS.find((from) => ms(row) >= from * 1000) ?? 0;
};

/** 1 for a session of one impression. */
const bounce = (batch: Batch): ((row: number) => number) => {
  const impressions = numberColumn(batch, 'impressions').values;
  return (row) => (impressions[row] === 1 ? 1 : 0);
};

/** The local hour of the session's start. */
const hour = (batch: Batch, context: Context): ((row: number) => number) => {
  const zone = zoneOf(context);
  const start = numberColumn(batch, 'start').values;
  return (row) => zone.hourOf(start[row] as number);
};

const perSession = (type: Sum['type'], columns: Sum['columns'] = {}): Sum => ({
  type,
  from: SessionBean,
  columns: { sessions: 1, impressions: 'impressions', ...columns },
});

/**
 * Count one day's sessions: complete daily sums.
 * Input:   sesdata, SessionBean; durations in ms, hours in the dataset's zone.
 * Output:  sesprocessed, the sums of spec §6, each ordered by its key.
 * Source:  seed 004, §3.5.2.2; spec §5, §6.
 */
export const SessionProcessor: Processor = {
  name: 'SessionProcessor',
  kind: 'mapreduce',
  input: 'sesdata',
  output: 'sesprocessed',
  covers: 'day',
  work: sumsByKey(
    [
      perSession(L3Session, { bounces: number(bounce), duration_ms: number(duration) }),
      perSession(L3Browser),
      perSession(L3Os),
      perSession(L3Device),
      perSession(L3Referrer),
      perSession(L3Ip),
      perSession(L3SessionHour, { hour: number(hour) }),
      { type: L3SessionDuration, from: SessionBean, columns: { from_s: number(durationClass), sessions: 1 } },
      {
        type: L3SessionEntry,
        from: SessionBean,
        rows: whereNotEmpty('entry'),
        columns: { object: 'entry', sessions: 1, bounces: number(bounce) },
      },
      { type: L3SessionExit, from: SessionBean, rows: whereNotEmpty('exit'), columns: { object: 'exit', sessions: 1 } },
      { type: L3ClickStream, from: SessionBean, rows: eachStep('path', 'object_from', 'object_to'), columns: { clicks: 1 } },
    ],
    { recordsPerPartition: 65_000 },
  ),
};
