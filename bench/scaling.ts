/**
 * Question:  What does another core bring?
 * Workload:  The main job as in `pipeline`, with 1, 2, 4, … workers up to the cores, on a day and on one five times as large: what a
 *            run does once, and what each thread compiles for itself, counts for less there. Where taskset is (Linux), each run is
 *            held to as many cores, so that the coordinator and the database's threads cannot use the others.
 *            All databases of a day must hold the same rows.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B A B.
 * Command:   npm run bench -- --only scaling
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatBytes, formatCount, formatPercent } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { canPin } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { impressionsOfADay, inputFigures } from './harness/inputs.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { digits, durations, spreadBy, times } from './harness/stats.js';
import { checkLines, runTidemill, type TidemillRun } from './harness/tidemill.js';

/** The larger day, by the usual one. */
const LARGER = 5;

export const scaling: Bench = {
  name: 'scaling',
  question: 'What does another core bring?',
  async run({ impressions, cores, scratch, rounds, warmUps, smoke }) {
    const days = (smoke ? [1] : [1, LARGER]).map((n) => impressionsOfADay(n * impressions));
    const allowed = canPin() ? allowedCores() : undefined;
    const steps = workersUpTo(cores);
    const cases = days.flatMap((input) => steps.map((workers) => ({ input, workers })));
    const contestants = cases.map(({ input, workers }) => ({
      name: `${workers} of ${cores} cores, ${formatCount(input.lines)} lines`,
      run: async (): Promise<TidemillRun> => {
        const data = path.join(scratch, `${input.lines}-lines-${workers}-workers`);
        const run = await runTidemill({ command: 'run', files: [input.file], data, workers, pin: allowed?.slice(0, workers) });
        checkLines(run, input.lines, true);
        return run;
      },
    }));
    const equal = days.map(() => 0);
    const check = async (round: readonly TidemillRun[]): Promise<void> => {
      for (const [day] of days.entries()) {
        const [first, ...others] = round.slice(day * steps.length, (day + 1) * steps.length);
        for (const other of others) equal[day] = await compareDatabases(first?.database ?? '', other.database);
      }
    };
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check });

    const medians = runs.map((own) => spreadBy(own, (r) => r.ms).median);
    const rows = cases.map(({ input, workers }, i) => {
      const own = runs[i] ?? [];
      const speedUp = (medians[i - (i % steps.length)] ?? NaN) / (medians[i] ?? NaN);
      return [
        formatCount(input.lines),
        formatCount(workers),
        durations(spreadBy(own, (r) => r.ms)),
        times(speedUp),
        formatPercent(speedUp, workers),
        digits(spreadBy(own, (r) => r.cpuMs / r.ms).median),
        formatBytes(spreadBy(own, (r) => r.peakBytes).median),
      ];
    });
    return {
      workload: [
        `${days.map(({ lines, bytes }) => `${formatCount(lines)} (${formatBytes(bytes)})`).join(' and ')} ${days[0]?.what}; ${roundsText(rounds)}.`,
        allowed === undefined
          ? 'Runs were not held to so many cores: without taskset, only the workers are limited.'
          : 'Each run was held to as many cores as it has workers.',
        ...(steps.length === 1 ? [] : [`${equal.map((n) => formatCount(n)).join(' and ')} rows of 22 tables were equal in every round.`]),
      ],
      tables: [
        { columns: ['>impressions', '>workers', '>median (min–max)', '>speed-up', '>efficiency', '>cores in use', '>peak memory'], rows },
      ],
      figures: {
        inputs: days.map(inputFigures),
        pinned: allowed !== undefined,
        runs: cases.map(({ input, workers }, i) => ({
          lines: input.lines,
          workers,
          ms: runs[i]?.map((r) => r.ms),
          cpuMs: runs[i]?.map((r) => r.cpuMs),
        })),
      },
    };
  },
};

/** 1, 2, 4, … and the number itself. */
export function workersUpTo(cores: number): number[] {
  const steps: number[] = [];
  for (let n = 1; n < cores; n *= 2) steps.push(n);
  return [...steps, cores];
}

/** The cores that this process may use: `0-3,6` in Linux's own words. */
function allowedCores(): number[] | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return list?.split(',').flatMap((range) => {
    const [from = NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
