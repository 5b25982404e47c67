import type { Unit } from './agenda.js';
import type { Topology } from './processor.js';
import type { Readers } from './readers.js';

/** Groups of jobs for the sink that are under way at once: it takes together what waits for it. */
const INJECTIONS = 16;

/**
 * What reads no more beans is small: most of its time goes to starting it, committing it and waiting for the disk. Units of one
 * processor that are small share all that, as long as they read no more together than one task does. Those of a processor that is
 * not trusted may take a thread with them, and run alone.
 */
const SMALL_RECORDS = 16_384;
const GROUP_RECORDS = 65_536;
/** For a commit not to grow without end where units read next to nothing. */
const GROUP_UNITS = 512;

/** Units that run together: all small and of one processor, or one alone. */
export type UnitGroup = readonly Unit[];

/**
 * The units that run, and which of those that could are next: enough to keep every worker busy while other jobs wait for a
 * commit and, apart from them, some for the sink.
 */
export class Slots {
  readonly #readers: Readers;
  readonly #priority: ReadonlyMap<string, number>;
  readonly #workers: number;
  readonly #isTrusted: (processor: string) => boolean;
  readonly #taken = new Map<string, Unit>();
  #groups = 0;
  #injections = 0;

  constructor(topology: Topology, workers: number, readers: Readers, isTrusted: (processor: string) => boolean = () => false) {
    this.#readers = readers;
    this.#priority = new Map([...topology.processors].map(([name, p]) => [name, topology.priority(p)]));
    this.#workers = workers;
    this.#isTrusted = isTrusted;
  }

  /** Units that run. */
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
   * from the beginning on, and of them those with the greatest priority. A group has one slot.
   */
  take(ready: readonly Unit[]): UnitGroup[] {
    const priority = ({ processor }: Unit): number => this.#priority.get(processor.name) ?? 0;
    const groups: Unit[][] = [];
    const open = new Map<string, { readonly units: Unit[]; records: number }>();
    const most = groupRecords(ready, this.#workers);
    for (const unit of [...ready].sort((a, b) => a.period.first - b.period.first || priority(b) - priority(a))) {
      if (!this.#readers.mayStart(unit)) continue;
      const { name } = unit.processor;
      const { kind } = unit.processor;
      const isSmall = unit.records <= SMALL_RECORDS && (kind === 'link' || kind === 'inject' || this.#isTrusted(name));
      let group = isSmall ? open.get(name) : undefined;
      if (group !== undefined && (group.records + unit.records > (most.get(name) ?? 0) || group.units.length >= GROUP_UNITS))
        group = undefined;
      if (group === undefined) {
        if (!this.#hasRoom(isInjection(unit))) continue;
        group = { units: [], records: 0 };
        groups.push(group.units);
        if (isSmall) open.set(name, group);
        this.#groups++;
        if (isInjection(unit)) this.#injections++;
      }
      group.units.push(unit);
      group.records += unit.records;
      this.#taken.set(unit.key, unit);
      this.#readers.start(unit);
    }
    return groups;
  }

  /** The units of a group do not run any more. */
  free(group: UnitGroup): void {
    this.#groups--;
    if (group.some(isInjection)) this.#injections--;
    for (const unit of group) {
      this.#taken.delete(unit.key);
      this.#readers.stop(unit);
    }
  }

  #hasRoom(forInjection: boolean): boolean {
    return forInjection ? this.#injections < INJECTIONS : this.#groups - this.#injections < 2 * this.#workers + 2;
  }
}

const isInjection = ({ processor }: Unit): boolean => processor.kind === 'inject';

/** How many beans a group of each processor may read: a share of all there are, so that every worker has something to do. */
function groupRecords(ready: readonly Unit[], workers: number): ReadonlyMap<string, number> {
  const records = new Map<string, number>();
  for (const { processor, records: n } of ready) records.set(processor.name, (records.get(processor.name) ?? 0) + n);
  return new Map([...records].map(([name, n]) => [name, Math.min(GROUP_RECORDS, Math.ceil(n / workers))]));
}
