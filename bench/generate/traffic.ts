import type { Arena } from './arena.js';
import { impressionLines } from './impression-lines.js';
import { logLines } from './log-lines.js';
import { Visits } from './visits.js';

export type TrafficFormat = 'impressions' | 'combined';

export interface TrafficOptions {
  /** Lines in all. */
  readonly impressions: number;
  /** Default 1. */
  readonly days?: number;
  /** The first day, in UTC, `yyyy-mm-dd`; default 2016-02-24, so that ten days cross a month's and two ISO weeks' ends. */
  readonly start?: string;
  /** Default 1. The same options give the same bytes on any machine. */
  readonly seed?: number;
  /** Default 'impressions'. */
  readonly format?: TrafficFormat;
}

/** Some whole lines of one UTC day. */
export interface Chunk {
  /** `yyyy-mm-dd` */
  readonly day: string;
  readonly lines: number;
  readonly bytes: Buffer;
}

/** Puts one line of a visit into its arena, and says when the visit's next is due. */
export interface LineWriter {
  readonly arena: Arena;
  line(visits: Visits): void;
}

const DAY_MS = 86_400_000;
/** Lines of a visit: of impressions, and of a log, where files of pages are lines too. */
const MEAN: Readonly<Record<TrafficFormat, number>> = { impressions: 8, combined: 14 };

/**
 * Realistic traffic, in order of time, about 1 MiB at a time. Memory depends on how many visits are open at the same time.
 * For 2,000,000 impressions of one day: 250,000 sessions, 200,000 addresses, 1.1 million distinct clicks.
 */
export function* traffic({
  impressions,
  days = 1,
  start = '2016-02-24',
  seed = 1,
  format = 'impressions',
}: TrafficOptions): Generator<Chunk> {
  if (impressions < 1) return;
  const first = Date.parse(`${start}T00:00:00Z`);
  const mean = MEAN[format];
  const visits = new Visits({ seed, events: impressions, mean, start: first, days });
  const writer = (format === 'impressions' ? impressionLines : logLines)(seed, impressions / mean / days);
  const { arena } = writer;
  let lines = 0;
  let day = first;
  const chunk = (): Chunk => {
    const whole = { day: new Date(day).toISOString().slice(0, 10), lines, bytes: arena.take() };
    lines = 0;
    return whole;
  };
  while (visits.advance()) {
    if (arena.at > arena.limit) yield chunk();
    if (visits.time >= day + DAY_MS) {
      if (lines > 0) yield chunk();
      day += Math.floor((visits.time - day) / DAY_MS) * DAY_MS;
    }
    writer.line(visits);
    lines++;
  }
  yield chunk();
}
