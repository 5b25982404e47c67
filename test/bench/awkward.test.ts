import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { subtleKinds } from '#bench/generate/awkward-bad.js';
import type { AwkwardLine, AwkwardOptions } from '#bench/generate/awkward.js';
import { awkwardKinds, awkwardLines } from '#bench/generate/awkward.js';
import type { Impression } from '../oracle/raw-lines.js';
import { checked, decoded, parsed, Refused } from '../oracle/raw-lines.js';

const sha256 = (options: AwkwardOptions): string => {
  const hash = createHash('sha256');
  for (const { bytes } of awkwardLines(options)) hash.update(bytes);
  return hash.digest('hex');
};

/** A line without its end, and what became of it. */
interface Judged extends AwkwardLine {
  readonly content: Buffer;
  readonly impression?: Impression;
  readonly raw?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

function judge(line: AwkwardLine): Judged {
  let content = line.bytes.subarray(0, -1);
  if (content.at(-1) === 13) content = content.subarray(0, -1);
  if (content.length === 0) return { ...line, content };
  try {
    const raw = parsed(decoded(content));
    return { ...line, content, raw, impression: checked(raw, Date.UTC(2026, 0, 1)) };
  } catch (e) {
    if (e instanceof Refused) return { ...line, content, reason: e.reason };
    throw e;
  }
}

const all = [...awkwardLines({ lines: 12_000 })].map(judge);
const accepted = all.filter((l) => l.impression !== undefined);
const of = (kind: string): Judged[] => all.filter((l) => l.kind === kind);
const some = (holds: (i: Impression, l: Judged) => boolean): boolean => accepted.some((l) => holds(l.impression as Impression, l));

function groupBy(lines: readonly Judged[], key: (l: Judged) => string): Map<string, Judged[]> {
  const groups = new Map<string, Judged[]>();
  for (const l of lines) groups.set(key(l), [...(groups.get(key(l)) ?? []), l]);
  return groups;
}

describe('bytes', () => {
  test('are the same on every machine', () => {
    expect(sha256({ lines: 3000 })).toBe('396ac5691e025495e2de21e88025557ea6dd0c62ac75cac24bf031fae97d0d88');
    expect(sha256({ lines: 3000, seed: 2, lenient: true })).toBe('cf9449e9d75d7fcd704212614d43bff340b3c6abe4863c9436a20f01efbb77e1');
  });

  test('differ from seed to seed', () => {
    expect(sha256({ lines: 100, seed: 3 })).not.toBe(sha256({ lines: 100, seed: 4 }));
  });

  test.for([0, 1, 10, 1000, 2500])('exactly %d lines', (lines) => {
    const bytes = Buffer.concat([...awkwardLines({ lines })].map((l) => l.bytes));
    expect(bytes.filter((b) => b === 10)).toHaveLength(lines);
  });

  test('every reader finds the same lines', () => {
    for (const { content } of all) {
      if (content.includes(10) || content.includes(13)) expect.fail('a lone CR or LF');
      if (content.includes('\u2028') || content.includes('\u2029')) expect.fail('U+2028 or U+2029');
    }
  });
});

describe('kinds', () => {
  test('all appear', () => {
    const seen = new Set(all.map((l) => l.kind));
    expect([...awkwardKinds.keys()].filter((k) => !seen.has(k))).toEqual([]);
  });

  test('the lenient ones leave out what is subtle, and nothing else', () => {
    const seen = new Set([...awkwardLines({ lines: 12_000, lenient: true })].map((l) => l.kind));
    expect([...awkwardKinds.keys()].filter((k) => !seen.has(k)).sort()).toEqual(Object.keys(subtleKinds).sort());
  });

  test.for([...awkwardKinds.keys()])('%s: each line has the verdict that it is made for', (kind) => {
    for (const l of of(kind)) {
      const verdict = l.impression !== undefined ? 'accepted' : l.reason !== undefined ? 'rejected' : 'ignored';
      expect(verdict, `${l.reason} ${l.content.toString().slice(0, 500)}`).toBe(l.verdict);
    }
  });

  test('every rule is broken', () => {
    const texts = 'object type name term session visitor ip agent referrer browser os device country region city id';
    const reasons = `length utf8 json time site action segments recommendations params ${texts}`.split(' ');
    expect([...new Set(all.flatMap((l) => l.reason ?? []))].sort()).toEqual(reasons.sort());
  });
});

describe('edges', () => {
  test('lengths at their limits, in code points', () => {
    const limits = { object: 1024, type: 64, name: 1024, term: 256, session: 128, agent: 2048, referrer: 2048, city: 128, id: 64 } as const;
    for (const [field, max] of Object.entries(limits)) {
      const lengths = of(`${field} at its limit`).map((l) => [...l.impression![field as keyof typeof limits]].length);
      expect([...new Set(lengths)]).toEqual([max]);
    }
    expect(some((i) => i.object.length === 2048 && /^(?:😀)+$/u.test(i.object))).toBe(true);
    expect(some((i) => i.site.length === 64)).toBe(true);
    expect(some((i) => i.segments.length === 64 && i.segments.every((s) => [...s].length === 128))).toBe(true);
  });

  test('lines of 64 KiB, and of one byte more', () => {
    expect(all.some((l) => l.content.length === 65_536 && l.impression !== undefined)).toBe(true);
    expect(all.some((l) => l.content.length === 65_537 && l.reason === 'length')).toBe(true);
  });

  test('ends of lines and white space', () => {
    expect(all.some((l) => l.bytes.toString() === '\n')).toBe(true);
    expect(all.some((l) => l.bytes.toString() === '\r\n')).toBe(true);
    expect(accepted.some((l) => l.bytes.at(-2) === 13)).toBe(true);
    expect(accepted.some((l) => l.content[0] === 9)).toBe(true);
    expect(all.some((l) => l.reason === 'json' && l.content.toString().trim() === '')).toBe(true);
  });

  test('times: the earliest, with exponents, in order and out of it', () => {
    expect(some((i) => i.time === Date.UTC(1990, 0, 1))).toBe(true);
    expect(of('time before 1990').length).toBeGreaterThan(0);
    expect(of('time with an exponent').some((l) => /"time":[0-9.]+[eE]/.test(l.content.toString()))).toBe(true);
    const times = accepted.map((l) => l.impression!.time);
    expect(times.some((t, i) => i > 0 && t < times[i - 1]! - 86_400_000)).toBe(true);
    expect(new Set(times).size).toBeLessThan(times.length);
  });

  test('days on which calendars go wrong', () => {
    const days = [
      '2015-12-28',
      '2016-01-03',
      '2016-02-29',
      '2016-03-13',
      '2016-03-27',
      '2016-04-02',
      '2016-10-01',
      '2016-11-06',
      '2020-12-31',
      '2021-01-03',
    ];
    for (const day of days) expect(some((i) => new Date(i.time).toISOString().startsWith(day))).toBe(true);
    // The instants at which New York and Lord Howe change their clocks, and midnights in New York and on Lord Howe.
    for (const t of ['2016-03-13T07:00Z', '2016-04-02T15:00Z']) {
      for (const d of [-1, 0, 1])
        expect(
          some((i) => i.time === Date.parse(t) + d),
          `${t} ${d}`,
        ).toBe(true);
    }
    expect(some((i) => i.time % 86_400_000 === 4 * 3_600_000 - 1)).toBe(true);
    expect(some((i) => i.time % 86_400_000 === 13.5 * 3_600_000)).toBe(true);
  });

  test('gaps of just the timeout, and of one ms more', () => {
    const last = new Map<string, number>();
    const gaps = new Set<number>();
    for (const { impression: i } of of('gaps about the timeout').sort((a, b) => a.impression!.time - b.impression!.time)) {
      const key = `${i!.visitor} ${i!.ip} ${i!.agent}`;
      gaps.add(i!.time - (last.get(key) ?? i!.time));
      last.set(key, i!.time);
    }
    expect([...gaps]).toEqual(expect.arrayContaining([0, 1, 1_799_999, 1_800_000, 1_800_001]));
  });

  test('visitors by id, by address, by agent', () => {
    expect(some((i) => i.visitor === '' && i.ip !== '' && i.agent === '')).toBe(true);
    expect(some((i) => i.visitor === '' && i.ip === '' && i.agent !== '')).toBe(true);
    expect(some((i) => i.visitor === '' && i.ip !== '' && i.agent !== '')).toBe(true);
    expect(some((i) => i.visitor !== '' && i.ip === '' && i.agent === '' && i.session === '')).toBe(true);
  });

  test('ids that come again: with the same content, with other, on another day', () => {
    const twice = groupBy(of('an id twice'), (l) => l.impression!.id);
    expect([...twice.values()].some((ls) => ls.length > 2 && new Set(ls.map((l) => l.impression!.object)).size > 1)).toBe(true);
    const days = groupBy(of('an id on two days'), (l) => l.impression!.id);
    expect([...days.values()].some((ls) => new Set(ls.map((l) => Math.floor(l.impression!.time / 86_400_000))).size > 2)).toBe(true);
  });

  test('names that tie, where UTF-16 and UTF-8 disagree on their order', () => {
    const tied = groupBy(of('equal times of an object'), (l) => `${l.impression!.object} ${l.impression!.time}`);
    const names = [...tied.values()].map((ls) => new Set(ls.map((l) => l.impression!.name)));
    expect(names.some((n) => n.has('😀') && n.has('\uff5e'))).toBe(true);
  });

  test('terms with odd spaces, referrers of every form', () => {
    for (const s of ['\u00a0', '\u3000', '\ufeff', '\u2028', '\u0085']) expect(some((i) => i.term.includes(s))).toBe(true);
    expect(some((i) => i.action === 'search' && i.term.trim() === '')).toBe(true);
    for (const r of [/^$/, /@/, /:\d+\//, /^HTTPS:/, /www\./, /^https:\/\/shop\.example/, /^garbage$/])
      expect(some((i) => r.test(i.referrer))).toBe(true);
  });

  test('keys twice, keys with escapes, unknown keys, repeats', () => {
    expect(accepted.some((l) => (l.content.toString().match(/"site":/g) ?? []).length > 1)).toBe(true);
    expect(accepted.some((l) => l.content.includes('\\u0073'))).toBe(true);
    expect(accepted.some((l) => l.content.includes('\\/'))).toBe(true);
    expect(accepted.some((l) => l.content.includes('\\uD83D\\ude00'))).toBe(true);
    expect(some((i) => new Set(i.segments).size < i.segments.length)).toBe(true);
    expect(accepted.some((l) => Object.hasOwn(l.raw!, 'unknown'))).toBe(true);
  });

  test('nothing is left to be looked up', () => {
    for (const { impression: i, raw, kind } of accepted) {
      if (i!.ip === '' && i!.agent === '') continue;
      for (const field of ['browser', 'os', 'device', 'country', 'region', 'city'])
        if (raw![field] === undefined) expect.fail(`${kind}: ${field}`);
    }
  });
});
