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
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;

/** Local dates and hours of one IANA time zone. */
export interface Zone {
  readonly name: string;
  /** What clocks show at an instant in ms since the epoch, as if it were UTC. */
  localMs(ms: number): number;
  /** Local date of an instant in ms since the epoch. */
  dayOf(ms: number): Day;
  /** Local hour, 0 to 23, of an instant in ms since the epoch. */
  hourOf(ms: number): number;
}

/**
 * Errors: TM_ERR_ZONE. Since 1990 (spec §2, `time`) zones have changed their offsets at whole minutes, nearly all of them at
 * whole quarters of an hour (not Newfoundland, one minute after midnight until 2011). ICU is slow: it is asked twice a
 * quarter, and once a minute only in a quarter that begins and ends with different offsets.
 */
export function zone(name: string): Zone {
  if (name === 'UTC') return utc;
  // To make the first format of a process takes ICU 20 ms: of a name that is surely known it is made when it is asked.
  let format = isListed(name) ? undefined : formatOf(name);
  /** The offset at a whole minute, in ms. */
  const ask = (ms: number): number => {
    format ??= formatOf(name);
    const p: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) p[type] = Number(value);
    const n = (k: string): number => p[k] as number;
    return Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second')) - ms;
  };
  // By quarter: its offset, or the offsets of its minutes.
  const offsets = new Map<number, number | readonly number[]>();
  let lastQuarter = NaN;
  let last: number | readonly number[] = 0;
  const localMs = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS);
    if (quarter !== lastQuarter) {
      const start = quarter * QUARTER_MS;
      let found = offsets.get(quarter);
      if (found === undefined) {
        found = ask(start);
        if (ask(start + QUARTER_MS - MINUTE_MS) !== found) found = Array.from({ length: 15 }, (_, i) => ask(start + i * MINUTE_MS));
        offsets.set(quarter, found);
      }
      lastQuarter = quarter;
      last = found;
    }
    return ms + (typeof last === 'number' ? last : (last[Math.floor((ms - quarter * QUARTER_MS) / MINUTE_MS)] as number));
  };
  return {
    name,
    localMs,
    dayOf: (ms) => Math.floor(localMs(ms) / DAY_MS),
    hourOf: (ms) => Math.floor(modulo(localMs(ms), DAY_MS) / HOUR_MS),
  };
}

/** ICU takes 30 ms in each thread to say that there is no offset. */
const utc: Zone = {
  name: 'UTC',
  localMs: (ms) => ms,
  dayOf: (ms) => Math.floor(ms / DAY_MS),
  hourOf: (ms) => Math.floor(modulo(ms, DAY_MS) / HOUR_MS),
};

function modulo(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}

/** Whether two names are of one zone, such as UTC and utc, or Asia/Calcutta and Asia/Kolkata. Errors: TM_ERR_ZONE. */
export function isSameZone(a: string, b: string): boolean {
  const nameOf = (name: string): string => formatOf(name).resolvedOptions().timeZone;
  return a === b || nameOf(a) === nameOf(b);
}

/** Whether a name is one of the machine's zones. It may know aliases of them too. */
function isListed(name: string): boolean {
  return Intl.supportedValuesOf('timeZone').includes(name);
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
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
