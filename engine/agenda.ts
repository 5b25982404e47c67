import { periodOf, type Period } from './period.js';
import { byPath } from './catalogue.js';
import { recordsOf, type WorkPackage } from './work-package.js';
import type { Processor, Topology } from './processor.js';

/** What one job would do: a processor, the period it covers, and the packages it reads, in the order of their paths. */
export interface Unit {
  /** See `unitKey`. */
  readonly key: string;
  readonly processor: Processor;
  readonly period: Period;
  readonly inputs: readonly string[];
  /** Beans that it reads. */
  readonly records: number;
  /** Paths of the packages that its output replaces. */
  readonly supersedes: readonly string[];
  /** Path of the first input whose beans were purged: what was made of them stays, and cannot be made again. */
  readonly purged?: string;
  /** Set where it is to run though its output is current; the number sets the new output apart from the old. */
  readonly again?: number;
}

/** The packages that one unit is of. */
export interface Group {
  readonly period: Period;
  /** In the order of paths. */
  readonly inputs: WorkPackage[];
  readonly made: WorkPackage[];
}

/** The work of one processor. */
export interface Lane {
  readonly processor: Processor;
  readonly isRaw: boolean;
  readonly groups: Map<string, Group>;
  /** By key: the units of `groups` whose output is missing or stale, in the order in which they became so. */
  readonly due: Map<string, Unit>;
}

/**
 * The units of every processor, and which of them are due, kept up with the changes of packages: a change costs what it
 * touches, and looking costs what is due, however many packages there are.
 */
export class Agenda {
  /** In the order of the flow: a processor comes after those before it. */
  readonly lanes: readonly Lane[];
  readonly #again = new Map<string, number>();

  constructor(topology: Topology, packages: (location: string) => readonly WorkPackage[], again: Iterable<readonly [string, number]> = []) {
    for (const [key, n] of again) this.#again.set(key, n);
    this.lanes = inFlowOrder(topology).map((processor) => ({
      processor,
      isRaw: topology.producerOf(processor.input) === undefined,
      groups: new Map(),
      due: new Map(),
    }));
    for (const lane of this.lanes) {
      const { input, output } = lane.processor;
      const touched = new Set<string>();
      for (const p of packages(output)) this.#addMade(lane, p, touched);
      for (const p of packages(input)) this.#addInput(lane, p, touched);
      // Those that have inputs, in the order of these: what was made only, of packages that are no more, is never due.
      for (const key of [...lane.groups.keys()].sort((a, b) => first(lane, a) - first(lane, b))) this.#settle(lane, key);
    }
  }

  /** Take in a change; `removed` are the packages as they were. */
  apply(created: readonly WorkPackage[], removed: readonly WorkPackage[]): void {
    for (const lane of this.lanes) {
      const { input, output } = lane.processor;
      const touched = new Set<string>();
      for (const p of removed) {
        if (p.location === input) this.#drop(lane, inputKey(lane, p), 'inputs', p, touched);
        if (p.location === output) this.#drop(lane, madeKey(lane, p), 'made', p, touched);
      }
      for (const p of created) {
        if (p.location === output) this.#addMade(lane, p, touched);
        if (p.location === input) this.#addInput(lane, p, touched);
      }
      for (const key of touched) this.#settle(lane, key);
    }
  }

  /** Whether a unit is due. */
  isDue({ processor, key }: Pick<Unit, 'processor' | 'key'>): boolean {
    return this.#lane(processor.name)?.due.has(key) ?? false;
  }

  /** Every unit of a processor that has inputs, due or not. */
  units(processor: string): Unit[] {
    const lane = this.#lane(processor);
    return lane === undefined ? [] : [...lane.groups].flatMap(([key, g]) => (g.inputs.length === 0 ? [] : [this.#unit(lane, key, g)]));
  }

  unit(processor: string, key: string): Unit | undefined {
    const lane = this.#lane(processor);
    const group = lane?.groups.get(key);
    return lane === undefined || group === undefined || group.inputs.length === 0 ? undefined : this.#unit(lane, key, group);
  }

  /** The unit of a processor that reads a package. */
  unitReading(processor: string, p: WorkPackage): Unit | undefined {
    const lane = this.#lane(processor);
    const unit = lane && this.unit(processor, inputKey(lane, p));
    return unit?.inputs.includes(p.path) === true ? unit : undefined;
  }

  /** Make a unit due though its output is current, or no longer (`n` undefined). */
  ask({ processor, key }: Pick<Unit, 'processor' | 'key'>, n: number | undefined): void {
    if (n === undefined) this.#again.delete(key);
    else this.#again.set(key, n);
    const lane = this.#lane(processor.name);
    if (lane !== undefined) this.#settle(lane, key);
  }

  #lane(processor: string): Lane | undefined {
    return this.lanes.find((l) => l.processor.name === processor);
  }

  #addMade(lane: Lane, p: WorkPackage, touched: Set<string>): void {
    const key = madeKey(lane, p);
    let group = lane.groups.get(key);
    if (group === undefined) lane.groups.set(key, (group = { period: p.period, inputs: [], made: [] }));
    group.made.push(p);
    touched.add(key);
  }

  #addInput(lane: Lane, p: WorkPackage, touched: Set<string>): void {
    if (lane.isRaw && recordsOf(p) === 0) return;
    const key = inputKey(lane, p);
    let group = lane.groups.get(key);
    if (group === undefined) lane.groups.set(key, (group = { period: periodFor(lane.processor, p.period), inputs: [], made: [] }));
    const { inputs } = group;
    const last = inputs.at(-1);
    inputs.push(p);
    if (last !== undefined && last.path > p.path) inputs.sort(byPath);
    touched.add(key);
  }

  #drop(lane: Lane, key: string, from: 'inputs' | 'made', p: WorkPackage, touched: Set<string>): void {
    const list = lane.groups.get(key)?.[from];
    const at = list?.findIndex((other) => other.path === p.path) ?? -1;
    if (list === undefined || at < 0) return;
    list.splice(at, 1);
    touched.add(key);
  }

  /** Find out anew whether a unit is due. */
  #settle(lane: Lane, key: string): void {
    const group = lane.groups.get(key);
    if (group !== undefined && group.inputs.length + group.made.length === 0) lane.groups.delete(key);
    if (group === undefined || group.inputs.length === 0) {
      lane.due.delete(key);
      return;
    }
    const { inputs, made } = group;
    const isCurrent = made.some((p) => p.inputs.length === inputs.length && p.inputs.every((at, i) => at === inputs[i]?.path));
    if (isCurrent && !this.#again.has(key)) lane.due.delete(key);
    else lane.due.set(key, this.#unit(lane, key, group));
  }

  #unit({ processor }: Lane, key: string, { period, inputs, made }: Group): Unit {
    const purged = inputs.find((p) => p.state === 'purged')?.path;
    const again = this.#again.get(key);
    return {
      key,
      processor,
      period,
      inputs: inputs.map((p) => p.path),
      records: inputs.reduce((n, p) => n + recordsOf(p), 0),
      supersedes: made.map((p) => p.path),
      ...(purged === undefined ? {} : { purged }),
      ...(again === undefined ? {} : { again }),
    };
  }
}

/** Equal for two units, or jobs, exactly when they would write the same package's place. */
export function unitKey(processor: Processor, period: Period, inputs: readonly string[]): string {
  return `${processor.name} ${processor.covers === 'package' ? (inputs[0] ?? '') : period.first}`;
}

function inputKey({ processor }: Lane, p: WorkPackage): string {
  return unitKey(processor, periodFor(processor, p.period), [p.path]);
}

function madeKey({ processor }: Lane, p: WorkPackage): string {
  return unitKey(processor, p.period, p.inputs);
}

function periodFor(processor: Processor, period: Period): Period {
  return processor.covers === 'package' ? period : periodOf(processor.covers, period.first);
}

function inFlowOrder(topology: Topology): Processor[] {
  return [...topology.processors.values()].sort((a, b) => topology.stepsBefore(a) - topology.stepsBefore(b));
}

/** Where a group stands among those of its lane, by its period. */
function first(lane: Lane, key: string): number {
  return lane.groups.get(key)?.period.first ?? 0;
}
