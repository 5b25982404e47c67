import { endOf, formatDay, parseDay, periodOf, type Day, type Granularity } from '../../engine/period.js';
import { queryError } from './query-error.js';

/** Days from the first to the last, both included. */
export interface Range {
  readonly first: Day;
  readonly last: Day;
}

/** How far a range lies behind another: whole months, or days. */
export interface Shift {
  readonly unit: 'day' | 'month';
  readonly count: number;
}

export const ALL: Range = { first: parseDay('1970-01-01'), last: parseDay('9999-12-31') };

const HELP =
  'Give a day (2026-03-02), an ISO week (2026-W10), a month (2026-03), a year (2026), two of them (2026-03-02..2026-03-08), ' +
  'today, yesterday, last7days (complete days), this or last week, month or year, or all';

/**
 * The days of a period as people write it; `today` is a day of the dataset's zone.
 * Errors: TM_ERR_QUERY.
 */
export function parsePeriod(text: string, today: Day): Range {
  const ends = text.trim().toLowerCase().replaceAll(/\s+/g, '').split('..');
  const [from, to = from] = ends.map((end) => rangeOf(end, today));
  if (ends.length > 2 || !from || !to) throw queryError('/period', `'${text.slice(0, 80)}' is not a period. ${HELP}`);
  if (to.last < from.first) throw queryError('/period', 'it ends before it begins');
  if (from.first < ALL.first || to.last > ALL.last) throw queryError('/period', 'it is not within the years 1970 to 9999');
  return { first: from.first, last: to.last };
}

function rangeOf(text: string, today: Day): Range | undefined {
  if (text === 'all') return ALL;
  if (text === 'today') return { first: today, last: today };
  if (text === 'yesterday') return { first: today - 1, last: today - 1 };
  const [, days] = /^last(\d{1,4})days$/.exec(text) ?? [];
  if (days !== undefined) return Number(days) === 0 ? undefined : { first: today - Number(days), last: today - 1 };
  const [, which, unit] = /^(this|last)(week|month|year)$/.exec(text) ?? [];
  if (unit === 'year') return yearOf(new Date(today * 86_400_000).getUTCFullYear() - (which === 'last' ? 1 : 0));
  if (unit !== undefined) {
    const current = wholeOf(unit as Granularity, today);
    return which === 'last' ? wholeOf(unit as Granularity, current.first - 1) : current;
  }
  if (/^\d{4}$/.test(text)) return yearOf(Number(text));
  if (/^\d{4}-\d\d$/.test(text)) return known(parseDay(`${text}-01`), 'month');
  const [, year, week] = /^(\d{4})-w(\d\d)$/.exec(text) ?? [];
  if (week !== undefined) {
    const first = wholeOf('week', parseDay(`${year}-01-04`)).first + 7 * (Number(week) - 1);
    const thursday = formatDay(first + 3).slice(0, 4);
    return Number(week) > 0 && thursday === year ? wholeOf('week', first) : undefined;
  }
  return known(parseDay(text), 'day');
}

const known = (day: Day, unit: Granularity): Range | undefined => (Number.isNaN(day) ? undefined : wholeOf(unit, day));

function yearOf(year: number): Range | undefined {
  const first = parseDay(`${String(year).padStart(4, '0')}-01-01`);
  return Number.isNaN(first) ? undefined : { first, last: parseDay(`${String(year).padStart(4, '0')}-12-31`) };
}

function wholeOf(granularity: Granularity, day: Day): Range {
  const period = periodOf(granularity, day);
  return { first: period.first, last: endOf(period) - 1 };
}

/** Whether a range is made of whole days, weeks, months. */
export function isWhole({ first, last }: Range, granularity: Granularity): boolean {
  return wholeOf(granularity, first).first === first && wholeOf(granularity, last).last === last;
}

/** The one day, week or month that a range is. */
export function singlePeriod(range: Range): Granularity | undefined {
  return (['day', 'week', 'month'] as const).find(
    (g) => wholeOf(g, range.first).first === range.first && wholeOf(g, range.first).last === range.last,
  );
}

const monthsOf = (day: Day): number => {
  const date = new Date(day * 86_400_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/**
 * How far back the range to compare with lies. Whole months go back by months. For `year` whole weeks go back 52 weeks, to the same days
 * of the week; other ranges to the same date a year before (28 February for the 29th).
 */
export function shiftOf(range: Range, compare: 'previous' | 'year'): Shift {
  if (isWhole(range, 'month')) {
    return { unit: 'month', count: compare === 'year' ? 12 : monthsOf(range.last) - monthsOf(range.first) + 1 };
  }
  if (compare === 'previous') return { unit: 'day', count: range.last - range.first + 1 };
  if (isWhole(range, 'week')) return { unit: 'day', count: 364 };
  const [year = '', month = '', day = ''] = formatDay(range.first).split('-');
  const before = `${String(Number(year) - 1).padStart(4, '0')}-${month}`;
  const same = parseDay(`${before}-${day}`);
  return { unit: 'day', count: range.first - (Number.isNaN(same) ? parseDay(`${before}-28`) : same) };
}

export function shifted({ first, last }: Range, { unit, count }: Shift): Range {
  if (unit === 'day') return { first: first - count, last: last - count };
  const start = (months: number): Day => Date.UTC(Math.floor(months / 12), months % 12, 1) / 86_400_000;
  return { first: start(monthsOf(first) - count), last: start(monthsOf(last) + 1 - count) - 1 };
}
