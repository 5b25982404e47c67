/**
 * Question:  What does a day take that comes in pieces and is processed after each, against the day at once?
 * Workload:  1,000,000 generated impressions of one day (--cut), in order of time, cut into 24 and into 144 pieces of the same size
 *            (--pieces), each imported and processed with all that it changes, in one process, as `serve` with live sums does; the same
 *            process takes the day at once. All databases must hold the same rows.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B C A B C.
 * Command:   npm run bench -- --only pieces [--cut 10000000 --pieces 144]
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { formatBytes, formatCount } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { runModule, type Ended, type Usage } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { cutFile } from './harness/cut.js';
import { impressionsOfADay, inputFigures } from './harness/inputs.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { duration, durations, spreadBy, times } from './harness/stats.js';
import type { LiveSums } from './peers/live-sums.js';

interface PiecesRun extends Ended, Usage {
  /** Import and processing of the piece that took the longest, and of the last one, ms. */
  readonly slowestMs: number;
  readonly lastMs: number;
}

const database = (data: string): string => path.join(data, 'analytics/analytics.duckdb');

export const pieces: Bench = {
  name: 'pieces',
  question: 'What does a day take that comes in pieces and is processed after each, against the day at once?',
  async run({ cut, pieces: numbers, cores, scratch, rounds, warmUps, smoke }) {
    const input = impressionsOfADay(cut);
    const cases = [1, ...numbers].map((n) => ({
      files: n === 1 ? [input.file] : cutFile(input.file, n, path.join(scratch, `cut-${n}`)),
      data: path.join(scratch, `dataset-${n}`),
    }));
    const contestants = cases.map(({ files, data }) => ({
      name: files.length === 1 ? 'at once' : `${formatCount(files.length)} pieces`,
      run: async (): Promise<PiecesRun> => {
        rmSync(data, { recursive: true, force: true });
        const ended = await runModule('bench/peers/live-sums.js', [data, String(cores), ...files]);
        const { accepted, ms } = JSON.parse(ended.stdout) as LiveSums;
        if (accepted !== input.lines) throw new Error(`of ${input.lines} lines in ${files.length} pieces ${accepted} were accepted`);
        return { ...ended, slowestMs: Math.max(...ms), lastMs: ms.at(-1) ?? NaN };
      },
    }));
    let equal = 0;
    const check = async (): Promise<void> => {
      const [whole, ...others] = cases;
      for (const other of others) equal = await compareDatabases(database(whole?.data ?? ''), database(other.data));
    };
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check });

    const cpu = runs.map((own) => spreadBy(own, (r) => r.cpuMs));
    const rows = contestants.map(({ name }, i) => {
      const own = runs[i] ?? [];
      return [
        name,
        durations(spreadBy(own, (r) => r.ms)),
        durations(spreadBy(own, (r) => r.cpuMs)),
        times((cpu[i]?.median ?? NaN) / (cpu[0]?.median ?? NaN)),
        formatBytes(spreadBy(own, (r) => r.peakBytes).median),
        duration(spreadBy(own, (r) => r.slowestMs).median),
        duration(spreadBy(own, (r) => r.lastMs).median),
      ];
    });
    return {
      workload: [
        `${formatCount(input.lines)} ${input.what}, ${formatBytes(input.bytes)}; ${cores} threads; ${roundsText(rounds)}.`,
        `${formatCount(equal)} rows of 22 tables were equal in every round.`,
      ],
      tables: [
        {
          columns: ['', '>median (min–max)', '>CPU time (min–max)', '>CPU to at once', '>peak memory', '>slowest piece', '>last piece'],
          rows,
        },
      ],
      figures: {
        input: inputFigures(input),
        runs: Object.fromEntries(
          contestants.map(({ name }, i) => [
            name,
            {
              ms: runs[i]?.map((r) => r.ms),
              cpuMs: runs[i]?.map((r) => r.cpuMs),
              peakBytes: runs[i]?.map((r) => r.peakBytes),
              slowestMs: runs[i]?.map((r) => r.slowestMs),
              lastMs: runs[i]?.map((r) => r.lastMs),
            },
          ]),
        ),
      },
    };
  },
};
