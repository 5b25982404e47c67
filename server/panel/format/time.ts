const LOCALE = 'en-GB';
const formats = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([timeZone, options]);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(LOCALE, { timeZone, hourCycle: 'h23', ...options });
    formats.set(key, format);
  }
  return format;
}

const DATE = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

/** `2 Mar 2026, 14:03:22`, local to the dataset's zone. */
export const formatTime = (ms: number, timeZone: string): string => formatter(timeZone, { ...DATE, ...CLOCK }).format(ms);

/** `14:03:22`. */
export const formatClock = (ms: number, timeZone: string): string => formatter(timeZone, CLOCK).format(ms);

/** A time of today without its date. */
export function formatRecent(ms: number, now: number, timeZone: string): string {
  return localDay(ms, timeZone) === localDay(now, timeZone) ? formatClock(ms, timeZone) : formatTime(ms, timeZone);
}

/** The local date `2026-03-02` of an instant. */
export function localDay(ms: number, timeZone: string): string {
  const parts = formatter(timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(ms);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** `Monday 2 March 2026` for `2026-03-02`. */
export const formatDate = (day: string): string =>
  formatter('UTC', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(Date.parse(`${day}T00:00Z`));

/** `March 2026` for `2026-03`. */
export const formatMonth = (month: string): string =>
  formatter('UTC', { month: 'long', year: 'numeric' }).format(Date.parse(`${month}-01T00:00Z`));

/** `340 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 2 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  const of = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((s % big) / small);
    return `${Math.floor(s / big)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
  };
  if (s < 3600) return of(60, 'min', 1, 's');
  return s < 86_400 ? of(3600, 'h', 60, 'min') : of(86_400, 'd', 3600, 'h');
}

/** `12 s ago`, `in 3 min`; `now` within a second. */
export function formatAgo(ms: number, now: number): string {
  const apart = now - ms;
  if (Math.abs(apart) < 1000) return 'now';
  const rough = formatDuration(Math.floor(Math.abs(apart) / 1000) * 1000).replace(/\.0 s$/, ' s');
  const largest = /^\d+ (min|h|d)/.exec(rough)?.[0] ?? rough;
  return apart > 0 ? `${largest} ago` : `in ${largest}`;
}
