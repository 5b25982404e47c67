import type { Random } from './random.js';

const HOUR_MS = 3_600_000;

/** First and last of the runs of days around which calendars go wrong. */
const RUNS: readonly (readonly [why: string, first: string, last: string])[] = [
  ['the first instant allowed', '1990-01-01', '1990-01-01'],
  ["ISO week 53 of 2015, year's end", '2015-12-27', '2016-01-04'],
  ['leap day', '2016-02-28', '2016-03-01'],
  ['summer time begins in New York', '2016-03-12', '2016-03-14'],
  ['summer time begins in Berlin', '2016-03-26', '2016-03-28'],
  ['summer time ends on Lord Howe, by half an hour', '2016-04-02', '2016-04-04'],
  ['summer time begins on Lord Howe', '2016-10-01', '2016-10-03'],
  ['summer time ends in Berlin', '2016-10-29', '2016-10-31'],
  ['summer time ends in New York', '2016-11-05', '2016-11-07'],
  ['ISO week 53 of 2020', '2020-12-27', '2021-01-04'],
];

/** Instants at which a zone changes its offset. */
const CHANGES = [
  '2016-03-13T07:00Z',
  '2016-11-06T06:00Z',
  '2016-03-27T01:00Z',
  '2016-10-30T01:00Z',
  '2016-04-02T15:00Z',
  '2016-10-01T15:30Z',
];

/** Hours after midnight UTC at which it is midnight in UTC, New York, Lord Howe, Berlin, Kolkata, Kathmandu, St. John's, Auckland. */
const MIDNIGHTS = [0, 4, 5, -10.5, -11, -1, -2, -5.5, -5.75, 2.5, 3.5, -12, -13];

/** How far from an edge is interesting, in ms. */
const DISTANCES = [-1_800_000, -60_000, -1, 0, 0, 1, 999, 60_000, 1_799_999, 1_800_000, 3_600_000];

export const EARLIEST = Date.UTC(1990, 0, 1);

const days: readonly number[] = RUNS.flatMap(([, first, last]) => {
  const run: number[] = [];
  for (let ms = Date.parse(first); ms <= Date.parse(last); ms += 24 * HOUR_MS) run.push(ms);
  return run;
});

/** Some midnight UTC of the days above. */
export function someDay(random: Random): number {
  return random.pick(days);
}

/** An instant that is the local midnight of a day in some zone. */
export function someMidnight(random: Random): number {
  return Math.max(EARLIEST, someDay(random) + random.pick(MIDNIGHTS) * HOUR_MS);
}

/** An instant at or near an edge of a day, of an hour or of summer time, or anywhere in one of the days. */
export function someInstant(random: Random): number {
  const kind = random.unit();
  let at: number;
  if (kind < 0.35) at = someDay(random) + random.below(24 * HOUR_MS);
  else if (kind < 0.45) at = someDay(random) + random.below(24) * HOUR_MS;
  else if (kind < 0.75) at = someMidnight(random) + random.pick(DISTANCES);
  else at = Date.parse(random.pick(CHANGES)) + random.pick(DISTANCES);
  return Math.max(EARLIEST, at);
}
