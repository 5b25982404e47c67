/**
 * Question:  How long do answers of the job API take with 100,000 jobs in history, and while every worker is busy?
 * Workload:  `tidemill serve` on a store with 100,000 jobs, the pages of GET /jobs by all that they are looked for by, one request after
 *            the other on one connection; against reading all jobs from the store for each page. Then `tidemill serve` on a day that has
 *            been imported and not processed: GET /status every 10 ms until all jobs have run.
 * Warm-up:   a tenth of the requests. Measured: 500 requests a query (--rounds 5), 100 for each round.
 * Command:   npm run bench -- --only api
 */
import { setTimeout as delay } from 'node:timers/promises';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseDay, periodOf, type Job } from '../engine/index.js';
import { LmdbStore } from '../engine/store/lmdb-store.js';
import webAnalytics from '../processors/index.js';
import { formatCount } from '../server/terminal/format.js';
import type { Status } from '../server/api/schemas/index.js';
import type { Bench, Setting } from './harness/bench.js';
import { impressionsOfADay } from './harness/inputs.js';
import { say } from './harness/say.js';
import { Client, startService } from './harness/service.js';
import { duration } from './harness/stats.js';
import { runTidemill } from './harness/tidemill.js';

const JOBS = 100_000;
const SMOKE_JOBS = 300;
const PAGE = 50;
const BATCH = 5000;
const POLL_MS = 10;
/** What the issue asks for, in ms. */
const GOAL = { jobs: 20, status: 50 };

const QUERIES = [
  { name: 'newest', query: '' },
  {
    name: 'failed of one processor',
    query: '?processor=SessionMerger&state=failed',
    wanted: (j: Job) => j.processor === 'SessionMerger' && j.state === 'failed',
  },
  { name: 'none found', query: '?state=cancelled', wanted: (j: Job) => j.state === 'cancelled' },
  { name: 'oldest days', query: '?to=2000-01-03', wanted: (j: Job) => j.period.first <= FIRST + 2 },
] as const satisfies readonly { name: string; query: string; wanted?: (job: Job) => boolean }[];

const FIRST = parseDay('2000-01-01');

interface Latency {
  readonly name: string;
  readonly ms: readonly number[];
}

/** A history that never was: so many jobs of all processors, day after day, one of fifty failed. */
async function writeJobs(data: string, jobs: number): Promise<void> {
  const folder = path.join(data, 'analytics', 'store');
  mkdirSync(folder, { recursive: true });
  const store = await LmdbStore.open(folder, 'analytics', 'write');
  const { processors } = webAnalytics;
  const make = async (): Promise<Job> => {
    const n = await store.next('job');
    const processor = processors[n % processors.length];
    if (processor === undefined) throw new Error('there is no processor');
    const at = store.createdAt - JOBS + n;
    return {
      id: `job_${store.createdAt}_${String(n).padStart(6, '0')}`,
      processor: processor.name,
      period: periodOf(processor.covers === 'package' ? 'day' : processor.covers, FIRST + Math.floor(n / processors.length)),
      inputs: Array.from({ length: 3 }, (_, i) => `/analytics/${processor.input}/2000/01/01/sensor-${String(n).padStart(6, '0')}-${i}`),
      output: `/analytics/${processor.output}/2000/01/01/sensor-${String(n).padStart(6, '0')}`,
      state: n % 50 === 0 ? 'failed' : 'succeeded',
      attempt: 1,
      createdAt: at,
      startedAt: at,
      finishedAt: at + 900,
      progress: { done: 7, total: 7 },
      counters: { records_in: 123_456, records_out: 12_345, tasks: 7 },
      ...(n % 50 === 0 ? { error: { code: 'TM_ERR_TASK_FAILED', message: 'a task threw' } } : {}),
    };
  };
  for (let n = 0; n < jobs; n += BATCH)
    await store.commit({ jobs: await Promise.all(Array.from({ length: Math.min(BATCH, jobs - n) }, make)) });
  await store.close();
}

async function measurePages(data: string, jobs: number, requests: number): Promise<{ api: Latency[]; scan: Latency[] }> {
  await writeJobs(data, jobs);
  const expected: string[][] = [];
  const scan: Latency[] = [];
  const store = await LmdbStore.open(path.join(data, 'analytics', 'store'), 'analytics', 'read');
  for (const { name, ...query } of QUERIES) {
    const { wanted = () => true } = query as { readonly wanted?: (job: Job) => boolean };
    const ms: number[] = [];
    for (let i = 0; i < Math.max(1, requests / 100); i++) {
      const start = performance.now();
      const found = store.jobs().filter(wanted).reverse().slice(0, PAGE);
      ms.push(performance.now() - start);
      expected[scan.length] = found.map((job) => job.id);
    }
    scan.push({ name, ms });
  }
  await store.close();
  const service = await startService(data);
  const client = new Client(service.api);
  const api: Latency[] = [];
  try {
    for (const [i, { name, query }] of QUERIES.entries()) {
      const ms: number[] = [];
      for (let n = -requests / 10; n < requests; n++) {
        const answer = await client.ask(`/api/v1/jobs${query}`);
        if (n >= 0) ms.push(answer.ms);
        const ids = (answer.body as { items: { id: string }[] }).items.map((job) => job.id);
        if (ids.join() !== expected[i]?.join()) throw new Error(`GET /jobs${query} answers other jobs than the store has`);
      }
      api.push({ name, ms });
    }
  } finally {
    client.close();
    await service.stop();
  }
  return { api, scan };
}

/** GET /status while all that was imported is processed. */
async function measureUnderLoad(data: string, impressions: number): Promise<{ status: number[]; jobs: number[]; processedMs: number }> {
  await runTidemill({ command: 'import', files: [impressionsOfADay(impressions).file], data });
  const service = await startService(data);
  const client = new Client(service.api);
  const [status, jobs]: [number[], number[]] = [[], []];
  const start = performance.now();
  let processedMs = NaN;
  try {
    for (;;) {
      const answer = await client.ask('/api/v1/status');
      const { scheduler, processors } = answer.body as Status;
      const done = processors.reduce((n, p) => n + p.succeeded, 0);
      const failed = processors.find((p) => p.failed > 0);
      if (failed !== undefined) throw new Error(`${failed.name} failed: ${JSON.stringify(failed.lastJob?.error)}`);
      if (done > 0 && scheduler.running === 0 && scheduler.ready === 0 && done >= webAnalytics.processors.length) break;
      processedMs = performance.now() - start;
      status.push(answer.ms);
      jobs.push((await client.ask('/api/v1/jobs')).ms);
      await delay(POLL_MS);
    }
  } finally {
    client.close();
    await service.stop();
  }
  return { status, jobs, processedMs };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? NaN;
}

const row = (name: string, { ms }: { ms: readonly number[] }): string[] => [
  name,
  formatCount(ms.length),
  ...[0.5, 0.95, 0.99, 1].map((q) => duration(quantile(ms, q))),
];
const COLUMNS = ['>requests', '>median', '>p95', '>p99', '>max'];

async function run({ scratch, smoke, rounds, impressions }: Setting) {
  const jobs = smoke ? SMOKE_JOBS : JOBS;
  const requests = 100 * rounds;
  const pages = await measurePages(path.join(scratch, 'history'), jobs, requests);
  say('  pages measured');
  const load = await measureUnderLoad(path.join(scratch, 'load'), impressions);
  const worst = Math.max(...pages.api.map((l) => quantile(l.ms, 0.99)));
  const status = quantile(load.status, 0.99);
  return {
    workload: [
      `${formatCount(jobs)} jobs of ${webAnalytics.processors.length} processors, pages of ${PAGE}; ${formatCount(impressions)} impressions of one day processed in ${duration(load.processedMs)}.`,
    ],
    tables: [
      { columns: ['GET /jobs', ...COLUMNS], rows: pages.api.map((l) => row(l.name, l)) },
      { columns: ['reading all jobs from the store', ...COLUMNS], rows: pages.scan.map((l) => row(l.name, l)) },
      {
        columns: ['while every worker is busy', ...COLUMNS],
        rows: [row('GET /status', { ms: load.status }), row('GET /jobs', { ms: load.jobs })],
      },
    ],
    findings: [
      `p99 of GET /jobs: ${duration(worst)} (wanted: under ${GOAL.jobs} ms). p99 of GET /status under load: ${duration(status)} (wanted: under ${GOAL.status} ms).`,
    ],
    figures: { pages: pages.api, scan: pages.scan, load },
  };
}

export const api: Bench = {
  name: 'api',
  question: 'How long do answers of the job API take with 100,000 jobs in history, and while every worker is busy?',
  run,
};
