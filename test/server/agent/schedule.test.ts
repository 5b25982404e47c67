/** When sources are due, also in the nights in which clocks change. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Schedule } from '#server/agent/schedule.js';
import { zone } from '#engine/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What is due after `from`, up to `to`. */
function due(pattern: string, zoneName: string, from: string, to: string): number[] {
  const schedule = new Schedule(pattern, zone(zoneName));
  const found: number[] = [];
  for (let at = schedule.next(Date.parse(from)); at !== undefined && at <= Date.parse(to); at = schedule.next(at)) found.push(at);
  return found;
}

const iso = (times: readonly number[]): string[] => times.map((at) => new Date(at).toISOString().slice(0, 16));

/** Nights in which clocks change: spring, autumn. */
const NIGHTS = {
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'Australia/Lord_Howe': ['2026-10-03T15:30Z', '2026-04-04T15:00Z'],
  'Africa/Cairo': ['2026-04-23T22:00Z', '2026-10-29T21:00Z'],
  'America/St_Johns': ['2011-03-13T03:31Z', '2010-11-07T02:31Z'],
  UTC: ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
};

test.each(Object.entries(NIGHTS).flatMap(([name, [spring, autumn]]) => [[name, spring] as const, [name, autumn] as const]))(
  'every ten minutes is every ten minutes: %s, %s',
  (name, change) => {
    const [from, to] = [-4, 4].map((hours) => new Date(Date.parse(change as string) + hours * HOUR).toISOString()) as [string, string];
    for (const [pattern, step] of [
      ['*/10 * * * *', 10],
      ['* * * * *', 1],
      ['0 */30 * * * *', 30],
      ['*/10 0-23 * * *', 10],
      ['*/10 */1 * * *', 10],
    ] as const) {
      const found = due(pattern, name, from, to);
      expect(found, pattern).toHaveLength((8 * 60) / step);
      for (const [i, at] of found.entries())
        if (i > 0) expect(at - (found[i - 1] as number), `${pattern} ${iso([at]).join()}`).toBe(step * MINUTE);
    }
  },
);

test('every hour is every hour, at its local minute', () => {
  expect(iso(due('5 * * * *', 'Europe/Berlin', '2026-10-24T23:00Z', '2026-10-25T03:00Z'))).toEqual([
    '2026-10-24T23:05',
    '2026-10-25T00:05',
    '2026-10-25T01:05',
    '2026-10-25T02:05',
  ]);
  expect(iso(due('@hourly', 'Asia/Kathmandu', '2026-03-02T00:00Z', '2026-03-02T02:00Z'))).toEqual(['2026-03-02T00:15', '2026-03-02T01:15']);
  // Half an hour that comes twice, and one that is left out.
  expect(iso(due('45 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00Z', '2026-04-04T16:30Z'))).toEqual([
    '2026-04-04T14:45',
    '2026-04-04T15:15',
    '2026-04-04T16:15',
  ]);
  expect(iso(due('15 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:00Z', '2026-10-03T16:30Z'))).toEqual([
    '2026-10-03T14:45',
    '2026-10-03T16:15',
  ]);
});

test.each([
  ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
  ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ['Europe/Berlin', '*/20 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:00', '2026-10-25T00:20', '2026-10-25T00:40', '2026-10-26T01:00']],
  ['Europe/Berlin', '*/20 2 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:00']],
  // Begun in the hour that has come a second time.
  ['Europe/Berlin', '30 2 * * *', '2026-10-25T01:10Z', ['2026-10-26T01:30']],
  ['America/New_York', '30 1 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  ['America/New_York', '15 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00', '2026-03-09T06:15']],
  ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T02:00Z', ['2026-04-04T14:45', '2026-04-05T15:15']],
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T02:00Z', ['2026-10-03T15:30', '2026-10-04T15:15']],
  ['Africa/Cairo', '0 0 * * *', '2026-04-23T12:00Z', ['2026-04-23T22:00', '2026-04-24T21:00']],
  ['UTC', '0 4 29 2 *', '2026-01-01T00:00Z', ['2028-02-29T04:00']],
  ['Europe/Berlin', '@daily', '2026-03-28T12:00Z', ['2026-03-28T23:00', '2026-03-29T22:00']],
] as const)('an hour that is named comes once: %s, %s after %s', (name, pattern, from, expected) => {
  const last = `${expected.at(-1)}Z`;
  expect(iso(due(pattern, name, from, last))).toEqual(expected);
});

test('a day that is named is the local one, however far it is', () => {
  expect(iso(due('0 * 1 1 *', 'Europe/Berlin', '2026-03-01T00:00Z', '2026-12-31T23:30Z'))).toEqual(['2026-12-31T23:00']);
});

test('property: what comes is after now, and nothing between is due', () => {
  const patterns = fc.constantFrom('*/10 * * * *', '7 * * * *', '30 2 * * *', '0 */3 * * 1-5', '*/15 1-3 * * 0', '30 */5 * * * *');
  const names = fc.constantFrom(...Object.keys(NIGHTS));
  fc.assert(
    fc.property(
      patterns,
      names,
      fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (pattern, name, now, part) => {
        const schedule = new Schedule(pattern, zone(name));
        const next = schedule.next(now) as number;
        expect(next).toBeGreaterThan(now);
        const between = now + Math.floor((next - now - 1) * part);
        expect(schedule.next(between)).toBe(next);
      },
    ),
    { numRuns: 300 },
  );
});
