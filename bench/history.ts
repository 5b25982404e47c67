/**
 * Question:  Does what a command or the service does cost the same, however many days there are already?
 * Workload:  Datasets of 30, 300 and 3,000 days with 4 page views each, which all end on the same day, each made by one run. Then
 *            `jobs`, `run` of a file with one more line of the last day (another line in each round), the start of `serve` until it is
 *            ready, and GET /status, one request after the other. In the end each database must hold the same rows as one of
 *            a run of all files at once.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B C A B C; 50 requests each.
 * Command:   npm run bench -- --only history
 */
import path from 'node:path';
import { formatBytes, formatCount } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { runModule } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { dayAfter, logOfPageViews } from './harness/inputs.js';
import { inTurns, roundsText, type Timed } from './harness/rounds.js';
import { Client, startService } from './harness/service.js';
import { duration, durations, spreadBy, spreadOf, times } from './harness/stats.js';
import { checkLines, runTidemill } from './harness/tidemill.js';

const SIZES = [30, 300, 3000];
const SMOKE_SIZES = [3];
const EACH = 4;
/** All end with the same days of a week and of a month. */
const LAST_DAY = '2024-03-31';
const REQUESTS = 50;
const COMBINED = ['--format', 'combined'];

/** `ms` is that of `run`. */
interface HistoryRun extends Timed {
  readonly peakBytes: number;
  readonly database: string;
  readonly jobsMs: number;
  readonly jobsPeakBytes: number;
  readonly readyMs: number;
  /** The median of GET /status. */
  readonly statusMs: number;
  readonly servicePeakBytes: number | undefined;
}

export const history: Bench = {
  name: 'history',
  question: 'Does what a command or the service does cost the same, however many days there are already?',
  async run({ cores, scratch, rounds, warmUps, smoke }) {
    const run = (files: readonly string[], data: string, adds: boolean) =>
      runTidemill({ command: 'run', files, data, adds, workers: cores, more: COMBINED });
    const cases = (smoke ? SMOKE_SIZES : SIZES).map((days) => ({
      days,
      data: path.join(scratch, `${days}-days`),
      input: logOfPageViews({ start: dayAfter(LAST_DAY, 1 - days), days, each: EACH, seed: 1 }),
      more: [] as string[],
    }));
    for (const { input, data } of cases) checkLines(await run([input.file], data, false), input.lines, true);
    const contestants = cases.map(({ days, data, more }) => ({
      name: `${formatCount(days)} days`,
      run: async (): Promise<HistoryRun> => {
        const jobs = await runModule('server/cli.js', ['jobs', '--json', '--data', data]);
        const line = logOfPageViews({ start: LAST_DAY, days: 1, each: 1, seed: 2 + more.length });
        more.push(line.file);
        const added = await run([line.file], data, true);
        checkLines(added, 1, true);
        const { ms, peakBytes, database } = added;
        return { ms, peakBytes, database, jobsMs: jobs.ms, jobsPeakBytes: jobs.peakBytes, ...(await serve(data)) };
      },
    }));
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke });
    const equal: number[] = [];
    for (const [i, { input, days, more }] of cases.entries()) {
      const whole = await run([input.file, ...more], path.join(scratch, `${days}-days-at-once`), false);
      equal.push(await compareDatabases(whole.database, runs[i]?.[0]?.database ?? ''));
    }

    const medians = runs.map((own) => spreadBy(own, (r) => r.ms).median);
    const rows = cases.map(({ days }, i) => {
      const own = runs[i] ?? [];
      const memory = own.map((r) => r.servicePeakBytes).filter((n) => n !== undefined);
      return [
        formatCount(days),
        durations(spreadBy(own, (r) => r.jobsMs)),
        durations(spreadBy(own, (r) => r.ms)),
        times((medians[i] ?? NaN) / (medians[0] ?? NaN)),
        durations(spreadBy(own, (r) => r.readyMs)),
        duration(spreadBy(own, (r) => r.statusMs).median),
        formatBytes(spreadBy(own, (r) => r.jobsPeakBytes).median),
        formatBytes(spreadBy(own, (r) => r.peakBytes).median),
        memory.length === 0 ? '' : formatBytes(spreadOf(memory).median),
      ];
    });
    return {
      workload: [
        `Datasets of ${EACH} lines a day; ${cores} threads; ${roundsText(rounds)}.`,
        `${equal.map((n) => formatCount(n)).join(', ')} rows of 22 tables were equal to those of a run at once.`,
        'Memory is the peak; that of the service is of its processes added up, with pages that they share counted in each.',
      ],
      tables: [
        {
          columns: [
            '>days',
            '>jobs (min–max)',
            '>run of one line (min–max)',
            `>to ${formatCount(cases[0]?.days ?? 0)} days`,
            '>serve ready (min–max)',
            '>GET /status',
            '>memory: jobs',
            '>run',
            '>serve',
          ],
          rows,
        },
      ],
      figures: cases.map(({ days }, i) => ({
        days,
        runMs: runs[i]?.map((r) => r.ms),
        runPeakBytes: runs[i]?.map((r) => r.peakBytes),
        jobsMs: runs[i]?.map((r) => r.jobsMs),
        jobsPeakBytes: runs[i]?.map((r) => r.jobsPeakBytes),
        readyMs: runs[i]?.map((r) => r.readyMs),
        statusMs: runs[i]?.map((r) => r.statusMs),
        servicePeakBytes: runs[i]?.map((r) => r.servicePeakBytes),
      })),
    };
  },
};

/** Start the service on a dataset, ask for its status and end it. */
async function serve(data: string): Promise<Pick<HistoryRun, 'readyMs' | 'statusMs' | 'servicePeakBytes'>> {
  const service = await startService(data);
  const client = new Client(service.api);
  try {
    const ms: number[] = [];
    for (let n = 0; n < REQUESTS; n++) ms.push((await client.ask('/api/v1/status')).ms);
    return { readyMs: service.readyMs, statusMs: spreadOf(ms).median, servicePeakBytes: service.peakBytes() };
  } finally {
    client.close();
    await service.stop();
  }
}
