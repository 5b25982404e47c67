import path from 'node:path';
import { fail } from './errors.js';
import { deliver, refOf, type RunnerParts } from './job-runner.js';
import { outcomeOf, partName, type Outcome } from './outcome.js';
import { countPartitions, splitIntoShards } from './shard.js';
import { mergeAggregates } from './sums.js';
import { TASKS } from './task-runner.js';
import { countBeans, recordsOf, type Part, type PartFile, type WorkPackage } from './work-package.js';
import type { AggregateType } from './bean.js';
import type { TaskEvent } from './executor/executor.js';
import type { Job } from './job.js';
import type { MapReduce, Processor } from './processor.js';
import type { ManyTask, Shard } from './task/tasks.js';
import type { ProcessorRef } from './task/load-processor.js';

/** What one job of a group reads. */
interface Input {
  readonly job: Job;
  readonly packages: readonly WorkPackage[];
  readonly files: readonly PartFile[];
  readonly counters: Readonly<Record<string, number>>;
}

interface GroupRun extends RunnerParts {
  readonly processor: Processor;
  readonly jobs: readonly Job[];
  readonly signal: AbortSignal;
}

/**
 * Run small jobs of one processor together, to the point where only their commit is left: one task for all of them, and injections
 * at once. Each job's package is what the job would have made alone, with the same beans in the same order. Files lie in the scratch
 * folder of the first job.
 * Errors: those of the task and the sink, TM_ERR_TASK_FAILED where a job is more than one task. The jobs are then to be run alone,
 * which shows whose error it was; what has been delivered changes nothing when it is delivered again.
 */
export async function runGroup(parts: RunnerParts, jobs: readonly Job[], now: () => number, signal: AbortSignal): Promise<Outcome[]> {
  const [first] = jobs;
  if (first === undefined) return [];
  const { store, topology } = parts;
  const processor = topology.processor(first.processor);
  const run = { ...parts, processor, jobs, signal };
  const inputs = jobs.map((job): Input => {
    const packages = job.inputs.map((at) => {
      const found = store.package(at);
      if (found === undefined) throw fail('TM_ERR_PACKAGE_UNKNOWN', `there is no package ${at} any more`);
      return found;
    });
    const counters = { records_in: packages.reduce((n, p) => n + recordsOf(p), 0) };
    return { job, packages, files: packages.flatMap((p) => store.files(p)), counters };
  });
  switch (processor.kind) {
    case 'link':
      return inputs.map((input) => linked(parts, input, now()));
    case 'map':
    case 'mapreduce': {
      const work = processor.kind === 'map' ? undefined : processor.work;
      const made = await runMany(run, inputs, refOf(parts, processor), work);
      return inputs.map(({ job, counters }, i) => {
        const { file, ...part } = made[i] as Made;
        const isEmpty = part.blocks.length === 0;
        const name = partName(0);
        return outcomeOf(
          topology,
          job,
          {
            parts: isEmpty ? [] : [{ ...part, name }],
            files: isEmpty ? [] : [{ name, from: file, how: 'move' }],
            counters: { ...counters, tasks: 1 },
          },
          now(),
        );
      });
    }
    case 'inject':
      return injectAll(run, inputs, now);
  }
}

type Made = Part & { readonly file: string };

/** The part of each input's job; without blocks where a job makes no beans. */
async function runMany(
  run: GroupRun,
  inputs: readonly Pick<Input, 'files'>[],
  processor: ProcessorRef,
  work: MapReduce | undefined,
): Promise<Made[]> {
  const { limits, executor, topology, context, store, jobs, signal } = run;
  const folder = store.scratch(`${jobs[0]?.id}-${jobs[0]?.attempt}`);
  const units = inputs.map(({ files }, i) => ({ shard: onlyShard(run, files, work), file: path.join(folder, String(i)) }));
  const argument: ManyTask = { processor, context, units, how: work === undefined ? 'runRows' : 'runWhole' };
  const parts = await executor.run<Part[]>(
    { module: TASKS, name: 'runMany', argument },
    {
      priority: topology.priority(run.processor),
      timeoutMs: limits.taskTimeoutMs,
      signal,
      label: `${run.processor.name} runMany`,
      onEnd: (event: TaskEvent) => {
        for (const job of jobs) run.onTask?.(job, event);
      },
    },
  );
  return parts.map((part, i) => ({ ...part, file: units[i]?.file ?? '' }));
}

/** Errors: TM_ERR_TASK_FAILED where there are several. */
function onlyShard({ processor, limits }: GroupRun, files: readonly PartFile[], work: MapReduce | undefined): Shard {
  const [shard = { parts: [] }, ...others] = splitIntoShards(files, limits.recordsPerShard * (work?.shardsPerMap ?? 1));
  if (others.length === 0 && (work === undefined || countPartitions(files, work.recordsPerPartition) === 1)) return shard;
  throw fail('TM_ERR_TASK_FAILED', `${processor.name}: a job of the group is more than one task`);
}

function linked({ topology, store }: RunnerParts, { job, packages, counters }: Input, createdAt: number): Outcome {
  const all = packages.flatMap((p) => p.parts.map((part) => ({ part, from: store.file(p, part) })));
  const parts = all.map(({ part }, i) => ({ ...part, name: partName(i) }));
  const files = all.map(({ from }, i) => ({ name: partName(i), from, how: 'link' as const }));
  return outcomeOf(topology, job, { parts, files, counters }, createdAt);
}

async function injectAll(run: GroupRun, inputs: readonly Input[], now: () => number): Promise<Outcome[]> {
  const { processor, topology, signal } = run;
  const types = topology.location(processor.input).holds as readonly AggregateType[];
  const several = inputs.filter(({ packages }) => packages.length > 1);
  const made = several.length === 0 ? [] : await runMany(run, several, { name: processor.name, merge: types }, mergeAggregates(types));
  const merged = new Map(several.map((input, i) => [input, made[i] as Made]));
  signal.throwIfAborted();
  const delivered = await Promise.allSettled(
    inputs.map(async (input) => {
      const { job, packages, files, counters } = input;
      const own = merged.get(input);
      const parts = own === undefined ? files : [own];
      const beans = countBeans(own === undefined ? packages.flatMap((p) => p.parts) : [own]);
      const report = await deliver(run, job, { package: job.output, job, types, parts, beans });
      const tasks = own === undefined ? {} : { tasks: 1 };
      return outcomeOf(topology, job, { parts: [], files: [], counters: { ...counters, ...tasks }, report }, now());
    }),
  );
  return delivered.map((d) => {
    if (d.status === 'rejected') throw d.reason;
    return d.value;
  });
}
