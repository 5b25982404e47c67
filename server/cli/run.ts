import { openForWriting } from '../dataset.js';
import { checkSources } from '../acquisition/import-files.js';
import { Workshop } from '../workshop.js';
import { formatCount, formatDuration, formatRate } from '../terminal/format.js';
import { visible } from '../terminal/text.js';
import { startProgress } from '../terminal/progress.js';
import { datasetOptions, type WorkInvocation } from './program.js';
import { importWithProgress, plainReport, printImport, type ImportOptions } from './import.js';
import { profileOf, type ProfileOption } from './profile.js';
import { byProcessor, printJobs, processWithProgress, refuseFailures } from './process.js';
import { print, printJson, printTable, withoutPassword, withPeriod } from './output.js';
import { TidemillError } from '../../engine/errors.js';
import type { Row } from '../database/database.js';
import type { DatabaseSink } from '../injection/database-sink.js';

/** The main job: import, process with every period closed, and a summary. */
export async function run(
  { options, interruptible, threads }: WorkInvocation<ImportOptions & ProfileOption>,
  files: readonly string[],
): Promise<void> {
  await checkSources(files, options.format);
  const started = performance.now();
  const dataset = await openForWriting(datasetOptions(options), options.tz);
  const signal = interruptible();
  const profile = profileOf(options);
  const workshop = new Workshop(dataset, { threads, onTask: profile?.onTask });
  const progress = startProgress({ quiet: options.json === true });
  try {
    workshop.openDatabase();
    const report = await importWithProgress(workshop, files, options, progress, signal);
    const imported = performance.now();
    let tops: Awaited<ReturnType<typeof topsOf>> = [];
    const drained = await processWithProgress(workshop, true, progress, signal, async (database) => {
      if (options.json !== true) tops = await topsOf(database);
    });
    progress.stop();
    const ended = performance.now();
    profile?.write(`tidemill run ${files.join(' ')}`);
    const lines = report.counters['read'] ?? 0;
    if (options.json === true) {
      printJson({
        import: plainReport(report),
        processors: byProcessor(drained, workshop.busy),
        failed: drained.failed.map(withPeriod),
        ms: { import: Math.round(imported - started), process: Math.round(ended - imported), total: Math.round(ended - started) },
        database: withoutPassword(dataset.database),
      });
    } else {
      printImport(report, options);
      print();
      printJobs(drained, workshop.busy);
      print();
      const rate = lines === 0 ? '' : `: ${formatCount(lines)} lines, ${formatRate(lines, ended - started)}`;
      if (options.profile !== undefined) print(`The timeline is in ${visible(options.profile)}`);
      print(
        `Import ${formatDuration(imported - started)}, processors ${formatDuration(ended - imported)}, all ${formatDuration(ended - started)}${rate}`,
      );
      if (tops instanceof TidemillError) print(`\nThe tops cannot be shown: ${visible(tops.message)}`);
      else printTops(tops);
      print(`\nThe sums are in ${visible(withoutPassword(dataset.database))}`);
    }
    refuseFailures(drained);
  } finally {
    progress.stop();
    await workshop.close();
    await dataset.store.close();
  }
}

const TOPS = [
  { title: 'Top objects', table: 'l3_object', by: 'views', label: 'object' },
  { title: 'Top entry pages', table: 'l3_sessionentry', by: 'sessions', label: 'object' },
  { title: 'Top countries', table: 'l3_country', by: 'sessions', label: 'country' },
] as const;

/** The rows of each of TOPS, or why they cannot be told: what was to be done is done. */
async function topsOf(database: Pick<DatabaseSink, 'top'>): Promise<readonly (readonly Row[])[] | TidemillError> {
  try {
    return await Promise.all(TOPS.map(({ table, by }) => database.top({ table, by, n: 5, filter: { granularity: 'day' } })));
  } catch (error) {
    if (error instanceof TidemillError) return error;
    throw error;
  }
}

function printTops(tops: readonly (readonly Row[])[]): void {
  for (const [i, { title, by, label }] of TOPS.entries()) {
    const rows = tops[i] ?? [];
    if (rows.length === 0) continue;
    print(`\n${title}`);
    printTable(
      [{ title: label }, { title: 'site' }, { title: by, align: 'right' }],
      rows.map((r) => [String(r[label]) || '(unknown)', String(r['site']), formatCount(Number(r[by]))]),
    );
  }
}
