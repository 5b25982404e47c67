import { fail } from '../errors.js';
import { openForWriting } from '../dataset.js';
import { Workshop } from '../workshop.js';
import { LmdbStore } from '../../engine/store/lmdb-store.js';
import { folderOf } from '../dataset.js';
import path from 'node:path';
import { formatCount, formatDuration } from '../terminal/format.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import { datasetOptions, type Invocation } from './program.js';
import { print, printJson, printTable } from './output.js';
import type { Drained, Job } from '../../engine/index.js';

export async function processCommand({ options, signal }: Invocation<{ readonly close?: true }>): Promise<void> {
  const at = datasetOptions(options);
  if (!LmdbStore.exists(path.join(folderOf(at), 'store'))) throw fail('TM_ERR_DATASET_UNKNOWN', `there is no dataset '${at.name}' in ${path.resolve(at.data)}`);
  const dataset = await openForWriting(at);
  const workshop = new Workshop(dataset, options);
  const progress = startProgress({ quiet: options.json === true });
  try {
    const drained = await processWithProgress(workshop, options.close === true, progress, signal);
    progress.stop();
    if (options.json === true) printJson({ succeeded: drained.succeeded, failed: drained.failed, waiting: drained.waiting.length });
    else printJobs(drained);
    refuseFailures(drained);
  } finally {
    progress.stop();
    await workshop.close();
    await dataset.store.close();
  }
}

export async function processWithProgress(workshop: Workshop, close: boolean, progress: Progress, signal: AbortSignal): Promise<Drained> {
  const running = new Map<string, { job: Job; bar: ReturnType<Progress['task']> }>();
  try {
    return await workshop.process({
      close,
      signal,
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

/** One line a processor. */
export function printJobs({ succeeded, failed, waiting }: Drained): void {
  const rows = new Map<string, { jobs: number; failed: number; ms: number; in: number; out: number }>();
  for (const job of [...succeeded, ...failed]) {
    const row = rows.get(job.processor) ?? { jobs: 0, failed: 0, ms: 0, in: 0, out: 0 };
    rows.set(job.processor, row);
    row.jobs++;
    row.failed += job.state === 'succeeded' ? 0 : 1;
    row.ms += (job.finishedAt ?? 0) - (job.startedAt ?? 0);
    row.in += job.counters['records_in'] ?? 0;
    row.out += job.counters['records_out'] ?? 0;
  }
  if (rows.size === 0) print('No job is ready.');
  else {
    printTable(
      [{ title: 'processor' }, ...['jobs', 'failed', 'records in', 'records out', 'time of jobs'].map((title) => ({ title, align: 'right' as const }))],
      [...rows].map(([name, r]) => [name, formatCount(r.jobs), formatCount(r.failed), formatCount(r.in), formatCount(r.out), formatDuration(r.ms)]),
    );
  }
  if (waiting.length > 0) print(`${formatCount(waiting.length)} more wait for their period to close or for a job before them.`);
}

/** Errors: TM_ERR_JOBS_FAILED with the first cause. */
export function refuseFailures({ failed }: Drained): void {
  const [first] = failed;
  if (first === undefined) return;
  throw fail('TM_ERR_JOBS_FAILED', `${failed.length} of the jobs failed, the first ${first.processor} (${first.id}): ${first.error?.message ?? 'no cause'} (${first.error?.code ?? ''})`, {
    data: { jobs: failed.map((j) => j.id) },
  });
}
