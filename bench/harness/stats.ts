/** What is said of the runs of one contestant. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (i: number): number => {
    const value = sorted[i];
    if (value === undefined) throw new RangeError('there is no value to take the median of');
    return value;
  };
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** The spread of one number of each run. */
export function spreadBy<T>(runs: readonly T[], of: (run: T) => number): Spread {
  return spreadOf(runs.map(of));
}

/** Two or three digits that tell: `0.012`, `1.23`, `123`. */
export const digits = (n: number): string =>
  n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n >= 1 ? n.toFixed(2) : n === 0 ? '0' : n.toPrecision(2);

const UNITS = [
  { from: 1000, by: 1000, unit: 's' },
  { from: 1, by: 1, unit: 'ms' },
  { from: 0, by: 0.001, unit: 'µs' },
] as const;
const unitOf = (ms: number): (typeof UNITS)[number] => (ms === 0 ? UNITS[1] : (UNITS.find(({ from }) => ms >= from) ?? UNITS[2]));

/** `2.41 s` */
export function duration(ms: number): string {
  const { by, unit } = unitOf(ms);
  return `${digits(ms / by)} ${unit}`;
}

/** `2.41 s (2.36–2.50)`: median and from least to greatest, of ms. */
export function durations({ median, min, max }: Spread): string {
  const { by, unit } = unitOf(median);
  return `${digits(median / by)} ${unit} (${digits(min / by)}–${digits(max / by)})`;
}

/** `2.9×` */
export function times(ratio: number): string {
  return `${digits(ratio)}×`;
}
