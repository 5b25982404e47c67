const LOCALE = 'en-GB';
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 0 });

/** `1,234,567`. */
export const formatCount = (n: number): string => whole.format(n);

/** `1.2M`, where there is little room; the whole number is to be found nearby. */
export const formatCompact = (n: number): string => (Math.abs(n) < 10_000 ? whole.format(n) : compact.format(n));

/** `62%` of a whole that may be empty still. */
export const formatShare = (part: number, all: number): string => percent.format(all === 0 ? 0 : part / all);

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatBytes(bytes: number): string {
  let n = bytes;
  let unit = 0;
  while (n >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? whole.format(n) : oneDigit.format(n)} ${UNITS[unit]}`;
}

/** `1 package`, `12 packages`; the plural is the singular with an s unless it is given. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${formatCount(n)} ${n === 1 ? one : many}`;
