import { Cron } from 'croner';
import type { Zone } from '../../engine/index.js';

const SECOND = 1000;
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Hours of a pattern that leaves none out. */
const ANY_HOUR = /^([*?](\/1)?|0-23)$/;

/**
 * When a cron expression is due, in local time. What is due in every hour is due at every instant whose local time matches, so
 * that ten minutes are ten minutes also in a night in which the clocks change. What names its hours is due once: of an hour that
 * comes twice the first time, and of one that is left out at its end.
 */
export class Schedule {
  readonly #zone: Zone;
  /** Asked with local times as if they were UTC. */
  readonly #cron: Cron;
  readonly #isHourly: boolean;

  constructor(pattern: string, zone: Zone) {
    this.#zone = zone;
    this.#cron = new Cron(pattern, { paused: true, timezone: 'UTC' });
    const fields = pattern.trim().split(/\s+/);
    this.#isHourly = pattern.trim() === '@hourly' || ANY_HOUR.test(fields[fields.length > 5 ? 2 : 1] ?? '');
  }

  /** The first instant after `now`, ms since the epoch; undefined if there is none. */
  next(now: number): number | undefined {
    return this.#isHourly ? this.#nextInstant(now) : this.#nextLocal(now);
  }

  #nextInstant(now: number): number | undefined {
    // The clocks change twice a year, so there is a match before they have changed often.
    for (let from = now; ;) {
      const offset = this.#offset(from);
      const local = this.#matchAfter(from + offset);
      if (local === undefined) return undefined;
      const change = this.#changeWithin(from, local - offset);
      if (change === undefined) return local - offset;
      const changed = this.#zone.localMs(change);
      if (this.#matchAfter(changed - SECOND) === changed) return change;
      from = change;
    }
  }

  #nextLocal(now: number): number | undefined {
    let local: number | undefined = this.#zone.localMs(now);
    for (;;) {
      local = this.#matchAfter(local);
      if (local === undefined) return undefined;
      const at = this.#firstInstant(local);
      if (at > now) return at;
    }
  }

  #matchAfter(local: number): number | undefined {
    return this.#cron.nextRun(new Date(local))?.getTime();
  }

  #offset(at: number): number {
    return this.#zone.localMs(at) - at;
  }

  /** The first instant of a local time, or, where clocks leave it out, that at which they do. */
  #firstInstant(local: number): number {
    const before = this.#offset(local - DAY);
    const after = this.#offset(local + DAY);
    for (const at of [local - Math.max(before, after), local - Math.min(before, after)]) if (this.#zone.localMs(at) === local) return at;
    return this.#changeWithin(local - DAY, local + DAY) ?? local - after;
  }

  /** The first instant in `(from, to]` with another offset than the one before it. */
  #changeWithin(from: number, to: number): number | undefined {
    for (let at = from; at < to; at += DAY) {
      let [low, high] = [at, Math.min(at + DAY, to)];
      if (this.#offset(low) === this.#offset(high)) continue;
      while (high - low > SECOND) {
        const middle = low + Math.floor((high - low) / 2);
        if (this.#offset(middle) === this.#offset(low)) low = middle;
        else high = middle;
      }
      // Offsets change at whole minutes.
      return Math.floor(high / MINUTE) * MINUTE;
    }
    return undefined;
  }
}
