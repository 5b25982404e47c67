import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { robots } from '#bench/generate/agents.js';
import type { TrafficOptions } from '#bench/generate/traffic.js';
import { traffic } from '#bench/generate/traffic.js';
import { ipOf } from '#bench/generate/visitors.js';
import { fromLog } from '../oracle/log-lines.js';
import type { Impression } from '../oracle/raw-lines.js';
import { checked, parsed, Refused } from '../oracle/raw-lines.js';

function text(options: TrafficOptions): string {
  return [...textByDay(options).values()].join('');
}

function textByDay(options: TrafficOptions): Map<string, string> {
  const days = new Map<string, string>();
  for (const { day, bytes } of traffic(options)) days.set(day, (days.get(day) ?? '') + bytes.toString());
  return days;
}

const linesOf = (t: string): string[] => t.split('\n').slice(0, -1);
const sha256 = (t: string): string => createHash('sha256').update(t).digest('hex');
const share = <T>(all: readonly T[], of: (t: T) => boolean): number => all.filter(of).length / all.length;
const distinct = <T>(all: readonly T[], of: (t: T) => unknown): number => new Set(all.map(of)).size;

test('addresses are in their canonical form, with groups of zeros too', () => {
  const high = Array.from({ length: 5000 }, (_, i) => 12 * (i * 71_573));
  const all = [0, 12 * 65_536, ...high].map((n) => ipOf(n >>> 0));
  for (const ip of all.filter((a) => a.includes(':'))) expect(new URL(`http://[${ip}]/`).hostname).toBe(`[${ip}]`);
  expect(all.filter((a) => a.includes(':')).length).toBeGreaterThan(1000);
});

describe('bytes', () => {
  test.for<[options: TrafficOptions, sha256: string]>([
    [{ impressions: 5000 }, 'b3def0a6306b6167d99cc45728ddbcd4ed1256d337a9782bca2d45029381b103'],
    [{ impressions: 5000, days: 10, seed: 2 }, 'c7efe3291cb6de3238ed9cdb221aee7f9fc913a8d872d37282ce4d59a9c3cc6e'],
    [
      { impressions: 5000, days: 3, start: '2015-12-31', format: 'combined' },
      '8c921345fb255fc028b4976ebe79c7601197057472b56a99af4a1d5101f87495',
    ],
  ])('are the same on every machine: %j', ([options, expected]) => {
    expect(sha256(text(options))).toBe(expected);
  });

  test('differ from seed to seed', () => {
    expect(text({ impressions: 100, seed: 3 })).not.toBe(text({ impressions: 100, seed: 4 }));
  });

  test('come in whole lines, day by day', () => {
    const counts: [string, number][] = [];
    for (const { day, lines, bytes } of traffic({ impressions: 4000, days: 4 })) {
      expect(linesOf(bytes.toString())).toHaveLength(lines);
      expect(bytes.at(-1)).toBe(10);
      counts.push([day, lines]);
      for (const l of linesOf(bytes.toString())) expect(new Date(JSON.parse(l).time as number).toISOString().slice(0, 10)).toBe(day);
    }
    expect([...new Set(counts.map(([day]) => day))]).toEqual(['2016-02-24', '2016-02-25', '2016-02-26', '2016-02-27']);
    expect(counts.reduce((sum, [, lines]) => sum + lines, 0)).toBe(4000);
  });

  test.for([0, 1, 2, 7, 100, 2001])('exactly %d lines', (impressions) => {
    expect(linesOf(text({ impressions, days: 2 }))).toHaveLength(impressions);
    expect(linesOf(text({ impressions, days: 2, format: 'combined' }))).toHaveLength(impressions);
  });
});

describe('impressions', () => {
  const all = linesOf(text({ impressions: 60_000, days: 3, start: '2016-02-28' }));
  const raw = all.map((l) => parsed(l));
  const seen = raw.map((o): Impression => checked(o, Date.now()));
  const key = (i: Impression): string => `${i.site} ${i.session || i.visitor || i.ip + i.agent}`;

  test('have about 350 bytes a line', () => {
    const bytes = all.reduce((sum, l) => sum + Buffer.byteLength(l) + 1, 0) / all.length;
    expect(bytes).toBeGreaterThan(330);
    expect(bytes).toBeLessThan(370);
  });

  test('are in order of time, within their days, at all hours', () => {
    for (let i = 1; i < seen.length; i++) if (seen[i]!.time < seen[i - 1]!.time) expect.fail(`line ${i + 1}`);
    expect(seen[0]!.time).toBeGreaterThanOrEqual(Date.UTC(2016, 1, 28));
    expect(seen.at(-1)!.time).toBeLessThan(Date.UTC(2016, 2, 2));
    expect(distinct(seen, (i) => Math.floor(i.time / 3_600_000))).toBe(72);
  });

  test('give all that would be looked up', () => {
    for (const field of ['browser', 'os', 'device', 'country', 'region', 'city', 'ip']) expect(share(raw, (o) => field in o)).toBe(1);
  });

  test('are views, downloads and searches', () => {
    expect(share(seen, (i) => i.action === 'view')).toBeCloseTo(0.85, 1.7);
    expect(share(seen, (i) => i.action === 'download')).toBeCloseTo(0.08, 1.7);
    expect(share(seen, (i) => i.action === 'search' && i.term !== '')).toBeCloseTo(0.07, 1.7);
  });

  test('are of three sites, one of them big', () => {
    expect([...new Set(seen.map((i) => i.site))].sort()).toEqual(['blog', 'help', 'shop']);
    expect(share(seen, (i) => i.site === 'shop')).toBeGreaterThan(0.75);
  });

  test('make sessions of about 8, thousands of them side by side', () => {
    const given = seen.filter((i) => i.session !== '');
    expect(given.length / distinct(given, (i) => i.session)).toBeGreaterThan(7);
    expect(given.length / distinct(given, (i) => i.session)).toBeLessThan(9);
    expect(share(seen, (i) => i.session === '')).toBeGreaterThan(0.05);
    expect(share(seen, (i) => i.visitor === '' && i.agent !== '')).toBeGreaterThan(0.01);
    let interleaved = 0;
    for (let i = 1; i < seen.length; i++) if (key(seen[i]!) !== key(seen[i - 1]!)) interleaved++;
    expect(interleaved / seen.length).toBeGreaterThan(0.9);
  });

  test('are of many visitors, of whom some come back another day', () => {
    const days = new Map<string, Set<number>>();
    for (const i of seen) {
      if (i.visitor === '') continue;
      const on = days.get(i.visitor) ?? new Set();
      days.set(i.visitor, on.add(Math.floor(i.time / 86_400_000)));
    }
    expect(days.size).toBeGreaterThan(4500);
    expect(share([...days.values()], (on) => on.size > 1)).toBeGreaterThan(0.03);
    expect(distinct(seen, (i) => i.ip)).toBeGreaterThan(4500);
    expect(distinct(seen, (i) => i.ip.includes(':'))).toBe(2);
  });

  test('are of 20,000 objects, some of them much in demand', () => {
    const views = seen.filter((i) => i.action === 'view');
    const counts = new Map<string, number>();
    for (const { object } of views) counts.set(object, (counts.get(object) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect(counts.size).toBeGreaterThan(9000);
    expect(counts.size).toBeLessThan(20_001);
    expect(sorted[0]! / views.length).toBeGreaterThan(0.01);
    expect(sorted[0]! / views.length).toBeLessThan(0.1);
  });

  test('have segments in three sessions of ten, and recommendations', () => {
    const sessions = new Map(seen.map((i) => [key(i), i.segments.length > 0]));
    expect(share([...sessions.values()], (s) => s)).toBeCloseTo(0.3, 1);
    expect(share(seen, (i) => i.recommendations.length > 0)).toBeCloseTo(0.12, 1);
  });
});

describe('combined', () => {
  const all = linesOf(text({ impressions: 40_000, days: 2, format: 'combined' }));
  const options = { site: 'default', keep: ['method', 'status', 'static', 'bot'], virtualHosts: false } as const;
  const tried = all.map((l) => {
    try {
      return fromLog(l, options);
    } catch (e) {
      if (e instanceof Refused) return undefined;
      throw e;
    }
  });
  const good = tried.filter((o) => o !== undefined);

  test('hardly any line is not of the format, but some are', () => {
    expect(share(tried, (o) => o === undefined)).toBeLessThan(0.002);
    expect(good.length).toBeLessThan(all.length);
  });

  test('are in order of time', () => {
    for (let i = 1; i < good.length; i++) if ((good[i]!['time'] as number) < (good[i - 1]!['time'] as number)) expect.fail(`line ${i}`);
  });

  test('have robots, static files, missing pages, downloads and searches', () => {
    expect(share(all, (l) => robots.some((r) => l.endsWith(`"${r}"`)))).toBeCloseTo(0.05, 1.7);
    expect(share(good, (o) => o['type'] === 'Static')).toBeGreaterThan(0.3);
    expect(share(good, (o) => o['action'] === 'download')).toBeGreaterThan(0.01);
    expect(share(good, (o) => o['action'] === 'search')).toBeGreaterThan(0.01);
    expect(share(all, (l) => l.includes('" 404 '))).toBeGreaterThan(0.01);
    expect(share(all, (l) => l.includes('" 304 - "'))).toBeGreaterThan(0.1);
    for (const method of ['POST', 'HEAD', 'OPTIONS']) expect(share(all, (l) => l.includes(`"${method} /`))).toBeGreaterThan(0);
    expect(distinct(good, (o) => o['agent'])).toBeGreaterThan(300);
  });
});
