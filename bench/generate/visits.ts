import { Random } from './random.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How busy each hour of a day is, and each day of a week from Monday. */
const HOURS = [30, 22, 17, 15, 15, 18, 26, 40, 56, 68, 76, 80, 82, 84, 88, 92, 94, 96, 100, 98, 90, 78, 60, 42];
const WEEKDAYS = [100, 104, 102, 98, 92, 72, 78];

export interface VisitPlan {
  readonly seed: number;
  /** Events in all: lines, whatever a line is. Every one is given out. */
  readonly events: number;
  /** Mean number of events of a visit. */
  readonly mean: number;
  /** First instant, ms since the epoch: midnight UTC. Every event is in the `days` days from there. */
  readonly start: number;
  readonly days: number;
}

/**
 * Visits that begin, go on and end side by side: gives out one event after the other in order of time. Memory grows with the
 * visits that are open at the same time, not with the events.
 *
 *   while (visits.advance()) { …one event of visits.slot at visits.time…; visits.schedule(gap); }
 */
export class Visits {
  /** The current event: its instant, its visit's place, whether it is the visit's first, the visit's ordinal. */
  time = 0;
  slot = 0;
  first = false;
  visit = -1;
  /** Places in use so far: `slot` is always below. */
  slots = 0;

  readonly #random: Random;
  readonly #end: number;
  readonly #mean: number;
  readonly #hours: Float64Array;
  readonly #start: number;
  readonly #busy: number;
  #hour = 0;
  #before = 0;
  #opened = 0;
  readonly #total: number;
  #unplanned: number;
  #arrival = 0;
  readonly #free: number[] = [];
  #left = new Int32Array(1024);
  // A binary heap of the next event of each open visit.
  #heapTime = new Float64Array(1024);
  #heapSlot = new Int32Array(1024);
  #heapSize = 0;

  constructor({ seed, events, mean, start, days }: VisitPlan) {
    this.#random = new Random(seed, 1);
    this.#start = start;
    this.#end = start + days * DAY_MS;
    this.#mean = mean;
    this.#total = Math.max(1, Math.round(events / mean));
    this.#unplanned = events;
    this.#hours = Float64Array.from({ length: days * 24 }, (_, i) => {
      const weekday = (Math.floor(start / DAY_MS + i / 24) + 3) % 7;
      return (HOURS[i % 24] as number) * (WEEKDAYS[weekday] as number);
    });
    this.#busy = this.#hours.reduce((a, b) => a + b, 0);
    this.#arrival = this.#nextArrival();
  }

  /** Go to the next event; false when there is none. */
  advance(): boolean {
    if (this.#heapSize > 0 && (this.#heapTime[0] as number) < this.#arrival) {
      this.time = this.#heapTime[0] as number;
      this.slot = this.#heapSlot[0] as number;
      this.first = false;
      this.#removeTop();
      return true;
    }
    if (this.#arrival === Infinity) return false;
    this.time = this.#arrival;
    this.slot = this.#free.pop() ?? this.slots++;
    this.first = true;
    this.visit++;
    if (this.slots > this.#left.length) this.#grow();
    this.#left[this.slot] = this.#length();
    this.#arrival = this.#nextArrival();
    return true;
  }

  /** The current event is done; its visit goes on after `gap` ms if it has not ended. */
  schedule(gap: number): void {
    const left = (this.#left[this.slot] as number) - 1;
    this.#left[this.slot] = left;
    if (left === 0) {
      this.#free.push(this.slot);
      return;
    }
    // Near the end of the last day the rest of the visit is squeezed in.
    const room = (this.#end - 1 - this.time) / left;
    this.#insert(this.time + Math.floor(gap < room ? gap : room), this.slot);
  }

  /** Instants of arrival rise: the k-th of n lies in the k-th n-th of the area under the busyness. */
  #nextArrival(): number {
    if (this.#opened === this.#total) return Infinity;
    const at = ((this.#opened++ + this.#random.unit()) / this.#total) * this.#busy;
    while (at >= this.#before + (this.#hours[this.#hour] as number) && this.#hour < this.#hours.length - 1) {
      this.#before += this.#hours[this.#hour++] as number;
    }
    const part = Math.min(0.999999, (at - this.#before) / (this.#hours[this.#hour] as number));
    return this.#start + this.#hour * HOUR_MS + Math.floor(part * HOUR_MS);
  }

  /** How many events a new visit has: geometric, steered so that all visits together have exactly the events asked for. */
  #length(): number {
    const after = this.#total - 1 - this.visit;
    let n = this.#unplanned;
    if (after > 0) n = Math.max(1, Math.min(this.#random.geometric(this.#unplanned / (after + 1)), n - after, 40 * this.#mean));
    this.#unplanned -= n;
    return n;
  }

  #grow(): void {
    const size = this.#left.length * 2;
    const left = new Int32Array(size);
    const heapTime = new Float64Array(size);
    const heapSlot = new Int32Array(size);
    left.set(this.#left);
    heapTime.set(this.#heapTime);
    heapSlot.set(this.#heapSlot);
    this.#left = left;
    this.#heapTime = heapTime;
    this.#heapSlot = heapSlot;
  }

  #insert(time: number, slot: number): void {
    const times = this.#heapTime;
    const slots = this.#heapSlot;
    let i = this.#heapSize++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      times[i] = times[parent] as number;
      slots[i] = slots[parent] as number;
      i = parent;
    }
    times[i] = time;
    slots[i] = slot;
  }

  #removeTop(): void {
    const times = this.#heapTime;
    const slots = this.#heapSlot;
    const size = --this.#heapSize;
    const time = times[size] as number;
    const slot = slots[size] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child++;
      if ((times[child] as number) >= time) break;
      times[i] = times[child] as number;
      slots[i] = slots[child] as number;
      i = child;
    }
    times[i] = time;
    slots[i] = slot;
  }
}
