import { endOf, periodOf, type Day, type Period } from './period.js';
import { recordsOf, type WorkPackage } from './work-package.js';
import type { Processor, Topology } from './processor.js';

/** What one job would do: a processor, the period it covers, and the packages it reads, in the order of their paths. */
export interface Unit {
  /** See `unitKey`. */
  readonly key: string;
  readonly processor: Processor;
  readonly period: Period;
  readonly inputs: readonly string[];
  /** Paths of the packages that its output replaces. */
  readonly supersedes: readonly string[];
}

export interface World {
  /** The packages of a location, in the order of their paths. */
  packages(location: string): readonly WorkPackage[];
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
 * are through. A job that covers one package needs neither.
 */
export function readiness(topology: Topology, world: World): Readiness {
  const ready: Unit[] = [];
  const waiting: Unit[] = [];
  const unsettled = new Map<string, Set<Day>>();
  for (const processor of inFlowOrder(topology)) {
    const before = unsettled.get(processor.input) ?? new Set<Day>();
    const after = new Set(before);
    unsettled.set(processor.output, after);
    for (const unit of dueUnits(processor, topology, world)) {
      const days = daysOf(unit.period);
      for (const day of days) after.add(day);
      const open = processor.covers !== 'package' && (!world.closed(unit.period) || days.some((day) => before.has(day)));
      (open || world.held(unit) ? waiting : ready).push(unit);
    }
  }
  return { ready, waiting };
}

/** The units of a processor whose output is missing or stale. */
function dueUnits(processor: Processor, topology: Topology, world: World): Unit[] {
  const raw = topology.producerOf(processor.input) === undefined;
  const inputs = world.packages(processor.input).filter((p) => !raw || recordsOf(p) > 0);
  const made = new Map<string, WorkPackage[]>();
  for (const p of world.packages(processor.output)) push(made, unitKey(processor, p.period, p.inputs), p);
  const groups = new Map<string, WorkPackage[]>();
  for (const p of inputs) push(groups, unitKey(processor, periodFor(processor, p.period), [p.path]), p);
  const due: Unit[] = [];
  for (const [key, packages] of groups) {
    const paths = packages.map((p) => p.path);
    const old = made.get(key) ?? [];
    if (old.some((p) => p.inputs.length === paths.length && p.inputs.every((input, i) => input === paths[i]))) continue;
    due.push({
      key,
      processor,
      period: periodFor(processor, (packages[0] as WorkPackage).period),
      inputs: paths,
      supersedes: old.map((p) => p.path),
    });
  }
  return due;
}

/** Equal for two units, or jobs, exactly when they would write the same package's place. */
export function unitKey(processor: Processor, period: Period, inputs: readonly string[]): string {
  return `${processor.name} ${processor.covers === 'package' ? (inputs[0] ?? '') : period.first}`;
}

function periodFor(processor: Processor, period: Period): Period {
  return processor.covers === 'package' ? period : periodOf(processor.covers, period.first);
}

function daysOf(period: Period): Day[] {
  return Array.from({ length: endOf(period) - period.first }, (_, i) => period.first + i);
}

function inFlowOrder(topology: Topology): Processor[] {
  return [...topology.processors.values()].sort((a, b) => distance(topology, a) - distance(topology, b));
}

/** How many processors there are before this one. */
function distance(topology: Topology, p: Processor): number {
  const before = topology.producerOf(p.input);
  return before === undefined ? 0 : 1 + distance(topology, before);
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
