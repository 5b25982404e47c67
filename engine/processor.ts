/*
 * Terminology (seed 004, §3.3): a location holds work packages in a calendar hierarchy; a processor reads the packages of
 * one location, map/reduces them and writes packages to the next; each run of a processor is a job.
 *
 *   package ─ split ─▶ shard ─ map ─▶ batches ─ combine ─▶ partitions ─ spill ─▶ reduce, one a partition ─▶ finish ─▶ part-00000 …
 */
import { checkWay } from './check-ways.js';
import { wrong } from './declared.js';
import { didYouMean } from './nearest.js';
import type { BeanType } from './bean.js';
import type { Batch, Column } from './column.js';
import type { Granularity } from './period.js';

/** How a location arranges its packages (spec §4). */
export type Layout = 'day-time' | 'daily' | 'weekly-by-day' | 'weekly' | 'monthly';

export interface Location {
  readonly name: string;
  readonly layout: Layout;
  /** The types of the beans that its packages hold; empty for a location of injection reports. */
  readonly holds: readonly BeanType[];
}

/** What a task knows besides its data: plain, the same on every attempt. No clock, no paths, no shared state. */
export interface Context {
  readonly params: Readonly<Record<string, unknown>>;
}

/** Beans by the name of their type. `get` puts all rows of a type together, each time that it is called. */
export interface Batches {
  has(type: string): boolean;
  get(type: string): Batch | undefined;
}

/** One block of input to batches of any types. */
export interface MapFunction {
  (batch: Batch, context: Context): readonly Batch[];
  /** The beans that it is made for, with the fields that it reads: the input location has to hold them. Not said: any. */
  readonly reads?: readonly BeanType[];
  /** The types of the batches that it returns, as `reduce` and `finish` may say too. Not said: any. */
  readonly makes?: readonly BeanType[];
}

/**
 * The pure functions of a job. The engine calls them with well-formed batches and never changes what they return.
 * The order of rows is part of the contract: map sees a shard's blocks in the order of the package; reduce sees, for each
 * type, all rows of its partition in the order of shards.
 */
export interface MapReduce {
  /** Without it, reduce gets the input's own rows. */
  readonly map?: MapFunction;
  /**
   * How many shards a map task takes, where it makes fewer rows of more of them: with more than one, map gets all rows of a
   * type in them at once. Default: 1, block by block.
   */
  readonly shardsPerMap?: number;
  /** What map made of one type in a shard to fewer rows that reduce to the same. It is called where that can pay, or not at all. */
  combine?(batch: Batch, context: Context): Batch;
  /** For each type that map makes: the fields whose hash chooses the partition, or a function to columns that do. */
  readonly partitionBy: Readonly<Record<string, readonly string[] | ((batch: Batch) => readonly Column[])>>;
  /** How many input records call for one more partition, as 16 MiB of long ones do; it bounds the memory of a reduce task. */
  readonly recordsPerPartition: number;
  /**
   * All rows of one partition to the beans that are written, each type in its final order. A batch is written before the next
   * is asked for.
   */
  reduce(batches: Batches, context: Context): Iterable<Batch>;
  /** Merge what the partitions' reducers made, where a result needs all of them. Output: as reduce. */
  finish?(batches: Batches, context: Context): Iterable<Batch>;
}

/** A processor whose output rows depend on one input row each: no shuffle. */
export interface MapOnly {
  readonly map: MapFunction;
}

interface Declared {
  readonly name: string;
  /** Names of locations. */
  readonly input: string;
  readonly output: string;
  /** What one job covers: one package, or all packages of a period. */
  readonly covers: 'package' | Granularity;
}

/**
 * link       the output package holds the input's parts, unchanged and not copied
 * inject     the beans go to the sink (the analytics database); where a job has several packages, they are merged by key first
 */
export type Processor = Declared &
  (
    | { readonly kind: 'mapreduce'; readonly work: MapReduce }
    | { readonly kind: 'map'; readonly work: MapOnly }
    | { readonly kind: 'link' }
    | { readonly kind: 'inject' }
  );

/** A set of locations and processors that belong together: what the engine is told of the world. */
export interface Flow {
  readonly locations: readonly Location[];
  readonly processors: readonly Processor[];
}

/** More than there are tables in a location. */
const PRIORITY_STEP = 1024;

/** Check a flow and look things up in it. Errors: TM_ERR_DECLARATION. */
export class Topology {
  readonly locations: ReadonlyMap<string, Location>;
  readonly processors: ReadonlyMap<string, Processor>;

  constructor({ locations, processors }: Flow) {
    this.locations = byName('location', locations);
    this.processors = byName('processor', processors);
    const producers = new Set<string>();
    for (const p of processors) {
      for (const name of [p.input, p.output]) {
        if (!this.locations.has(name)) throw wrong(`${p.name}: there is no location '${name}'${didYouMean(name, this.locations.keys())}`);
      }
      if (producers.has(p.output)) throw wrong(`${p.name}: another processor writes to '${p.output}' already`);
      producers.add(p.output);
    }
    for (const p of processors) {
      checkWay(p, this.location(p.input), this.location(p.output));
      this.#refuseCycle(p);
    }
  }

  location(name: string): Location {
    const l = this.locations.get(name);
    if (l === undefined) throw wrong(`there is no location '${name}'`);
    return l;
  }

  processor(name: string): Processor {
    const p = this.processors.get(name);
    if (p === undefined) throw wrong(`there is no processor '${name}'`);
    return p;
  }

  /** The processor that writes to a location; undefined for raw data. */
  producerOf(location: string): Processor | undefined {
    for (const p of this.processors.values()) if (p.output === location) return p;
    return undefined;
  }

  consumersOf(location: string): Processor[] {
    return [...this.processors.values()].filter((p) => p.input === location);
  }

  beanType(location: string, name: string): BeanType {
    const type = this.location(location).holds.find((t) => t.name === name);
    if (type === undefined) throw wrong(`'${location}' holds no beans of type ${name}`);
    return type;
  }

  /**
   * Greater for the processor that goes first of several that could: the one with the longer way to the end, of equal ones that
   * which gives the sink more to do, so that this is taken in while others still work. That is the one whose beans fill more
   * tables, and stand fewer steps from raw data, since each step makes rows fewer.
   */
  priority(p: Processor): number {
    const tables = this.consumersOf(p.output).some((next) => next.kind === 'inject') ? this.location(p.output).holds.length : 0;
    return this.#stepsAfter(p) * PRIORITY_STEP + tables / (1 + this.stepsBefore(p));
  }

  /** How many processors there are from raw data to this one. */
  stepsBefore(p: Processor): number {
    const before = this.producerOf(p.input);
    return before === undefined ? 0 : 1 + this.stepsBefore(before);
  }

  #stepsAfter(p: Processor): number {
    return Math.max(0, ...this.consumersOf(p.output).map((next) => 1 + this.#stepsAfter(next)));
  }

  #refuseCycle(start: Processor): void {
    const seen = new Set<string>();
    for (let p: Processor | undefined = start; p !== undefined; p = this.producerOf(p.input)) {
      if (seen.has(p.name)) throw wrong(`${p.name} reads what comes of its own output`);
      seen.add(p.name);
    }
  }
}

function byName<T extends { readonly name: string }>(what: string, list: readonly T[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of list) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(item.name)) throw wrong(`'${item.name}' is not a name for a ${what}`);
    if (map.has(item.name)) throw wrong(`two ${what}s are called '${item.name}'`);
    map.set(item.name, item);
  }
  return map;
}
