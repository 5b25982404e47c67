/* The thread that owns the analytics database: reading blocks and filling its rows must not hold up the coordinator. */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../database/open-database.js';
import { fail } from '../errors.js';
import { formatDay, readPart, TidemillError, type AggregateType, type Batch, type Delivery } from '../../engine/index.js';
import type { WriterAnswer, WriterRequest, WriterStart, WriterStarted } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('this module is a worker thread');
const { database: url, types } = workerData as WriterStart;

function answer(id: number, work: Promise<unknown>): Promise<void> {
  const start = performance.timeOrigin + performance.now();
  return work.then(
    (report) => port?.postMessage({ id, report, time: [start, performance.timeOrigin + performance.now()] } satisfies WriterAnswer),
    (cause: unknown) => {
      const e = cause instanceof TidemillError ? cause : fail('TM_ERR_DATABASE_FAILED', (cause as Error).message, { cause });
      const { code, message, retryable, exitCode, data } = e;
      port?.postMessage({ id, error: { code, message, retryable, exitCode, data } } satisfies WriterAnswer);
    },
  );
}

const opening = openDatabase(url).then(async (database) => {
  await database.migrate(types);
  return database;
});
let last = answer(
  0,
  opening.then(async (database) => (await database.ledger()).map((row) => row.package) satisfies WriterStarted),
);

port.on('message', (message: WriterRequest | 'close') => {
  if (message === 'close') {
    void opening
      .then((database) => database.close())
      .catch(() => undefined)
      .finally(() => port.close());
  } else
    last = last.then(() =>
      answer(
        message.id,
        opening.then((database) => database.inject(injectionOf(message.delivery))),
      ),
    );
});

function injectionOf({ package: at, job, types: all, parts }: Delivery) {
  return {
    package: at,
    processor: job.processor,
    job: job.id,
    granularity: job.period.granularity,
    period: formatDay(job.period.first),
    injectedAt: job.startedAt ?? job.createdAt,
    tables: all.map((type) => ({ type, batches: batchesOf(type, parts) })),
  };
}

function* batchesOf(type: AggregateType, parts: Delivery['parts']): Generator<Batch> {
  for (const { file, blocks } of parts) yield* readPart({ file, blocks: blocks.filter((b) => b.type === type.name) });
}
