import { describe, expect, test } from 'vitest';
import { endOf, formatDay, formatPeriod, isoWeek, parseDay, periodOf, zone, type Day } from '#engine/period.js';

const HOUR = 3_600_000;
const day = (text: string): Day => {
  const d = parseDay(text);
  if (Number.isNaN(d)) throw new Error(`${text} is no day`);
  return d;
};

/** Local date and hour as Intl says, every time anew. */
function intl(name: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  return (ms) => {
    const p = Object.fromEntries(format.formatToParts(ms).map((x) => [x.type, x.value]));
    return `${p['year']}-${p['month']}-${p['day']} ${p['hour']}`;
  };
}

function ours(name: string): (ms: number) => string {
  const z = zone(name);
  return (ms) => `${formatDay(z.dayOf(ms))} ${String(z.hourOf(ms)).padStart(2, '0')}`;
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/Caracas',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Asia/Gaza',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Antarctica/Troll',
];

describe.for(ZONES)('%s', (name) => {
  test('days and hours are those of Intl, around every change of the offset too', () => {
    const expected = intl(name);
    const actual = ours(name);
    const check = (ms: number): void => {
      if (actual(ms) !== expected(ms)) expect.fail(`${new Date(ms).toISOString()}: ${actual(ms)}, not ${expected(ms)}`);
    };
    const offset = (ms: number): number => Date.parse(`${expected(ms).replace(' ', 'T')}:00:00Z`) - Math.floor(ms / HOUR) * HOUR;
    const step = 14 * 24 * HOUR;
    for (let ms = Date.UTC(1990, 0, 1); ms < Date.UTC(2038, 0, 1); ms += step) {
      check(ms + (ms % 1_234_567));
      if (offset(ms) === offset(ms + step)) continue;
      // The second of the change: where the offset, as far as the hour shows it, is another.
      let [low, high] = [ms / 1000, (ms + step) / 1000];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (offset(middle * 1000) === offset(ms)) low = middle;
        else high = middle;
      }
      for (const s of [-900, -60, -1, 0, 1, 60, 840, 900, 3600]) check(high * 1000 + s * 1000);
    }
  });
});

test('a day has 23 to 25 hours, or half an hour more or less', () => {
  const hours = (name: string, date: string): number => {
    const z = zone(name);
    let n = 0;
    for (let ms = (day(date) - 1) * 24 * HOUR; ms < (day(date) + 2) * 24 * HOUR; ms += HOUR / 4) if (z.dayOf(ms) === day(date)) n++;
    return n / 4;
  };
  expect(hours('Europe/Berlin', '2026-03-29')).toBe(23);
  expect(hours('Europe/Berlin', '2026-10-25')).toBe(25);
  expect(hours('Australia/Lord_Howe', '2026-04-05')).toBe(24.5);
  expect(hours('Australia/Lord_Howe', '2026-10-04')).toBe(23.5);
  expect(hours('Asia/Kathmandu', '2026-03-29')).toBe(24);
  expect(hours('Pacific/Apia', '2011-12-30')).toBe(0);
});

test('Newfoundland set its clocks back one minute after midnight: the day before came again', () => {
  const z = zone('America/St_Johns');
  const change = Date.UTC(2010, 10, 7, 2, 31);
  expect([-1, 0, HOUR - 60_001, HOUR - 60_000].map((ms) => formatDay(z.dayOf(change + ms)))).toEqual([
    '2010-11-07',
    '2010-11-06',
    '2010-11-06',
    '2010-11-07',
  ]);
});

test('a zone that nobody knows is refused', () => {
  for (const name of ['Mars/Olympus', '', 'Europe/Berlin '])
    expect(() => zone(name)).toThrow(expect.objectContaining({ code: 'TM_ERR_ZONE' }));
});

describe('days', () => {
  test.for([
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['1990-01-01', 7305],
    ['2016-02-29', 16_860],
    ['2000-03-01', 11_017],
  ])('%s is day %d', ([text, n]) => {
    expect(parseDay(text as string)).toBe(n);
    expect(formatDay(n as number)).toBe(text);
  });

  test.for(['2015-02-29', '2016-13-01', '2016-1-1', '2016-01-01T00:00', '', 'today', '2016-00-10', '+02016-01-01'])(
    "'%s' is no day",
    (text) => {
      expect(parseDay(text)).toBeNaN();
    },
  );
});

describe('ISO weeks', () => {
  test.for([
    ['2004-12-31', '2004-W53'],
    ['2005-01-01', '2004-W53'],
    ['2005-01-02', '2004-W53'],
    ['2005-01-03', '2005-W01'],
    ['2005-12-31', '2005-W52'],
    ['2006-01-01', '2005-W52'],
    ['2006-01-02', '2006-W01'],
    ['2007-12-31', '2008-W01'],
    ['2008-12-28', '2008-W52'],
    ['2008-12-29', '2009-W01'],
    ['2009-12-31', '2009-W53'],
    ['2010-01-03', '2009-W53'],
    ['2010-01-04', '2010-W01'],
    ['2015-12-31', '2015-W53'],
    ['2016-01-03', '2015-W53'],
    ['2016-02-29', '2016-W09'],
    ['2020-12-31', '2020-W53'],
    ['2021-01-03', '2020-W53'],
    ['2024-12-30', '2025-W01'],
    ['2026-06-15', '2026-W25'],
    ['1969-12-29', '1970-W01'],
    ['1969-12-28', '1969-W52'],
  ])('%s is in %s', ([date, week]) => {
    expect(formatPeriod(periodOf('week', day(date!)))).toBe(week);
    const [year, number] = week!.split('-W').map(Number);
    expect(isoWeek(day(date!))).toEqual({ year, week: number });
  });

  test('a year has as many as the rule says: the week of the first Thursday is the first', () => {
    for (let year = 1990; year <= 2040; year++) {
      const first = new Date(Date.UTC(year, 0, 1)).getUTCDay();
      const leap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
      const weeks = first === 4 || (leap && first === 3) ? 53 : 52;
      expect(isoWeek(day(`${year}-12-28`))).toEqual({ year, week: weeks });
      expect(isoWeek(day(`${year}-01-04`))).toEqual({ year, week: 1 });
    }
  });
});

test('every day is in one day, week and month, and those follow each other without a gap', () => {
  for (const granularity of ['day', 'week', 'month'] as const) {
    let period = periodOf(granularity, day('1989-12-31'));
    for (let d = day('1990-01-01'); d < day('2040-01-01'); d++) {
      const own = periodOf(granularity, d);
      if (d < own.first || d >= endOf(own)) expect.fail(`${formatDay(d)} is not in ${formatPeriod(own)}`);
      if (own.first !== period.first && own.first !== endOf(period))
        expect.fail(`${formatPeriod(own)} does not follow ${formatPeriod(period)}`);
      period = own;
    }
  }
  expect(['2016-02-29', '2015-12-31', '2016-01-01'].map((d) => formatPeriod(periodOf('month', day(d))))).toEqual([
    '2016-02',
    '2015-12',
    '2016-01',
  ]);
  expect(formatDay(endOf(periodOf('month', day('2016-02-10'))))).toBe('2016-03-01');
  expect(formatPeriod(periodOf('day', day('2016-02-29')))).toBe('2016-02-29');
});
