import { openForWriting } from '../dataset.js';
import { checkSources } from '../acquisition/import-files.js';
import { Workshop } from '../workshop.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { visible } from '../terminal/text.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import { datasetOptions, sameDataset, type Common, type WorkInvocation } from './program.js';
import { print, printJson } from './output.js';
import type { ImportReport } from '../acquisition/import-files.js';
import type { Format } from '../import/parse-shard.js';

export interface ImportOptions {
  readonly site: string;
  readonly format: Format | 'auto';
  readonly tz?: string;
  readonly keep: readonly string[];
}

export async function importCommand(
  { options, interruptible, threads }: WorkInvocation<ImportOptions>,
  files: readonly string[],
): Promise<void> {
  await checkSources(files, options.format);
  const dataset = await openForWriting(datasetOptions(options), options.tz);
  const signal = interruptible();
  const workshop = new Workshop(dataset, { threads });
  const progress = startProgress({ quiet: options.json === true });
  try {
    const report = await importWithProgress(workshop, files, options, progress, signal);
    progress.stop();
    if (options.json === true) printJson(plainReport(report));
    else {
      printImport(report, options);
      if (report.packages.length > 0)
        print(`tidemill process${sameDataset(options)} makes the sums, with --close also those of open periods`);
    }
  } finally {
    progress.stop();
    await workshop.close();
    await dataset.store.close();
  }
}

export async function importWithProgress(
  workshop: Workshop,
  files: readonly string[],
  options: ImportOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<ImportReport> {
  const bar = progress.task('import', { unit: 'bytes' });
  try {
    return await workshop.import(files, { ...options, signal, onProgress: (done, total) => bar.update(done, total) });
  } finally {
    bar.end();
  }
}

export function plainReport({ sources, packages, counters }: ImportReport): unknown {
  return { sources, counters, packages: packages.map((p) => p.path) };
}

const SAYS: Readonly<Record<ImportReport['sources'][number]['state'], string>> = {
  new: '',
  grown: ', read from where it ended before',
  known: ': imported before, nothing changes',
  empty: ': empty',
};

export function printImport({ sources, packages, counters }: ImportReport, options: Common): void {
  for (const { name, state, format, bytes } of sources) {
    print(`${visible(name)}${format === undefined || state === 'known' ? '' : ` (${format}, ${formatBytes(bytes)})`}${SAYS[state]}`);
  }
  const n = (key: string): string => formatCount(counters[key] ?? 0);
  if ((counters['read'] ?? 0) === 0) return;
  print(
    `${n('read')} lines read: ${n('accepted')} accepted, ${n('rejected')} rejected, ${n('filtered')} filtered, ${n('duplicate')} duplicate`,
  );
  for (const kind of ['rejected', 'filtered']) {
    const reasons = Object.keys(counters).filter((key) => key.startsWith(`${kind}:`));
    if (reasons.length > 0) print(`  ${kind}: ${reasons.map((key) => `${key.slice(kind.length + 1)} ${n(key)}`).join(', ')}`);
  }
  const withRejects = packages.find((p) => p.rejects !== undefined);
  if (withRejects !== undefined) print(`  tidemill inspect ${withRejects.path} --rejects${sameDataset(options)} shows the rejected lines`);
  if ((counters['unknown_fields'] ?? 0) > 0) print(`  unknown fields dropped: ${n('unknown_fields')}`);
}
