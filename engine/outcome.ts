import { fail } from './errors.js';
import type { Job } from './job.js';
import type { Topology } from './processor.js';
import type { StagedFile } from './store/location-store.js';
import { countBeans, type Part, type WorkPackage } from './work-package.js';

/** What a job made: the package to commit, with its files. */
export interface Outcome {
  readonly package: WorkPackage;
  readonly files: readonly StagedFile[];
  readonly counters: Readonly<Record<string, number>>;
}

/** What is said of a job's package beside its parts. */
export interface Made {
  readonly parts: readonly Part[];
  readonly files: readonly StagedFile[];
  /** All but `records_out`, which is counted here. */
  readonly counters: Readonly<Record<string, number>>;
  readonly report?: unknown;
}

/** Errors: TM_ERR_DECLARATION where the parts hold beans that are not for the location. */
export function outcomeOf(topology: Topology, job: Job, made: Made, createdAt: number): Outcome {
  const { output, id, processor, period, inputs } = job;
  const { parts, files, report } = made;
  const beans = countBeans(parts);
  const counters = { ...made.counters, records_out: Object.values(beans).reduce((n, m) => n + m, 0) };
  const { name, holds } = topology.location(topology.processor(processor).output);
  const strange = Object.keys(beans).find((type) => !holds.some((t) => t.name === type));
  if (strange !== undefined) throw fail('TM_ERR_DECLARATION', `${processor} made beans of type ${strange}, which '${name}' does not hold`);
  return {
    package: {
      path: output,
      location: name,
      period,
      state: 'complete',
      createdAt,
      processor,
      job: id,
      inputs,
      parts,
      beans,
      counters,
      ...(report === undefined ? {} : { report }),
    },
    files,
    counters,
  };
}

/** The name of a package's n-th part. */
export function partName(i: number): string {
  return `part-${String(i).padStart(5, '0')}`;
}
