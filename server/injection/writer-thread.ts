/* The thread that owns the analytics database: reading blocks and filling its rows must not hold up the coordinator. */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../database/open-database.js';
import { fail } from '../errors.js';
import { formatDay, readPart, TidemillError, type AggregateType, type Batch, type Delivery } from '../../engine/index.js';
import type { Injection } from '../database/database.js';
import type { DeliveryRequest, Top, WriterAnswer, WriterRequest, WriterStart, WriterStarted } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('this module is a worker thread');
const { database: url, memory, types } = workerData as WriterStart;

/** Small injections spend their time on statements and the transaction: those that wait for one share it, up to so many beans. */
const TOGETHER_BEANS = 250_000;
const TOGETHER = 512;

/** Half the cores: the workers have use for the others, and for small loads threads would only wait for each other. */
const threads = Math.max(1, Math.floor(availableParallelism() / 2));
/** One thread fills in what those of a large load ask for: it has enough to do for four (measured with two: a quarter of its time). */
const loadThreads = Math.min(4, availableParallelism());

const opening = openDatabase(url, { threads, loadThreads, memory }).then(async (database) => {
  try {
    await database.migrate(types);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
});
const waiting: DeliveryRequest[] = [];
/** Tops under way. */
const reading = new Set<Promise<void>>();
const now = (): number => performance.timeOrigin + performance.now();
let began = now();
let working: Promise<void> | undefined = start().then(work);

async function start(): Promise<void> {
  try {
    const database = await opening;
    answer(0, (await database.ledger()).map((row) => row.package) satisfies WriterStarted);
  } catch (error) {
    refuse(0, error);
  }
}

async function work(): Promise<void> {
  // What is sent at once is taken at once.
  await setImmediate();
  for (let group = takeTogether(); group.length > 0; group = takeTogether()) {
    began = now();
    try {
      const reports = await (await opening).injectTogether(group.map(injectionOf));
      for (const [i, { id }] of group.entries()) answer(id, reports[i]);
    } catch (error) {
      if (group.length === 1) for (const { id } of group) refuse(id, error);
      else for (const request of group) await alone(request);
    }
  }
  working = undefined;
}

/** The injections of the next transaction: at least one, where any waits. */
function takeTogether(): DeliveryRequest[] {
  let beans = 0;
  const end = waiting.findIndex(({ delivery }, i) => {
    beans += Object.values(delivery.beans).reduce((n, m) => n + m, 0);
    return i > 0 && (i >= TOGETHER || beans > TOGETHER_BEANS);
  });
  return waiting.splice(0, end < 0 ? waiting.length : end);
}

/** One of a group that failed: the others shall not suffer for it. */
async function alone(request: DeliveryRequest): Promise<void> {
  try {
    answer(request.id, await (await opening).inject(injectionOf(request)));
  } catch (error) {
    refuse(request.id, error);
  }
}

async function answerTop(id: number, { table, by, n, filter }: Top): Promise<void> {
  try {
    const report = await (await opening).top(table, by, n, filter);
    port?.postMessage({ id, report } satisfies WriterAnswer);
  } catch (error) {
    refuse(id, error);
  }
}

/** The time of a transaction counts for the first that it answers. */
function answer(id: number, report: unknown): void {
  const end = now();
  port?.postMessage({ id, report, time: [began, end] } satisfies WriterAnswer);
  began = end;
}

function refuse(id: number, cause: unknown): void {
  const e = cause instanceof TidemillError ? cause : fail('TM_ERR_DATABASE_FAILED', (cause as Error).message, { cause });
  const { code, message, retryable, exitCode, data } = e;
  port?.postMessage({ id, error: { code, message, retryable, exitCode, data } } satisfies WriterAnswer);
}

port.on('message', (message: WriterRequest | 'close') => {
  if (message !== 'close') {
    if ('top' in message) {
      const answered = answerTop(message.id, message.top).finally(() => reading.delete(answered));
      reading.add(answered);
    } else {
      waiting.push(message);
      working ??= work();
    }
    return;
  }
  void Promise.all([working, ...reading])
    .then(async () => (await opening).close())
    .catch(() => undefined)
    .finally(() => port.close());
});

function injectionOf({ delivery: { package: at, job, types: all, parts } }: DeliveryRequest): Injection {
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
