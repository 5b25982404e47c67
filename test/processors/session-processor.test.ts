import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as beans from '#processors/beans.js';
import { SessionProcessor } from '#processors/session-processor.js';
import { VisitorMerger } from '#processors/visitor-merger.js';
import type { AggregateType } from '#engine/bean.js';
import type { Bean } from '#engine/bean-batch.js';
import type { MapOnly, MapReduce } from '#engine/processor.js';
import { beansIn, cutting, mapOnly, mapReduce, naiveSums, sorted } from '../support/map-reduce.js';

const { SessionBean, VisitorBean, VisitorLocationBean } = beans;
const context = { params: { timeZone: 'Australia/Lord_Howe', sessionTimeoutMs: 1, hosts: {} } };

const some = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
/** Durations on both sides of every bound, in seconds. */
const duration = fc.oneof(
  fc.constantFrom(0, 10, 30, 60, 180, 600, 1800).chain((s) => fc.constantFrom(s * 1000, s * 1000 + 1, Math.max(0, s * 1000 - 1))),
  fc.nat(4_000_000),
);
const session: fc.Arbitrary<Bean> = fc
  .record({
    site: some('s', 't'),
    session: some('', 'x'),
    visitor: some('u', 'v'),
    start: fc.integer({ min: Date.UTC(2020, 3, 4, 10), max: Date.UTC(2020, 3, 5, 10) }),
    duration,
    impressions: fc.integer({ min: 1, max: 3 }),
    path: fc.array(some('/', '/a', '/ü'), { maxLength: 4 }),
    browser: some('', 'b'),
    os: some('', 'o'),
    device: some('', 'd'),
    ip: some('', '::1', '1.2.3.4'),
    referrer: some('(direct)', 'x.example'),
    country: some('', 'DE'),
    region: some('', 'BY'),
    city: some('', 'Ulm'),
    segments: fc.uniqueArray(some('a', 'b', 'ä'), { maxLength: 3 }),
    recommendations: fc.uniqueArray(some('a', 'b'), { maxLength: 2 }),
  })
  .map(({ duration: ms, ...s }) => ({ ...s, end: s.start + ms, entry: s.path[0] ?? '', exit: s.path.at(-1) ?? '' }));
const cut = fc.array(session, { maxLength: 40 }).chain((all) => fc.tuple(fc.constant(all), cutting(all), fc.integer({ min: 1, max: 3 })));

const localHour = new Intl.DateTimeFormat('en-GB', { timeZone: 'Australia/Lord_Howe', hour: '2-digit', hourCycle: 'h23' });
const CLASSES = [0, 10, 30, 60, 180, 600, 1800];

function naive(all: readonly Bean[]): Record<string, Bean[]> {
  const rows = all.map((s): Bean => {
    const ms = (s['end'] as number) - (s['start'] as number);
    const bounces = s['impressions'] === 1 ? 1 : 0;
    return {
      ...s,
      sessions: 1,
      bounces,
      duration_ms: ms,
      hour: Number(localHour.format(s['start'] as number)),
      from_s: CLASSES.findLast((c) => c * 1000 <= ms),
    };
  });
  const sum = (type: AggregateType, own: readonly Bean[]): [string, Bean[]] => [
    type.name,
    naiveSums(
      type.key,
      own.map((row) => Object.fromEntries(Object.keys(type.fields).map((f) => [f, row[f]]))),
    ),
  ];
  const clicks = rows.flatMap((s) => {
    const path = s['path'] as string[];
    return path.slice(1).flatMap((to, i) => (to === path[i] ? [] : [{ site: s['site'], object_from: path[i], object_to: to, clicks: 1 }]));
  });
  const viewed = rows.filter((s) => (s['path'] as string[]).length > 0);
  const {
    L3Session,
    L3Browser,
    L3Os,
    L3Device,
    L3Referrer,
    L3Ip,
    L3SessionHour,
    L3SessionDuration,
    L3SessionEntry,
    L3SessionExit,
    L3ClickStream,
  } = beans;
  return Object.fromEntries([
    ...[L3Session, L3Browser, L3Os, L3Device, L3Referrer, L3Ip, L3SessionHour, L3SessionDuration].map((type) => sum(type, rows)),
    sum(
      L3SessionEntry,
      viewed.map((s) => ({ ...s, object: s['entry'] })),
    ),
    sum(
      L3SessionExit,
      viewed.map((s) => ({ ...s, object: s['exit'] })),
    ),
    sum(L3ClickStream, clicks),
  ]);
}

test('SessionProcessor: every sum is that of a naive count, however the sessions are cut', () => {
  const work = (SessionProcessor as { work: MapReduce }).work;
  fc.assert(
    fc.property(cut, ([all, shards, partitions]) => {
      const made = mapReduce(work, SessionBean, shards, partitions, context).flat();
      const expected = naive(all);
      const types = Object.values(beans).filter((b): b is AggregateType => b.name in expected && 'measures' in b);
      expect(types).toHaveLength(11);
      expect(Object.fromEntries(types.map((t) => [t.name, sorted(beansIn(t, made), t.key)]))).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

test('VisitorMerger: one bean of each type a session, in their order', () => {
  const work = (VisitorMerger as { work: MapOnly }).work;
  fc.assert(
    fc.property(cut, ([all, shards]) => {
      const made = mapOnly(work, SessionBean, shards, context);
      const pick = (...fields: string[]): Bean[] => all.map((s) => Object.fromEntries(fields.map((f) => [f, s[f]])));
      expect(beansIn(VisitorBean, made)).toEqual(pick('site', 'visitor', 'impressions', 'segments', 'recommendations'));
      expect(beansIn(VisitorLocationBean, made)).toEqual(pick('site', 'visitor', 'impressions', 'country', 'region', 'city'));
    }),
    { numRuns: 50 },
  );
});
