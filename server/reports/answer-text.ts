import { formatCount } from '../terminal/format.js';
import type { TableColumn } from '../terminal/table.js';
import type { Answer, Value } from './answer.js';
import { METRICS } from './vocabulary.js';

/** An answer as a table for people. */
export function tableOf({ query, compare, rows }: Answer): { columns: readonly TableColumn[]; rows: readonly (readonly string[])[] } {
  const right = (title: string): TableColumn => ({ title, align: 'right' });
  const columns = [
    ...(query.by ?? []).map((title) => ({ title })),
    ...query.metrics.flatMap((name) => [right(name), ...(compare ? [right('before'), right('change'), right('%')] : [])]),
  ];
  const cells = rows.map(({ by, metrics }) => [
    ...by.map((value) => (value === '' ? '(unknown)' : String(value))),
    ...metrics.flatMap(({ value, previous = null, change = null, changePercent = null }, i) => {
      const name = query.metrics[i] as string;
      const own = formatMetric(name, value);
      return compare
        ? [own, formatMetric(name, previous), signed(change, (n) => formatMetric(name, n)), signed(changePercent, (n) => n.toFixed(1))]
        : [own];
    }),
  ]);
  return { columns, rows: cells };
}

const signed = (value: Value, format: (n: number) => string): string =>
  value === null ? '-' : `${value > 0 ? '+' : value < 0 ? '−' : ''}${format(Math.abs(value))}`;

/** A count, a rate in per cent, a mean, or a duration in seconds; `-` where there is none. */
export function formatMetric(name: string, value: Value): string {
  if (value === null) return '-';
  if (name === 'bounceRate') return `${(100 * value).toFixed(1)}%`;
  if (name === 'averageDuration') return `${(value / 1000).toFixed(1)} s`;
  const isRatio = Object.hasOwn(METRICS, name) && METRICS[name]?.per !== undefined;
  return isRatio ? value.toFixed(2) : formatCount(value);
}

/** Lines of CSV (RFC 4180), the first with the names; numbers in full. */
export function csvOf({ query, compare, rows }: Answer): readonly string[] {
  const heads = query.metrics.flatMap((name) => (compare ? [name, `${name}.previous`, `${name}.change`, `${name}.changePercent`] : [name]));
  const lines = rows.map(({ by, metrics }) => [
    ...by,
    ...metrics.flatMap(({ value, previous, change, changePercent }) => (compare ? [value, previous, change, changePercent] : [value])),
  ]);
  return [[...(query.by ?? []), ...heads], ...lines].map((cells) => cells.map((cell) => quoted(String(cell ?? ''))).join(','));
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
