import { fail } from '../errors.js';
import { openStoreForReading } from '../dataset-folder.js';
import { formatPeriod } from '../../engine/period.js';
import type { Job } from '../../engine/index.js';
import { formatCount, formatDuration, formatTime } from '../terminal/format.js';
import { visible } from '../terminal/text.js';
import { datasetOptions, type Invocation } from './program.js';
import { print, printJson, printTable, withPeriod } from './output.js';

export interface JobsOptions {
  readonly processor?: string;
  readonly state?: Job['state'];
  readonly limit: number;
}

export async function jobs({ options }: Invocation<JobsOptions>, id: string | undefined): Promise<void> {
  const store = await openStoreForReading(datasetOptions(options));
  try {
    if (id !== undefined) {
      const job = store.job(id);
      if (job === undefined) throw fail('TM_ERR_JOB_UNKNOWN', `there is no job ${id}`);
      printJson(withPeriod(job), options.json === true ? undefined : 2);
      return;
    }
    const all = store.jobs();
    const found = all
      .filter(
        (j) =>
          (options.processor === undefined || j.processor === options.processor) &&
          (options.state === undefined || j.state === options.state),
      )
      .reverse();
    const shown = found.slice(0, options.limit);
    if (options.json === true) {
      for (const job of shown) printJson(withPeriod(job));
      return;
    }
    const right = 'right' as const;
    const optional = true as const;
    printTable(
      [
        { title: 'job', whole: true },
        { title: 'processor' },
        { title: 'period', whole: true },
        { title: 'state' },
        { title: 'time', align: right, optional },
        { title: 'records in', align: right, optional },
        { title: 'records out', align: right, optional },
        { title: 'attempt', align: right, optional },
        { title: 'started (UTC)', whole: true, optional },
        { title: 'error', whole: true },
      ],
      shown.map((j) => [
        j.id,
        j.processor,
        formatPeriod(j.period),
        j.state === 'succeeded' && (j.counters['quarantined'] ?? 0) > 0 ? `succeeded, ${j.counters['quarantined']} quarantined` : j.state,
        j.startedAt === undefined || j.finishedAt === undefined ? '' : formatDuration(j.finishedAt - j.startedAt),
        formatCount(j.counters['records_in'] ?? 0),
        formatCount(j.counters['records_out'] ?? 0),
        String(j.attempt),
        j.startedAt === undefined ? '' : formatTime(j.startedAt),
        j.error?.code ?? '',
      ]),
    );
    const processors = [...new Set(all.map((j) => j.processor))].toSorted();
    if (options.processor !== undefined && processors.length > 0 && !processors.includes(options.processor))
      print(`no job is of ${visible(options.processor)}; there are jobs of ${processors.join(', ')}`);
    if (found.length > shown.length) print(`${formatCount(found.length - shown.length)} more; --limit shows more of them`);
  } finally {
    await store.close();
  }
}
