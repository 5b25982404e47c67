import { formatDay, type Location } from '../../../engine/index.js';
import { isBuiltIn } from './built-in.js';
import type { Overview } from '../overview/overview.js';
import type { Day, Topology } from '../../../engine/index.js';
import type { LocationDay, LocationSummary } from '../schemas/index.js';

export function locationSummary({ name, layout, holds }: Location, { packages }: Overview): LocationSummary {
  const { packages: n, records, bytes, last } = packages.of(name);
  return {
    name,
    layout,
    beans: holds.map((type) => type.name),
    packages: n,
    records,
    bytes,
    ...(last === undefined ? {} : { lastPackage: { path: last.path, createdAt: last.createdAt } }),
    custom: !isBuiltIn(name),
  };
}

/** The calendar of a location: a day is failed where a job that writes to it is, else in process where one has not ended. */
export function locationDays(
  name: string,
  { from = -Infinity, to = Infinity }: { readonly from?: Day | undefined; readonly to?: Day | undefined },
  { packages, jobs }: Overview,
  topology: Topology,
): LocationDay[] {
  const days = new Map<Day, LocationDay>();
  const isWanted = (day: Day): boolean => day >= from && day <= to;
  for (const [day, sum] of packages.of(name).days) if (isWanted(day)) days.set(day, { day: formatDay(day), ...sum, state: 'complete' });
  const producer = topology.producerOf(name)?.name;
  for (const { processor, period, state } of jobs.unfinished()) {
    if (processor !== producer || !isWanted(period.first)) continue;
    const day = days.get(period.first) ?? { day: formatDay(period.first), packages: 0, records: 0, state: 'complete' };
    days.set(period.first, { ...day, state: state === 'failed' || day.state === 'failed' ? 'failed' : 'processing' });
  }
  return [...days].sort(([a], [b]) => a - b).map(([, day]) => day);
}
