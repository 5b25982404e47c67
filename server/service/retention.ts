import {
  endOf,
  formatPeriod,
  unitKey,
  type Coordinator,
  type Day,
  type Period,
  type Topology,
  type WorkPackage,
  type Zone,
} from '../../engine/index.js';
import type { RetentionStatus } from './contract.js';
import type { Settings } from '../settings.js';

export interface RetentionParts {
  readonly coordinator: Coordinator;
  readonly topology: Topology;
  readonly zone: Zone;
  readonly settings: Settings['retention'];
  /** Whether a period has ended by the clock, and all that was captured of it is in the locations. */
  readonly closed: (period: Period) => boolean;
}

/** Frees the beans of packages that are old enough and that no job needs any more. */
export class Retention {
  readonly #p: RetentionParts;
  #status: readonly RetentionStatus[];
  #busy: Promise<unknown> = Promise.resolve();

  constructor(parts: RetentionParts) {
    this.#p = parts;
    this.#status = Object.entries(parts.settings).map(([location, { keep }]) => ({ location, keepMs: keep, purged: 0, held: 0 }));
  }

  get status(): readonly RetentionStatus[] {
    return this.#status;
  }

  /** Purge what can be at a time, ms since the epoch, one call after the other. Errors: those of the store. */
  run(now: number): Promise<readonly RetentionStatus[]> {
    const run = this.#busy.then(() => this.#purge(now));
    this.#busy = run.catch(() => undefined);
    return run;
  }

  /** Wait for what is under way. */
  async idle(): Promise<void> {
    await this.#busy;
  }

  async #purge(now: number): Promise<readonly RetentionStatus[]> {
    const next: RetentionStatus[] = [];
    for (const { location, keepMs, purged } of this.#status) {
      const free: WorkPackage[] = [];
      const reasons: string[] = [];
      const bound = this.#p.zone.dayOf(now - keepMs);
      const comparedFor = this.#comparedFor(location);
      for (const p of this.#p.coordinator.packages(location)) {
        if (p.state === 'purged' || endOf(p.period) > bound) continue;
        const reason = this.#neededBy(p) ?? neededForIds(p, comparedFor);
        if (reason === undefined) free.push(p);
        else reasons.push(reason);
      }
      const ended = await this.#p.coordinator.end(free, 'purge');
      const held = reasons.length + free.length - ended.length;
      const [reason = held > 0 ? 'a job reads it' : undefined] = reasons;
      next.push({ location, keepMs, purged: purged + ended.length, held, ...(reason === undefined ? {} : { reason }) });
    }
    this.#status = next;
    return next;
  }

  /** Why a package cannot go yet; undefined if it can. */
  #neededBy(p: WorkPackage): string | undefined {
    const { topology, coordinator, closed } = this.#p;
    for (const consumer of topology.consumersOf(p.location)) {
      const unit = coordinator.agenda.unitReading(consumer.name, p);
      if (unit === undefined) continue;
      const what = `${consumer.name} ${formatPeriod(unit.period)}`;
      if (unit.purged !== undefined && coordinator.agenda.isDue(unit))
        return `${what}: it came after ${unit.purged} was purged, and is not counted`;
      if (coordinator.agenda.isDue(unit)) return `${what} has not run yet`;
      if (!closed(unit.period)) return `${what} may run again: the ${unit.period.granularity} has not ended`;
    }
    const producer = topology.producerOf(p.location);
    const made = producer && coordinator.agenda.unit(producer.name, unitKey(producer, p.period, p.inputs));
    if (made !== undefined && coordinator.agenda.isDue(made))
      return `${made.processor.name} ${formatPeriod(made.period)} is about to make it anew`;
    return undefined;
  }

  /**
   * The locations, and days of each, in which an impression that repeats an id of a package of this one would be counted once
   * more: late lines make a package of their own there, or in sesrawdata where files are imported. Not the days of which a
   * package is purged there: nothing late is counted then.
   */
  #comparedFor(location: string): ReadonlyMap<string, ReadonlySet<Day>> {
    const { topology, coordinator } = this.#p;
    const open = new Map<string, ReadonlySet<Day>>();
    if (location !== 'oirawdata') return open;
    const made = topology.consumersOf(location).flatMap((c) => (c.covers === 'package' ? [c.output] : []));
    for (const at of [...made, 'sesrawdata']) {
      const packages = coordinator.packages(at);
      const days = new Set(packages.map((p) => p.period.first));
      for (const p of packages) if (p.state === 'purged') days.delete(p.period.first);
      open.set(at, days);
    }
    return open;
  }
}

/** Why the ids of a package cannot go yet. */
function neededForIds({ period, counters }: WorkPackage, comparedFor: ReadonlyMap<string, ReadonlySet<Day>>): string | undefined {
  if ((counters['with_id'] ?? 0) === 0) return undefined;
  const [at] = [...comparedFor].find(([, days]) => days.has(period.first)) ?? [];
  return at === undefined ? undefined : `ids that come late are compared with it: ${at} of ${formatPeriod(period)} is kept`;
}
