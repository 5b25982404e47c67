import { JobOverview } from './job-overview.js';
import { PackageOverview } from './package-overview.js';
import type { Service, ServiceEvent } from '../../service/contract.js';

/** What the API knows of jobs and packages without reading all of them. */
export interface Overview {
  readonly jobs: JobOverview;
  readonly packages: PackageOverview;
  /** Take in an event. */
  apply(event: ServiceEvent): void;
}

/** Read jobs and packages once. The caller hands on every event from before this call on. */
export function overviewOf({ dataset: { store, topology }, jobs }: Service): Overview {
  const injected = new Set([...topology.processors.values()].filter((p) => p.kind === 'inject').map((p) => p.output));
  const overview = {
    jobs: new JobOverview(store, store.jobs()),
    packages: new PackageOverview(
      [...topology.locations.keys()].flatMap((name) => store.packages(name)),
      (location) => injected.has(location),
    ),
    apply(event: ServiceEvent): void {
      if (event.kind === 'job') overview.jobs.apply(event.job);
      else if (event.kind === 'package') {
        const p = event.change === 'created' ? store.package(event.path) : undefined;
        if (p === undefined) overview.packages.remove(event.path);
        else overview.packages.put(p);
      }
    },
  };
  for (const job of jobs.active()) overview.jobs.apply(job);
  return overview;
}
