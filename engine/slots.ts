import type { Unit } from './agenda.js';
import type { Topology } from './processor.js';
import type { Readers } from './readers.js';

/** Jobs for the sink that are under way at once: it takes together what waits for it. */
const INJECTIONS = 16;

/**
 * The units that run, and which of those that could are next: enough to keep every worker busy while other jobs wait for a
 * commit and, apart from them, some for the sink.
 */
export class Slots {
  readonly #readers: Readers;
  readonly #priority: ReadonlyMap<string, number>;
  /** Jobs under way at once, apart from injections. */
  readonly #most: number;
  readonly #taken = new Map<string, Unit>();
  #injections = 0;

  constructor(topology: Topology, workers: number, readers: Readers) {
    this.#readers = readers;
    this.#priority = new Map([...topology.processors].map(([name, p]) => [name, topology.priority(p)]));
    this.#most = 2 * workers + 2;
  }

  get size(): number {
    return this.#taken.size;
  }

  /** Whether the unit of that key runs. */
  has(key: string): boolean {
    return this.#taken.has(key);
  }

  /** Whether no unit can be started, of whatever kind: to look for some is of no use then. */
  get isFull(): boolean {
    return !this.#hasRoom(true) && !this.#hasRoom(false);
  }

  /**
   * The units to start now, which have their slots from here on: those of the oldest period first, so that the sink has work
   * from the beginning on, and of them those with the greatest priority.
   */
  take(ready: readonly Unit[]): Unit[] {
    const priority = ({ processor }: Unit): number => this.#priority.get(processor.name) ?? 0;
    const chosen: Unit[] = [];
    for (const unit of [...ready].sort((a, b) => a.period.first - b.period.first || priority(b) - priority(a))) {
      if (!this.#hasRoom(isInjection(unit)) || !this.#readers.mayStart(unit)) continue;
      if (isInjection(unit)) this.#injections++;
      this.#taken.set(unit.key, unit);
      this.#readers.start(unit);
      chosen.push(unit);
    }
    return chosen;
  }

  /** The unit does not run any more. */
  free(unit: Unit): void {
    this.#taken.delete(unit.key);
    if (isInjection(unit)) this.#injections--;
    this.#readers.stop(unit);
  }

  #hasRoom(forInjection: boolean): boolean {
    return forInjection ? this.#injections < INJECTIONS : this.#taken.size - this.#injections < this.#most;
  }
}

const isInjection = ({ processor }: Unit): boolean => processor.kind === 'inject';
