/**
 * Question:  What does a late line for each of some days take?
 * Workload:  A dataset of 365 days with 1,000 lines each on average (--days, --each), as in `days`. Then `run` of one file with a
 *            line for each of the last 60, and of all 365; each time on a fresh copy of the dataset, which each build has made
 *            itself: this one and that in --against. The database must hold the same rows as one of a run of both files at once.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B A B.
 * Command:   npm run bench -- --only late [--against ../clone]
 */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { formatBytes, formatCount } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { buildsOf, thisBuild } from './harness/builds.js';
import { settleDisk } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { dayAfter, FIRST_DAY, inputFigures, logOfDays, logOfPageViews } from './harness/inputs.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { duration, durations, spreadBy, times } from './harness/stats.js';
import { checkLines, runTidemill, type TidemillRun } from './harness/tidemill.js';

const TOUCHED = 60;
const COMBINED = ['--format', 'combined'];

export const late: Bench = {
  name: 'late',
  question: 'What does a late line for each of some days take?',
  async run({ days: [days = 1], each, against, cores, scratch, rounds, warmUps, smoke }) {
    const builds = buildsOf(against);
    const log = logOfDays(days * each, days);
    const lates = [...new Set([Math.min(TOUCHED, days), days])].map((touched) => ({
      touched,
      input: logOfPageViews({ start: dayAfter(FIRST_DAY, days - touched), days: touched, each: 1, seed: 2 }),
    }));
    const before = (name: string): string => path.join(scratch, `${name}-before`);
    for (const build of builds) {
      const run = await runTidemill({ command: 'run', files: [log.file], data: before(build.name), build, workers: cores, more: COMBINED });
      checkLines(run, log.lines, false);
    }
    const atOnce = new Map<number, string>();
    for (const { touched, input } of lates) {
      const data = path.join(scratch, `at-once-${touched}`);
      const run = await runTidemill({ command: 'run', files: [log.file, input.file], data, workers: cores, more: COMBINED });
      checkLines(run, log.lines + input.lines, false);
      atOnce.set(touched, run.database);
    }
    const cases = lates.flatMap((l) => builds.map((build) => ({ ...l, build })));
    const contestants = cases.map(({ touched, input, build }) => ({
      name: `${build.name}, ${formatCount(touched)} days`,
      run: async (): Promise<TidemillRun> => {
        const data = path.join(scratch, `${build.name}-${touched}`);
        rmSync(data, { recursive: true, force: true });
        cpSync(before(build.name), data, { recursive: true, preserveTimestamps: true });
        if (!smoke) settleDisk();
        const run = await runTidemill({ command: 'run', files: [input.file], data, adds: true, build, workers: cores, more: COMBINED });
        checkLines(run, input.lines, true);
        return run;
      },
    }));
    const equal = new Map<number, number>();
    const check = async (round: readonly TidemillRun[]): Promise<void> => {
      for (const [i, { database }] of round.entries()) {
        const { touched } = cases[i] ?? { touched: 0 };
        equal.set(touched, await compareDatabases(atOnce.get(touched) ?? '', database));
      }
    };
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check });

    const medians = runs.map((own) => spreadBy(own, (r) => r.ms).median);
    const rows = cases.map(({ touched, build }, i) => {
      const own = runs[i] ?? [];
      const ours = cases.findIndex((c) => c.touched === touched && c.build === thisBuild);
      return [
        formatCount(touched),
        build.name,
        durations(spreadBy(own, (r) => r.ms)),
        duration(spreadBy(own, (r) => r.ms / touched).median),
        times((medians[i] ?? NaN) / (medians[ours] ?? NaN)),
        duration(spreadBy(own, (r) => r.cpuMs).median),
        formatBytes(spreadBy(own, (r) => r.peakBytes).median),
      ];
    });
    return {
      workload: [
        `A line for each of some days, all in one file, on a dataset of ${formatCount(days)} days with ${formatCount(each)} lines each on average; ${cores} threads; ${roundsText(rounds)}.`,
        `${[...equal.values()].map((n) => formatCount(n)).join(' and ')} rows of 22 tables were equal to those of a run at once, in every round.`,
      ],
      tables: [
        {
          columns: ['>days touched', '', '>median (min–max)', '>a day touched', '>time to tidemill', '>CPU time', '>peak memory'],
          rows,
        },
      ],
      figures: {
        input: inputFigures(log),
        runs: cases.map(({ touched, build }, i) => ({
          name: build.name,
          touched,
          ms: runs[i]?.map((r) => r.ms),
          cpuMs: runs[i]?.map((r) => r.cpuMs),
          peakBytes: runs[i]?.map((r) => r.peakBytes),
        })),
      },
    };
  },
};
