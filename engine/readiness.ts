import { Agenda, type Unit } from './agenda.js';
import { endOf, type Day, type Period } from './period.js';
import type { Topology } from './processor.js';
import type { WorkPackage } from './work-package.js';

export interface World {
  /** Whether no more data is expected for a period. */
  closed(period: Period): boolean;
  /** Whether a unit is being worked on, or has failed and is not to be tried again by itself. */
  held(unit: Unit): boolean;
}

export interface Readiness {
  readonly ready: readonly Unit[];
  /** Units that wait: for their period to close, for a job before them, or because they are held. */
  readonly waiting: readonly Unit[];
}

/**
 * Which packages and periods make which jobs, now.
 *
 * A unit is due when its output does not exist or was made from other packages than there are now (so late data runs again
 * what depends on it). A due unit is ready when its period has closed and, for every day of it, all processors before it
 * are through. A job that covers one package needs neither. A unit with a purged input waits for ever and holds up nobody:
 * what came late to it cannot be added to sums whose other beans are gone.
 */
export function readinessOf(agenda: Agenda, world: World): Readiness {
  const ready: Unit[] = [];
  const waiting: Unit[] = [];
  const unsettled = new Map<string, Set<Day>>();
  const unsettledIn = (location: string): Set<Day> => {
    const days = unsettled.get(location) ?? new Set<Day>();
    unsettled.set(location, days);
    return days;
  };
  for (const { processor, due } of agenda.lanes) {
    const before = unsettledIn(processor.input);
    const after = unsettledIn(processor.output);
    for (const day of before) after.add(day);
    for (const unit of due.values()) {
      if (unit.purged !== undefined) {
        waiting.push(unit);
        continue;
      }
      const { first } = unit.period;
      const end = endOf(unit.period);
      let open = processor.covers !== 'package' && !world.closed(unit.period);
      for (let day = first; day < end; day++) {
        after.add(day);
        open ||= processor.covers !== 'package' && before.has(day);
      }
      (open || world.held(unit) ? waiting : ready).push(unit);
    }
  }
  return { ready, waiting };
}

/** The same for packages that are looked at once. */
export function readiness(topology: Topology, world: World & { packages(location: string): readonly WorkPackage[] }): Readiness {
  return readinessOf(new Agenda(topology, (location) => world.packages(location)), world);
}
