/* The parts of the panel that need no browser: layout of the chart, calendar, folders, the stream of events, texts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import flow from '#processors/index.js';
import { eventStreamParser, type StreamEvent } from '../../server/panel/api/event-stream.js';
import type { LocationSummary, ProcessorSummary, Status } from '../../server/panel/api/types.js';
import { shiftMonth, weekOf, weeksOf } from '../../server/panel/calendar/months.js';
import { layOut, type Placed } from '../../server/panel/flow/layout.js';
import { stepsOf, forestOf } from '../../server/panel/flow/topology.js';
import { formatBytes, formatCompact, formatCount } from '../../server/panel/format/number.js';
import { sentence, valueText, visible } from '../../server/panel/format/text.js';
import { formatAgo, formatDuration, formatTime, localDay } from '../../server/panel/format/time.js';
import { foldersBelow, foldersOf, rangeOf } from '../../server/panel/pages/folders.js';
import { changesBetween } from '../../server/panel/state/announcements.js';
import { applyEvent } from '../../server/panel/state/apply-event.js';
import { outputPath, periodOf } from '#engine/index.js';
import { formatDay } from '#engine/period.js';

const locations: LocationSummary[] = flow.locations.map(({ name, layout }) => ({
  name,
  layout,
  beans: [],
  packages: 0,
  records: 0,
  bytes: 0,
  custom: false,
}));
const counts = { running: 0, waiting: 0, failed: 0, succeeded: 0, cancelled: 0 };
const processors: ProcessorSummary[] = flow.processors.map(({ name, kind, input, output, covers }) => ({
  name,
  kind,
  input,
  output,
  covers,
  state: 'idle',
  ...counts,
  custom: false,
}));

/** Processors of one's own below any location, each with an injection of its own or none. */
const withCustom = fc.array(fc.tuple(fc.nat(30), fc.boolean()), { maxLength: 8 }).map((extra) => {
  const all = { locations: [...locations], processors: [...processors] };
  for (const [i, [at, injected]] of extra.entries()) {
    const add = (kind: 'map' | 'inject', name: string, input: string): void => {
      all.locations.push({ ...(locations[0] as LocationSummary), name: `${name}ed`, custom: true });
      all.processors.push({ ...(processors[0] as ProcessorSummary), name, kind, input, output: `${name}ed`, custom: true });
    };
    const input = all.locations[at % all.locations.length]?.name ?? '';
    add('map', `own${i}`, input);
    if (injected) add('inject', `inject${i}`, `own${i}ed`);
  }
  return all;
});

const nameOf = (n: Placed): string => (n.kind === 'location' ? n.location.name : n.kind === 'processor' ? n.processor.name : n.kind);
const apart = (a: Placed, b: Placed): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

describe('the chart', () => {
  test('holds everything once, nothing on top of another, all inside, injections led to the database', () => {
    fc.assert(
      fc.property(withCustom, (all) => {
        const { nodes, pipes, width, height } = layOut(all.locations, all.processors);
        const names = ['sensor', 'agent', 'database', ...all.locations.map((l) => l.name), ...all.processors.map((p) => p.name)];
        expect(nodes.map(nameOf).toSorted()).toEqual(names.toSorted());
        for (const [i, a] of nodes.entries()) {
          expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
          for (const b of nodes.slice(i + 1)) expect(apart(a, b), `${nameOf(a)} on ${nameOf(b)}`).toBe(true);
        }
        const injections = all.processors.filter((p) => p.kind === 'inject').length;
        // The sensor's, the agent's two, into and out of each processor, and the injections'.
        expect(pipes).toHaveLength(1 + 2 + 2 * all.processors.length + injections);
      }),
      { numRuns: 60 },
    );
  });

  test('fits a laptop', () => {
    const { width, height } = layOut(locations, processors);
    expect([width, height].map((n) => n <= 1318)).toEqual([true, true]);
    expect(height).toBeLessThan(560);
  });

  test('as a list: parents before children, what branches off set in', () => {
    const steps = [...stepsOf(forestOf(locations, processors))].map(({ step, branch }) => `${step.location.name} ${branch}`);
    expect(steps).toHaveLength(15);
    expect(steps.slice(0, 3)).toEqual(['oirawdata 0', 'oiprocessed 0', 'oiinjected 0']);
    expect(steps).toContain('visdata 1');
    expect(steps).toContain('visweekprocessed 2');
    expect(steps).toContain('vismonthinjected 2');
  });
});

describe('the stream of events', () => {
  const bytes = ': hello\n\nevent: job\nid: 7\ndata: {"a":1}\n\nid: 8\nevent:package\ndata:x\ndata: y\n\nretry: 5\n\ndata\n\n';
  const expected: StreamEvent[] = [
    { event: 'job', id: '7', data: '{"a":1}' },
    { event: 'package', id: '8', data: 'x\ny' },
    { event: 'message', id: '8', data: '' },
  ];
  test('is the same wherever it is cut, with any ends of lines', () => {
    fc.assert(
      fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(bytes.length * 2), { maxLength: 12 }), (end, cuts) => {
        const text = bytes.replaceAll('\n', end);
        const found: StreamEvent[] = [];
        const feed = eventStreamParser((event) => found.push(event));
        let from = 0;
        for (const to of [...cuts.filter((c) => c < text.length).toSorted((a, b) => a - b), text.length]) {
          feed(text.slice(from, to));
          from = to;
        }
        // A lone CR at the very end may be half of a CRLF: it waits for what comes.
        feed(':');
        expect(found).toEqual(expected);
      }),
    );
  });
});

describe('the calendar', () => {
  test('a month in ISO weeks', () => {
    expect(weeksOf('2016-02').map((w) => w.label)).toEqual(['2016-W05', '2016-W06', '2016-W07', '2016-W08', '2016-W09']);
    expect(weeksOf('2021-01')[0]).toEqual({
      label: '2020-W53',
      first: '2020-12-28',
      days: [null, null, null, null, '2021-01-01', '2021-01-02', '2021-01-03'],
    });
    for (const month of ['2016-02', '2021-01', '2027-02', '2024-12']) {
      const days = weeksOf(month).flatMap((w) => w.days.filter((d) => d !== null));
      expect(days[0]).toBe(`${month}-01`);
      expect(new Set(days).size).toBe(new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate());
    }
  });

  test('months before and after', () => {
    expect([shiftMonth('2026-12', 1), shiftMonth('2026-01', -1), shiftMonth('2026-03', 12)]).toEqual(['2027-01', '2025-12', '2027-03']);
  });
});

describe('the folders', () => {
  test('are those of the engine', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7305, max: 40_000 }), (day) => {
        for (const { name, layout } of flow.locations) {
          const granularity = layout === 'weekly' ? 'week' : layout === 'monthly' ? 'month' : 'day';
          const period = periodOf(granularity, day);
          const path = outputPath('analytics', name, layout, 'P', period, ['/analytics/x/y']);
          const folders = foldersOf(layout, formatDay(period.first));
          expect(path.split('/').slice(3, -1)).toEqual(folders);
          expect(rangeOf(layout, folders).from).toBe(formatDay(period.first));
        }
      }),
    );
    expect(weekOf('2021-01-03')).toBe('2020-W53');
  });

  test('below one, newest first; days without packages have none', () => {
    const day = (text: string, packages: number) => ({ day: text, packages, records: packages * 10, state: 'complete' as const });
    const days = [day('2016-02-28', 1), day('2016-02-29', 2), day('2016-03-01', 4), day('2017-01-01', 0)];
    expect(foldersBelow('daily', days, [])).toEqual([{ name: '2016', packages: 7, records: 70 }]);
    expect(foldersBelow('daily', days, ['2016']).map((f) => [f.name, f.packages])).toEqual([
      ['03', 4],
      ['02', 3],
    ]);
    expect(foldersBelow('weekly-by-day', days, ['2016', 'W09']).map((f) => f.name)).toEqual(['2016']);
  });
});

describe('texts', () => {
  test('numbers and sizes', () => {
    expect([formatCount(1234567), formatCompact(1234567), formatCompact(9999)]).toEqual(['1,234,567', '1.2M', '9,999']);
    expect([formatBytes(12), formatBytes(1536), formatBytes(5 * 1024 ** 3)]).toEqual(['12 B', '1.5 KiB', '5 GiB']);
  });

  test('times, in the zone of the dataset', () => {
    const at = Date.UTC(2016, 1, 28, 23, 30, 5);
    expect(formatTime(at, 'Europe/Berlin')).toBe('29 Feb 2016, 00:30:05');
    expect([localDay(at, 'Europe/Berlin'), localDay(at, 'America/New_York')]).toEqual(['2016-02-29', '2016-02-28']);
    expect([12, 4200, 59_990, 200_000, 7_500_000, 360_000_000].map(formatDuration)).toEqual([
      '12 ms',
      '4.2 s',
      '1 min',
      '3 min 20 s',
      '2 h 5 min',
      '4 d 4 h',
    ]);
    expect([formatAgo(1000, 1500), formatAgo(0, 65_000), formatAgo(180_000, 0)]).toEqual(['now', '1 min ago', 'in 3 min']);
  });

  test('what cannot be seen is shown', () => {
    expect(visible('a\u0000b\n\u202Ec\u200Bd\u009b')).toBe('a[U+0000]b[U+000A][U+202E]c[U+200B]d[U+009B]');
    expect(visible('Grüße 你好 🌊 <b>')).toBe('Grüße 你好 🌊 <b>');
    expect([valueText(['a', 'b']), valueText({ colour: 'red' }), valueText(null), valueText(12345)]).toEqual([
      'a, b',
      '{"colour":"red"}',
      '',
      '12345',
    ]);
  });
});

describe('changes', () => {
  const job = {
    id: 'job_1_1',
    processor: 'OIProcessor',
    period: { granularity: 'day', label: '2016-02-28', first: '2016-02-28' },
    state: 'running',
    attempt: 1,
    createdAt: 5,
    progress: { done: 1, total: 4 },
  } as const;
  const status: Status = {
    dataset: 'analytics',
    version: '0',
    timeZone: 'UTC',
    now: 0,
    startedAt: 0,
    workers: 2,
    scheduler: { state: 'running', ready: 0, waiting: 0, running: 0 },
    capture: null,
    agent: { state: 'idle', packagesMoved: 0, linesMoved: 0, waiting: 0, sources: [] },
    database: { kind: 'duckdb', state: 'ok' },
    retention: [],
    locations,
    processors,
  };

  test('an event is taken in, the rest stays as it is', () => {
    const next = applyEvent(status, { kind: 'job', data: job });
    expect(next.processors.find((p) => p.name === 'OIProcessor')).toMatchObject({ state: 'running', running: 1, lastJob: job });
    expect(next.processors.filter((p) => p.name !== 'OIProcessor')).toEqual(processors.filter((p) => p.name !== 'OIProcessor'));
    expect(applyEvent(status, { kind: 'reset', data: {} })).toBe(status);
  });

  test('what is said of them', () => {
    const failed = applyEvent(status, { kind: 'job', data: { ...job, state: 'failed' } });
    expect(changesBetween(status, failed)).toEqual(['OIProcessor failed.']);
    expect(changesBetween(failed, status)).toEqual(['OIProcessor is well again.']);
    const paused = applyEvent(status, { kind: 'scheduler', data: { ...status.scheduler, state: 'paused' } });
    expect(changesBetween(status, paused)).toEqual(['Scheduler paused.']);
    expect(changesBetween(status, applyEvent(status, { kind: 'job', data: job }))).toEqual([]);
  });
});

test.each([
  ['there is no job 7', 'There is no job 7.'],
  ["'x' is not a day", "'x' is not a day."],
  ['query.limit: Too small', 'query.limit: Too small.'],
  ['The service does not answer.', 'The service does not answer.'],
])('%s, as a sentence', (text, said) => {
  expect(sentence(text)).toBe(said);
});
