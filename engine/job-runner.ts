import path from 'node:path';
import { fail, TidemillError } from './errors.js';
import { outcomeOf, partName, type Outcome } from './outcome.js';
import { Quarantine } from './quarantine.js';
import { countPartitions, halve, sixteenths, splitIntoShards } from './shard.js';
import { mergeAggregates } from './sums.js';
import { isLoss, TaskRunner, type Tries } from './task-runner.js';
import { countBeans, type Part, type PartFile, type WorkPackage } from './work-package.js';
import type { AggregateType } from './bean.js';
import { wallClock, type Executor, type TaskEvent } from './executor/executor.js';
import type { Job } from './job.js';
import type { Context, MapReduce, Processor, Topology } from './processor.js';
import type { LocationStore, StagedFile } from './store/location-store.js';
import type { MapTask, ReduceTask, Shard, Spill, WholeTask } from './task/tasks.js';
import type { ProcessorRef } from './task/load-processor.js';

/** Beans on their way out of the engine, and what they are of. */
export interface Delivery {
  /** The path of the `*injected` package that will hold the report. */
  readonly package: string;
  readonly job: Job;
  readonly types: readonly AggregateType[];
  /** All beans of the period, unique by key. */
  readonly parts: readonly PartFile[];
  readonly beans: Readonly<Record<string, number>>;
}

/** Where injections go. `deliver` may be called again for the same package after a crash and must then change nothing. */
export interface Sink {
  deliver(delivery: Delivery): Promise<unknown>;
}

/** How work is cut and how failures are met. */
export interface Limits extends Tries {
  /** Records of a map task. Results do not depend on it. */
  readonly recordsPerShard: number;
  /** Records that one job may quarantine before it fails. */
  readonly quarantine: number;
}

export const defaultLimits: Limits = { recordsPerShard: 65_536, attempts: 4, taskTimeoutMs: 600_000, losses: 12, quarantine: 100 };

export interface RunnerParts {
  readonly store: LocationStore;
  readonly executor: Executor;
  readonly topology: Topology;
  /** The module that declares a processor. */
  readonly moduleOf: (processor: string) => string;
  /** Whether the batches of a processor are taken as they are; unless it says so, each is checked. */
  readonly isTrusted?: ((processor: string) => boolean) | undefined;
  /** The realm whose threads run a processor (see `Call`). Not said: the executor's own for all. */
  readonly realmOf?: (processor: string) => string | undefined;
  readonly context: Context;
  readonly sink: Sink;
  readonly limits: Limits;
  /** Told of every try of a task of a job, when it has ended. */
  readonly onTask?: (job: Job, task: TaskEvent) => void;
}

/**
 * Run one job to the point where only its commit is left. Errors: those of its tasks, and of the sink.
 * Progress is reported as (tasks done, tasks known).
 */
export async function runJob(
  parts: RunnerParts,
  job: Job,
  now: () => number,
  signal: AbortSignal,
  progress: (done: number, total: number) => void,
): Promise<Outcome> {
  return new JobRun(parts, job, now, signal, progress).run();
}

class JobRun {
  readonly #p: RunnerParts;
  readonly #job: Job;
  readonly #processor: Processor;
  readonly #now: () => number;
  /** Ends the tasks that are under way: the job was cancelled, or one of them has failed for good. */
  readonly #stop = new AbortController();
  readonly #tasks: TaskRunner;
  /** Made with the first file: links and injections mostly have none. */
  #folder: string | undefined;
  readonly #quarantine: Quarantine;
  readonly #counters: Record<string, number> = {};
  #files = 0;

  constructor(parts: RunnerParts, job: Job, now: () => number, signal: AbortSignal, progress: (done: number, total: number) => void) {
    this.#p = parts;
    this.#job = job;
    this.#processor = parts.topology.processor(job.processor);
    this.#now = now;
    const onAbort = (): void => this.#stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
    this.#quarantine = new Quarantine(parts.limits.quarantine);
    this.#tasks = new TaskRunner({
      executor: parts.executor,
      tries: parts.limits,
      processor: job.processor,
      priority: parts.topology.priority(this.#processor),
      realm: this.#processor.kind === 'inject' ? undefined : parts.realmOf?.(job.processor),
      signal: this.#stop.signal,
      onEnd: (event) => parts.onTask?.(job, event),
      count: (name, by) => this.#count(name, by),
      progress,
    });
  }

  async run(): Promise<Outcome> {
    const { store } = this.#p;
    const inputs = this.#job.inputs.map((at) => {
      const found = store.package(at);
      if (found === undefined) throw fail('TM_ERR_PACKAGE_UNKNOWN', `there is no package ${at} any more`);
      return found;
    });
    const files = inputs.flatMap((p) => store.files(p));
    for (const p of inputs) this.#quarantine.learn(p, (part) => store.file(p, part));
    this.#counters['records_in'] = files.reduce((n, f) => n + f.blocks.reduce((m, b) => m + b.records, 0), 0);
    switch (this.#processor.kind) {
      case 'link':
        return this.#outcome(...this.#linked(inputs));
      case 'map':
        return this.#outcome(...this.#staged(await this.#mapRows(files)));
      case 'mapreduce':
        return this.#outcome(...this.#staged(await this.#mapReduce(this.#ref(), this.#processor.work, files)));
      case 'inject':
        return this.#inject(inputs, files);
    }
  }

  #ref(): ProcessorRef {
    return refOf(this.#p, this.#processor);
  }

  #linked(inputs: readonly WorkPackage[]): [Part[], StagedFile[]] {
    const staged = inputs.flatMap((p) => p.parts.map((part) => ({ part, from: this.#p.store.file(p, part) })));
    const parts = staged.map(({ part }, i) => ({ ...part, name: partName(i) }));
    return [parts, staged.map(({ from }, i) => ({ name: partName(i), from, how: 'link' }))];
  }

  #staged(parts: readonly (Part & { file: string })[]): [Part[], StagedFile[]] {
    const kept = parts.filter((p) => p.blocks.length > 0);
    return [
      kept.map(({ bytes, checksum, blocks }, i) => ({ name: partName(i), bytes, checksum, blocks })),
      kept.map(({ file }, i) => ({ name: partName(i), from: file, how: 'move' })),
    ];
  }

  async #mapRows(files: readonly PartFile[]): Promise<(Part & { file: string })[]> {
    const shards = splitIntoShards(files, this.#p.limits.recordsPerShard);
    const parts = await this.#each(shards, (shard) =>
      this.#shardTask(
        shard,
        (own): WholeTask => ({ processor: this.#ref(), context: this.#p.context, file: this.#file(), shard: own }),
        'runRows',
        (task, part: Part) => ({ ...part, file: task.file }),
      ),
    );
    return parts.flat();
  }

  async #mapReduce(processor: ProcessorRef, work: MapReduce, files: readonly PartFile[]): Promise<(Part & { file: string })[]> {
    const { context, limits } = this.#p;
    const partitions = countPartitions(files, work.recordsPerPartition);
    const shards = splitIntoShards(files, limits.recordsPerShard * (work.shardsPerMap ?? 1));
    if (shards.length === 0) return [];
    let hasFailed = false;
    if (shards.length === 1 && partitions === 1) {
      const task: WholeTask = { processor, context, file: this.#file(), shard: shards[0] as Shard };
      try {
        return [{ ...(await this.#tasks.run<Part>('runWhole', task, limits)), file: task.file }];
      } catch (error) {
        if (!this.#tasks.mayBePoison(error)) throw error;
        // Somewhere in it is a record that the processor cannot digest: go the long way, which finds it.
        hasFailed = true;
      }
    }
    if (work.map === undefined && partitions === 1) {
      return this.#finished(processor, work, [
        await this.#reduce({ processor, context, file: this.#file(), inputs: files, step: 'reduce' }),
      ]);
    }
    const spills = (
      await this.#each(shards, (shard) =>
        this.#shardTask(
          shard,
          (own): MapTask => ({ processor, context, file: this.#file(), shard: own, partitions }),
          'runMap',
          (_, spill: Spill) => spill,
          hasFailed,
        ),
      )
    ).flat();
    const reduced = await this.#each(
      Array.from({ length: partitions }, (_, p) => p),
      async (p) => {
        const inputs = spills.map((s) => ({ file: s.file, blocks: s.partitions[p] ?? [] })).filter((f) => f.blocks.length > 0);
        return this.#reduce({ processor, context, file: this.#file(), inputs, step: 'reduce' });
      },
    );
    return this.#finished(processor, work, reduced);
  }

  async #finished(processor: ProcessorRef, work: MapReduce, reduced: (Part & { file: string })[]): Promise<(Part & { file: string })[]> {
    if (work.finish === undefined) return reduced;
    return [await this.#reduce({ processor, context: this.#p.context, file: this.#file(), inputs: reduced, step: 'finish' })];
  }

  async #reduce(task: ReduceTask): Promise<Part & { file: string }> {
    return { ...(await this.#tasks.run<Part>('runReduce', task, this.#p.limits)), file: task.file };
  }

  async #inject(inputs: readonly WorkPackage[], files: readonly PartFile[]): Promise<Outcome> {
    const types = this.#p.topology.location(this.#processor.input).holds as readonly AggregateType[];
    let parts: readonly PartFile[] = files;
    let beans = countBeans(inputs.flatMap((p) => p.parts));
    if (inputs.length > 1) {
      const merged = await this.#mapReduce({ name: this.#processor.name, merge: types }, mergeAggregates(types), files);
      parts = merged;
      beans = countBeans(merged);
    }
    return this.#outcome([], [], await deliver(this.#p, this.#job, { package: this.#job.output, job: this.#job, types, parts, beans }));
  }

  #outcome(parts: readonly Part[], files: readonly StagedFile[], report?: unknown): Outcome {
    const { records: quarantined } = this.#quarantine;
    if (quarantined.length > 0) this.#counters['quarantined'] = quarantined.length;
    const told = quarantined.length > 0 ? { quarantined } : report;
    return outcomeOf(this.#p.topology, this.#job, { parts, files, counters: this.#counters, report: told }, this.#now());
  }

  /**
   * A task over a shard; where it keeps failing, over the shard's pieces, until the record at fault is alone. One piece after
   * the other: where every record is at fault, that is known after a few of them. Halves are the least work on the way to a
   * record that throws; sixteenths are the fewest losses on that to one that has no end.
   */
  async #shardTask<T extends { shard: Shard }, R, O>(
    shard: Shard,
    build: (shard: Shard) => T,
    name: string,
    use: (task: T, result: R) => O,
    isPiece = false,
  ): Promise<O[]> {
    const task = build(shard);
    const halves = halve(shard);
    const { attempts: most } = this.#p.limits;
    const attempts = !isPiece ? most : halves !== undefined ? 1 : Math.min(2, most);
    try {
      return [use(task, await this.#tasks.run<R>(name, task, { attempts, retriesLosses: !isPiece }))];
    } catch (error) {
      if (!this.#tasks.mayBePoison(error)) throw error;
      if (halves === undefined) {
        // A sum that is left out of an injection is a wrong database.
        if (this.#processor.kind === 'inject') throw error;
        this.#quarantine.add(shard, error);
        return [];
      }
      this.#count('shards_halved', 1);
      const made: O[] = [];
      for (const piece of isLoss(error) ? sixteenths(shard) : halves) made.push(...(await this.#shardTask(piece, build, name, use, true)));
      return made;
    }
  }

  /** All results, or the first error; the other calls have ended by then in both cases. */
  async #each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    let failed: { readonly error: unknown } | undefined;
    const settled = await Promise.allSettled(
      items.map(async (item) => {
        try {
          return await work(item);
        } catch (error) {
          failed ??= { error };
          this.#stop.abort(error);
          throw error;
        }
      }),
    );
    return settled.map((s) => {
      if (s.status === 'rejected') throw failed?.error ?? s.reason;
      return s.value;
    });
  }

  #file(): string {
    this.#folder ??= this.#p.store.scratch(`${this.#job.id}-${this.#job.attempt}`);
    return path.join(this.#folder, String(this.#files++));
  }

  #count(name: string, by: number): void {
    this.#counters[name] = (this.#counters[name] ?? 0) + by;
  }
}

/** How a task names a processor, and whether what it returns is checked. */
export function refOf({ moduleOf, isTrusted, topology }: RunnerParts, { name, output }: Processor): ProcessorRef {
  const ref = { module: moduleOf(name), name };
  return isTrusted?.(name) === true ? ref : { ...ref, holds: topology.location(output).holds };
}

/** Hand beans to the sink, and tell of it as of a task. Errors: those of the sink. */
export async function deliver({ sink, onTask }: Pick<RunnerParts, 'sink' | 'onTask'>, job: Job, delivery: Delivery): Promise<unknown> {
  const task = { label: `${job.processor} deliver`, thread: 0, start: wallClock() };
  try {
    const report = await sink.deliver(delivery);
    onTask?.(job, { ...task, end: wallClock() });
    return report;
  } catch (error) {
    const code = error instanceof TidemillError ? error.code : 'TM_ERR_TASK_FAILED';
    onTask?.(job, { ...task, end: wallClock(), error: { code, message: (error as Error).message } });
    throw error;
  }
}
