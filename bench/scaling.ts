/**
 * Question:  What does another core bring?
 * Workload:  The main job as in `pipeline`, with 1, 2, 4, … workers up to the cores. Where taskset is (Linux), each run is held
 *            to as many cores, so that the coordinator and the database's threads cannot use the others.
 *            All databases must hold the same rows.
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

export const scaling: Bench = {
  name: 'scaling',
  question: 'What does another core bring?',
  async run({ impressions, cores, scratch, rounds, warmUps, smoke }) {
    const input = impressionsOfADay(impressions);
    const allowed = canPin() ? allowedCores() : undefined;
    const steps = workersUpTo(cores);
    const contestants = steps.map((workers) => ({
      name: `${workers} of ${cores} cores`,
      run: async (): Promise<TidemillRun> => {
        const data = path.join(scratch, `workers-${workers}`);
        const run = await runTidemill({ command: 'run', file: input.file, data, workers, pin: allowed?.slice(0, workers) });
        checkLines(run, input.lines, true);
        return run;
      },
    }));
    let equal = 0;
    const check = async ([first, ...others]: readonly TidemillRun[]): Promise<void> => {
      for (const other of others) equal = await compareDatabases(first?.database ?? '', other.database);
    };
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke, check });

    const medians = runs.map((own) => spreadBy(own, (r) => r.ms).median);
    const rows = steps.map((workers, i) => {
      const own = runs[i] ?? [];
      const speedUp = (medians[0] ?? NaN) / (medians[i] ?? NaN);
      return [
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
        `${formatCount(input.lines)} ${input.what}, ${formatBytes(input.bytes)}; ${roundsText(rounds)}.`,
        allowed === undefined
          ? 'Runs were not held to so many cores: without taskset, only the workers are limited.'
          : 'Each run was held to as many cores as it has workers.',
        ...(steps.length === 1 ? [] : [`${formatCount(equal)} rows of 22 tables were equal in every round.`]),
      ],
      tables: [{ columns: ['>workers', '>median (min–max)', '>speed-up', '>efficiency', '>cores in use', '>peak memory'], rows }],
      figures: {
        input: inputFigures(input),
        pinned: allowed !== undefined,
        runs: steps.map((workers, i) => ({ workers, ms: runs[i]?.map((r) => r.ms), cpuMs: runs[i]?.map((r) => r.cpuMs) })),
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
