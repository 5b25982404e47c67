import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fail } from '../errors.js';
import { openForReading, type Dataset } from '../dataset.js';
import { openDatabaseForReading, type DatabaseReader } from '../database/open-database.js';
import { databaseShare } from '../memory.js';
import { isPostgres } from '../database/url.js';
import { verify as verifyAll } from '../verification/verify.js';
import { PoolExecutor } from '../../engine/executor/pool-executor.js';
import { checkVisitorKey } from '../visitor-key.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { visible } from '../terminal/text.js';
import { startProgress } from '../terminal/progress.js';
import { datasetOptions, type Invocation } from './program.js';
import { print, printJson } from './output.js';

export async function verify({ options }: Invocation<object>): Promise<void> {
  const dataset = await openForReading(datasetOptions(options));
  const executor = new PoolExecutor(options.workers ?? availableParallelism());
  const progress = startProgress({ quiet: options.json === true });
  const isFile = !isPostgres(dataset.database);
  let database: DatabaseReader | undefined;
  try {
    await checkVisitorKey(dataset.folder, dataset.store);
    if (isFile && !existsSync(dataset.database)) refuseLost(dataset);
    else database = await openDatabaseForReading(dataset.database, { memory: databaseShare(dataset.memory) });
    const bar = progress.task('verify', { unit: 'parts' });
    const v = await verifyAll(dataset.store, dataset.topology, executor, database, (done, total) => bar.update(done, total));
    progress.stop();
    if (options.json === true) printJson({ ok: true, ...v });
    else {
      print(`${formatCount(v.packages)} packages, ${formatCount(v.parts)} parts (${formatBytes(v.bytes)}): every checksum is right.`);
      print(
        `${formatCount(v.checks)} counts agree, from raw lines to ${database === undefined ? 'the sums; there is no database yet' : 'the database'}.`,
      );
      if (v.stale > 0) print(`${formatCount(v.stale)} packages wait to be made again from later data.`);
      if (v.unknown.length > 0)
        print(
          `${formatCount(v.unknown.length)} files in the store are of no package, as ${visible(v.unknown[0] ?? '')}; they are left alone.`,
        );
      if (v.due > 0) print(`${formatCount(v.due)} jobs are due; tidemill process runs those whose period is over.`);
    }
  } finally {
    progress.stop();
    await database?.close();
    await executor.close();
    await dataset.store.close();
  }
}

/** Without a database nothing may say that it was filled. */
function refuseLost({ store, topology, database }: Dataset): void {
  const [injected] = [...topology.processors.values()].filter((p) => p.kind === 'inject').flatMap((p) => store.packages(p.output));
  if (injected === undefined) return;
  throw fail(
    'TM_ERR_VERIFY',
    `${injected.path} was injected into a database, but ${database} is not there; tidemill process makes it again`,
  );
}
