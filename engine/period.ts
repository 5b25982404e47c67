import { fail } from './errors.js';

/** A local date as the number of days since 1970-01-01 of the proleptic Gregorian calendar. */
export type Day = number;
export type Granularity = 'day' | 'week' | 'month';

/** A day, ISO week or month of local dates; `first` is its first day. */
export interface Period {
  readonly granularity: Granularity;
  readonly first: Day;
}

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/** Local dates and hours of one IANA time zone. */
export interface Zone {
  readonly name: string;
  /** Local date of an instant in ms since the epoch. */
  dayOf(ms: number): Day;
  /** Local hour, 0 to 23, of an instant in ms since the epoch. */
  hourOf(ms: number): number;
}

/**
 * Errors: TM_ERR_ZONE. Offsets are asked of ICU once per quarter of an hour: since 1990 (spec §2, `time`) no zone has
 * changed its offset at anything finer.
 */
export function zone(name: string): Zone {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw fail('TM_ERR_ZONE', `'${name}' is not a time zone that this machine knows`, { cause });
  }
  const offsets = new Map<number, number>();
  let lastQuarter = NaN;
  let lastOffset = 0;
  const localMs = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS);
    if (quarter !== lastQuarter) {
      let offset = offsets.get(quarter);
      if (offset === undefined) {
        const p: Record<string, number> = {};
        for (const { type, value } of format.formatToParts(quarter * QUARTER_MS)) p[type] = Number(value);
        const n = (k: string): number => p[k] as number;
        offset = Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second')) - quarter * QUARTER_MS;
        offsets.set(quarter, offset);
      }
      lastQuarter = quarter;
      lastOffset = offset;
    }
    return ms + lastOffset;
  };
  return {
    name,
    dayOf: (ms) => Math.floor(localMs(ms) / DAY_MS),
    hourOf: (ms) => {
      const local = localMs(ms);
      return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / 3_600_000);
    },
  };
}

/** `yyyy-mm-dd` */
export function formatDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day of `yyyy-mm-dd`, or NaN where there is no such date. */
export function parseDay(text: string): Day {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return Number.isNaN(ms) || formatDay(ms / DAY_MS) !== text ? NaN : ms / DAY_MS;
}

/** The ISO week-year and the number of the ISO week, 1 to 53, of a day. */
export function isoWeek(day: Day): { year: number; week: number } {
  const thursday = mondayOf(day) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1 };
}

export function periodOf(granularity: Granularity, day: Day): Period {
  if (granularity === 'day') return { granularity, first: day };
  if (granularity === 'week') return { granularity, first: mondayOf(day) };
  const d = new Date(day * DAY_MS);
  return { granularity, first: Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), 1) / DAY_MS };
}

/** The day after the last of a period. */
export function endOf({ granularity, first }: Period): Day {
  if (granularity === 'day') return first + 1;
  if (granularity === 'week') return first + 7;
  const d = new Date(first * DAY_MS);
  return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1) / DAY_MS;
}

/** `2016-02-29`, `2016-W09` or `2016-02`. */
export function formatPeriod({ granularity, first }: Period): string {
  if (granularity === 'day') return formatDay(first);
  if (granularity === 'month') return formatDay(first).slice(0, 7);
  const { year, week } = isoWeek(first);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function mondayOf(day: Day): Day {
  return day - ((((day + 3) % 7) + 7) % 7);
}
