/**
 * A service with live sums, without its API and its sensor: takes files one after the other, and after each runs every job that is
 * due, those of periods that have not ended too. One coordinator and one database for all of it, as `tidemill serve` has them.
 * Prints what each file took, as JSON.
 *
 *   node dist/bench/peers/live-sums.js DATA WORKERS FILE…
 */
import { importFiles } from '../../server/acquisition/import-files.js';
import { Coordinator } from '../../engine/index.js';
import { openForWriting } from '../../server/dataset.js';
import { tableTypes } from '../../server/declarations.js';
import { DatabaseSink } from '../../server/injection/database-sink.js';
import { databaseShare } from '../../server/memory.js';
import { startThreads } from '../../server/threads.js';
import { flowOf, parserOf } from '../../server/workshop.js';

/** What is printed: how many lines were taken, and the time of each file. */
export interface LiveSums {
  readonly accepted: number;
  readonly ms: readonly number[];
}

const [data = '', workers = '', ...files] = process.argv.slice(2);
const dataset = await openForWriting({ data, name: 'analytics', environment: {} });
const executor = startThreads(Number(workers));
const { database, memory, topology } = dataset;
const sink = await DatabaseSink.open({ database, memory: databaseShare(memory), types: tableTypes(topology) });
const coordinator = new Coordinator({ ...flowOf(dataset), executor, sink, clock: Date.now });
const ms: number[] = [];
let accepted = 0;
for (const file of files) {
  const start = performance.now();
  const now = Date.now();
  const options = { format: 'impressions', parser: parserOf(dataset, now, 'default', []) } as const;
  const { packages, counters } = await importFiles([file], dataset.store, executor, now, options);
  coordinator.learn(packages);
  const { failed, waiting } = await coordinator.drain(() => true);
  if (failed.length + waiting.length > 0)
    throw new Error(`${failed.length} jobs failed, ${waiting.length} wait: ${JSON.stringify(failed[0]?.error)}`);
  accepted += counters['accepted'] ?? 0;
  ms.push(performance.now() - start);
}
await sink.close();
await executor.close();
await dataset.store.close();
const sums: LiveSums = { accepted, ms };
console.log(JSON.stringify(sums));
