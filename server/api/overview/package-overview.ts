import { endOf, formatDay, recordsOf, type Day, type WorkPackage } from '../../../engine/index.js';
import { SortedKeys } from './sorted-keys.js';

/** What is held of a package: the rest is read from the store when it is asked for. */
interface Entry {
  readonly path: string;
  readonly location: string;
  readonly first: Day;
  readonly end: Day;
  readonly createdAt: number;
  readonly records: number;
  readonly bytes: number;
  readonly inputs: readonly string[];
  /** Rejected lines by reason; absent where there are none. */
  readonly rejected?: Readonly<Record<string, number>>;
}

export interface DaySum {
  packages: number;
  records: number;
}

/** The packages of one location, summed up. */
class LocationSums {
  readonly paths = new SortedKeys();
  readonly days = new Map<Day, DaySum>();
  records = 0;
  bytes = 0;
  last: Entry | undefined;

  add(e: Entry, by: 1 | -1): void {
    if (by === 1) this.paths.add(e.path);
    else this.paths.delete(e.path);
    this.records += by * e.records;
    this.bytes += by * e.bytes;
    const day = this.days.get(e.first) ?? { packages: 0, records: 0 };
    day.packages += by;
    day.records += by * e.records;
    if (day.packages === 0) this.days.delete(e.first);
    else this.days.set(e.first, day);
    if (by === 1 && e.createdAt >= (this.last?.createdAt ?? -Infinity)) this.last = e;
  }
}

const NO_PACKAGES = new LocationSums();

/**
 * The packages of a dataset as the API asks for them, kept up by the service's events: sums by location and day, the order
 * of paths, who was made from whom, and rejected lines by reason.
 */
export class PackageOverview {
  readonly #isInjected: (location: string) => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #locations = new Map<string, LocationSums>();
  readonly #usedBy = new Map<string, readonly string[]>();
  readonly #rejectedByReason = new Map<string, number>();
  /** `<first day> <path>` of packages with rejected lines. */
  readonly #withRejects = new SortedKeys();
  /** `<created at> <path>` of the reports of injections. */
  readonly #injections = new SortedKeys();

  constructor(packages: Iterable<WorkPackage>, isInjected: (location: string) => boolean) {
    this.#isInjected = isInjected;
    for (const p of packages) this.put(p);
  }

  put(p: WorkPackage): void {
    this.remove(p.path);
    this.#apply(entryOf(p), 1);
  }

  remove(path: string): void {
    const entry = this.#entries.get(path);
    if (entry !== undefined) this.#apply(entry, -1);
  }

  of(location: string): Pick<LocationSums, 'records' | 'bytes' | 'days'> & { readonly packages: number; readonly last: Entry | undefined } {
    const { records, bytes, days, paths, last } = this.#locations.get(location) ?? NO_PACKAGES;
    return { records, bytes, days, packages: paths.size, last };
  }

  /** Paths of a location's packages whose period overlaps the days `from` to `to`, greatest first, of those less than `before`. */
  *paths(location: string, { from = -Infinity, to = Infinity }: { from?: Day | undefined; to?: Day | undefined }, before?: string) {
    for (const path of (this.#locations.get(location) ?? NO_PACKAGES).paths.below(before)) {
      const entry = this.#entries.get(path);
      if (entry !== undefined && entry.first <= to && entry.end > from) yield path;
    }
  }

  usedBy(path: string): string[] {
    return [...(this.#usedBy.get(path) ?? [])].sort();
  }

  rejectedByReason(): Record<string, number> {
    return Object.fromEntries([...this.#rejectedByReason].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Packages with rejected lines, newest day first; `key` is what to go on from. */
  *withRejects(before?: string): Generator<{ readonly key: string; readonly path: string }> {
    for (const key of this.#withRejects.below(before)) yield { key, path: pathIn(key) };
  }

  /** Reports of injections, newest first. */
  *injections(before?: string): Generator<{ readonly key: string; readonly path: string }> {
    for (const key of this.#injections.below(before)) yield { key, path: pathIn(key) };
  }

  #apply(e: Entry, by: 1 | -1): void {
    if (by === 1) this.#entries.set(e.path, e);
    else this.#entries.delete(e.path);
    let sums = this.#locations.get(e.location);
    if (sums === undefined) this.#locations.set(e.location, (sums = new LocationSums()));
    sums.add(e, by);
    if (by === -1 && sums.last === e) sums.last = this.#newestOf(sums);
    for (const input of e.inputs) {
      const others = (this.#usedBy.get(input) ?? []).filter((path) => path !== e.path);
      const users = by === 1 ? [...others, e.path] : others;
      if (users.length === 0) this.#usedBy.delete(input);
      else this.#usedBy.set(input, users);
    }
    const list = (keys: SortedKeys, key: string): void => (by === 1 ? keys.add(key) : keys.delete(key));
    if (this.#isInjected(e.location)) list(this.#injections, `${String(e.createdAt).padStart(15, '0')} ${e.path}`);
    if (e.rejected === undefined) return;
    list(this.#withRejects, `${formatDay(e.first)} ${e.path}`);
    for (const [reason, n] of Object.entries(e.rejected)) {
      const left = (this.#rejectedByReason.get(reason) ?? 0) + by * n;
      if (left === 0) this.#rejectedByReason.delete(reason);
      else this.#rejectedByReason.set(reason, left);
    }
  }

  #newestOf(sums: LocationSums): Entry | undefined {
    let newest: Entry | undefined;
    for (const path of sums.paths.below()) {
      const e = this.#entries.get(path);
      if (e !== undefined && e.createdAt > (newest?.createdAt ?? -Infinity)) newest = e;
    }
    return newest;
  }
}

export function bytesOf(p: WorkPackage): number {
  return p.state === 'purged' ? 0 : p.parts.reduce((n, part) => n + part.bytes, 0);
}

/** Lines that a package keeps because they were rejected. */
export function rejectedIn(p: WorkPackage): number {
  return p.state === 'purged' ? 0 : (p.rejects?.blocks.reduce((n, block) => n + block.records, 0) ?? 0);
}

function entryOf(p: WorkPackage): Entry {
  const { path, location, period, createdAt, inputs, counters } = p;
  const records = p.state === 'purged' ? 0 : recordsOf(p);
  const entry = { path, location, first: period.first, end: endOf(period), createdAt, records, bytes: bytesOf(p), inputs };
  if (rejectedIn(p) === 0) return entry;
  const reasons = Object.entries(counters).filter(([name]) => name.startsWith(REASON));
  return { ...entry, rejected: Object.fromEntries(reasons.map(([name, n]) => [name.slice(REASON.length), n])) };
}

/** How an import counts the reasons of rejected lines: `rejected:time`. */
const REASON = 'rejected:';

function pathIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}
