import { fail } from '../errors.js';
import { openForWriting } from '../dataset.js';
import { Workshop } from '../workshop.js';
import { existingFolder } from '../dataset-folder.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import { datasetOptions, type WorkInvocation } from './program.js';
import { profileOf, type ProfileOption } from './profile.js';
import { print, printJson, printTable, withPeriod } from './output.js';
import type { Drained, Job } from '../../engine/index.js';

export async function processCommand({
  options,
  interruptible,
  threads,
}: WorkInvocation<{ readonly close?: true } & ProfileOption>): Promise<void> {
  const at = datasetOptions(options);
  existingFolder(at);
  const dataset = await openForWriting(at);
  const signal = interruptible();
  const profile = profileOf(options);
  const workshop = new Workshop(dataset, { threads, onTask: profile?.onTask });
  const progress = startProgress({ quiet: options.json === true });
  try {
    const drained = await processWithProgress(workshop, options.close === true, progress, signal);
    progress.stop();
    profile?.write('tidemill process');
    if (options.json === true)
      printJson({ processors: byProcessor(drained, workshop.busy), failed: drained.failed.map(withPeriod), ...leftOf(drained) });
    else printJobs(drained, workshop.busy);
    refuseFailures(drained);
  } finally {
    progress.stop();
    await workshop.close();
    await dataset.store.close();
  }
}

/** `onDrained` as that of `Workshop.process`. */
export async function processWithProgress(
  workshop: Workshop,
  close: Parameters<Workshop['process']>[0]['close'],
  progress: Progress,
  signal: AbortSignal,
  onDrained?: Parameters<Workshop['process']>[0]['onDrained'],
): Promise<Drained> {
  const running = new Map<string, { job: Job; bar: ReturnType<Progress['task']> }>();
  try {
    return await workshop.process({
      close,
      signal,
      onDrained,
      onJob: (job) => {
        const shown = running.get(job.id);
        if (job.state === 'running') {
          const bar = shown?.bar ?? progress.task(job.processor, { unit: 'tasks' });
          running.set(job.id, { job, bar });
          if (job.progress.total > 0) bar.update(job.progress.done, job.progress.total);
        } else if (shown !== undefined && job.state !== 'scheduled') {
          shown.bar.end();
          running.delete(job.id);
        }
      },
    });
  } finally {
    for (const { bar } of running.values()) bar.end();
  }
}

/** What the jobs of one processor came to. */
export interface ProcessorSummary {
  readonly processor: string;
  jobs: number;
  failed: number;
  /** Records that it could not digest, set aside with their reasons. */
  quarantined: number;
  recordsIn: number;
  recordsOut: number;
  /** Time that threads spent on its tasks; an injection's is that of the database's thread. */
  readonly busyMs: number;
}

export function byProcessor({ succeeded, failed }: Drained, busy: ReadonlyMap<string, number>): ProcessorSummary[] {
  const rows = new Map<string, ProcessorSummary>();
  for (const { processor, state, counters } of [...succeeded, ...failed]) {
    const row = rows.get(processor) ?? {
      processor,
      jobs: 0,
      failed: 0,
      quarantined: 0,
      recordsIn: 0,
      recordsOut: 0,
      busyMs: Math.round(busy.get(processor) ?? 0),
    };
    rows.set(processor, row);
    row.jobs++;
    row.failed += state === 'succeeded' ? 0 : 1;
    row.quarantined += counters['quarantined'] ?? 0;
    row.recordsIn += counters['records_in'] ?? 0;
    row.recordsOut += counters['records_out'] ?? 0;
  }
  return [...rows.values()];
}

/** One line a processor. */
export function printJobs(drained: Drained, busy: ReadonlyMap<string, number>): void {
  const rows = byProcessor(drained, busy);
  const { waiting, purged } = leftOf(drained);
  if (rows.length === 0) print(waiting + purged === 0 ? 'Nothing to do: all that was imported is processed.' : 'No job is ready.');
  else {
    printTable(
      [
        { title: 'processor' },
        ...['jobs', 'failed', 'records in', 'records out', 'busy'].map((title) => ({ title, align: 'right' as const })),
      ],
      rows.map((r) => [
        r.processor,
        formatCount(r.jobs),
        formatCount(r.failed),
        formatCount(r.recordsIn),
        formatCount(r.recordsOut),
        formatDuration(r.busyMs),
      ]),
    );
  }
  for (const { processor, quarantined } of rows) {
    if (quarantined > 0)
      print(`${processor} set ${formatCount(quarantined)} records aside; tidemill jobs --processor ${processor} tells in which jobs.`);
  }
  if (waiting > 0) print(`${formatCount(waiting)} more wait for their period to close or for a job before them.`);
  if (purged > 0) print(`${formatCount(purged)} more would take what came late to beans that were purged, and are left as they are.`);
}

/** How many units wait, and how many wait for ever; those that failed are due still, and are counted as failed. */
function leftOf({ failed, waiting }: Drained): { readonly waiting: number; readonly purged: number } {
  const purged = waiting.filter((unit) => unit.purged !== undefined).length;
  return { waiting: Math.max(0, waiting.length - purged - failed.length), purged };
}

/** Errors: TM_ERR_JOBS_FAILED with the first cause. */
export function refuseFailures({ failed }: Drained): void {
  const [first] = failed;
  if (first === undefined) return;
  throw fail(
    'TM_ERR_JOBS_FAILED',
    `${failed.length} of the jobs failed, the first ${first.processor} (${first.id}): ${first.error?.message ?? 'no cause'} (${first.error?.code ?? ''})`,
    {
      data: { jobs: failed.map((j) => j.id) },
    },
  );
}
