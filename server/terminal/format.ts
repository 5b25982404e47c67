/**
 * Numbers, sizes and times as people read them. The same on every machine, whatever its locale. Without `Intl` as far as
 * it goes: the first formatter of a process takes ICU 15 to 20 ms, more than all else that a short command prints.
 */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const two = (n: number): string => String(n).padStart(2, '0');

/** `1,234,567` */
export function formatCount(n: number | bigint): string {
  return grouped(typeof n === 'bigint' ? n.toString() : n.toFixed());
}

/** `512 B`, `1.5 KiB`, `12.0 GiB` */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 and more would be rounded to 1,024.0.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? formatCount(value) : formatTenths(value)} ${BYTE_UNITS[unit]}`;
}

/** `85 ms`, `12.3 s`, `3 min 04 s`, `2 h 05 min`, `4 d 11 h` */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${formatTenths(tenths / 10)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** So many in so many ms: `134,000/s`, `2.5/s`; `–` where no time has passed. */
export function formatRate(n: number, ms: number, format: (n: number) => string = formatCount): string {
  const rate = (n / ms) * 1000;
  if (!Number.isFinite(rate)) return '–';
  return `${format === formatCount && rate > 0 && rate < 10 ? formatTenths(rate) : format(rate)}/s`;
}

/** `45 %`, of nothing `–`. 100 % is said only of the whole. */
export function formatPercent(part: number, whole: number): string {
  if (!(whole > 0)) return '–';
  const percent = Math.round((part / whole) * 100);
  return `${part < whole ? Math.min(percent, 99) : percent} %`;
}

/** `1,234.5` */
function formatTenths(n: number): string {
  return grouped(n.toFixed(1));
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** An instant in ms since the epoch as local time of an IANA zone: `2026-01-31 14:05:09`. */
export function formatTime(ms: number, zone = 'UTC'): string {
  if (zone === 'UTC') return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    clocks.set(zone, clock);
  }
  const p: Record<string, string> = {};
  for (const { type, value } of clock.formatToParts(ms)) p[type] = value;
  return `${p['year']}-${p['month']}-${p['day']} ${p['hour']}:${p['minute']}:${p['second']}`;
}
