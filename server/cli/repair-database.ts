import { openForWriting } from '../dataset.js';
import { existingFolder } from '../dataset-folder.js';
import { setDatabaseAside } from '../injection/rebuild-database.js';
import { formatCount } from '../terminal/format.js';
import { startProgress } from '../terminal/progress.js';
import { visible } from '../terminal/text.js';
import { purgedInjections, Workshop } from '../workshop.js';
import { print, printJson, withPeriod } from './output.js';
import { byProcessor, printJobs, processWithProgress, refuseFailures } from './process.js';
import { datasetOptions, type WorkInvocation } from './program.js';

/** Make the sums of a damaged DuckDB file again, from the store. Errors: TM_ERR_USAGE for PostgreSQL, TM_ERR_JOBS_FAILED. */
export async function repairDatabase({ options, interruptible, threads }: WorkInvocation<object>): Promise<void> {
  const at = datasetOptions(options);
  existingFolder(at);
  const dataset = await openForWriting(at);
  const signal = interruptible();
  const workshop = new Workshop(dataset, { threads });
  const progress = startProgress({ quiet: options.json === true });
  try {
    const aside = await setDatabaseAside(dataset.database);
    const drained = await processWithProgress(workshop, 'lost', progress, signal);
    progress.stop();
    const purged = purgedInjections(dataset).length;
    if (options.json === true) {
      const processors = byProcessor(drained, workshop.busy);
      printJson({ database: dataset.database, aside: aside ?? null, processors, failed: drained.failed.map(withPeriod), purged });
    } else {
      if (aside !== undefined) print(`The file that was there is now ${visible(aside)}`);
      printJobs(drained, workshop.busy);
      if (purged > 0) print(`The sums of ${formatCount(purged)} injections cannot be made again: retention has purged their beans.`);
      print(`The sums are in ${visible(dataset.database)}`);
    }
    refuseFailures(drained);
  } finally {
    progress.stop();
    await workshop.close();
    await dataset.store.close();
  }
}
