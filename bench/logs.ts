/**
 * Question:  How long do access logs take, against GoAccess reading the same log into a JSON report?
 * Workload:  1,000,000 lines of the combined format (--lines), generated, or a log of yours repeated (--log FILE).
 *            `run` as it is used leaves out static files, robots and errors; `run --keep all` takes every line, as GoAccess
 *            does; `import` is reading alone. GoAccess gets as many threads as it can use; without it, it is left out.
 *            The build in --against does the same as this one.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B C D A B C D.
 * Command:   npm run bench -- --only logs [--log access.log] [--against ../clone]
 */
import path from 'node:path';
import { formatBytes, formatCount, formatRate } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { buildsOf, thisBuild, type Build } from './harness/builds.js';
import { combinedLog, inputFigures } from './harness/inputs.js';
import { inTurns, roundsText, type Contestant, type Timed } from './harness/rounds.js';
import { durations, spreadBy, times } from './harness/stats.js';
import { checkLines, runTidemill, type TidemillOptions, type TidemillRun } from './harness/tidemill.js';
import { findGoAccess } from './peers/goaccess.js';
import { processorFigures, processorTable } from './pipeline.js';

export const logs: Bench = {
  name: 'logs',
  question: 'How long do access logs take, against GoAccess reading the same log into a JSON report?',
  async run({ lines, log, against, cores, scratch, rounds, warmUps, smoke }) {
    const input = combinedLog(lines, log);
    const runs: TidemillRun[] = [];
    const tidemill = (build: Build, what: string, options: Pick<TidemillOptions, 'command' | 'more'>): Contestant<Timed> => ({
      name: `${build.name} ${what}`,
      run: async () => {
        const run = await runTidemill({ ...options, build, files: [input.file], data: path.join(scratch, 'tidemill'), workers: cores });
        checkLines(run, input.lines, false);
        if (build === thisBuild && what === 'run') runs.push(run);
        return run;
      },
    });
    const contestants = buildsOf(against).flatMap((build) => [
      tidemill(build, 'run', { command: 'run', more: ['--format', 'combined'] }),
      tidemill(build, 'run --keep all', { command: 'run', more: ['--format', 'combined', '--keep', 'all'] }),
      tidemill(build, 'import', { command: 'import', more: ['--format', 'combined'] }),
    ]);
    const goaccess = findGoAccess(cores);
    if (goaccess !== undefined) {
      contestants.push({ name: goaccess.name, run: () => goaccess.run(input.file, path.join(scratch, 'goaccess.json'), input.lines) });
    }
    const all = await inTurns(contestants, { rounds, warmUps, settle: !smoke });

    const medians = all.map((own) => spreadBy(own, (r) => r.ms));
    const theirs = goaccess === undefined ? undefined : medians.at(-1)?.median;
    return {
      workload: [
        `${formatCount(input.lines)} ${input.what}, ${formatBytes(input.bytes)}; ${cores} threads; ${roundsText(rounds)}.`,
        goaccess === undefined
          ? 'GoAccess was left out: there is no `goaccess` on the PATH.'
          : `${goaccess.name} with ${goaccess.threads === 1 ? 'one thread' : `${goaccess.threads} threads`}, the most that it can use here.`,
      ],
      tables: [
        {
          columns: ['', '>median (min–max)', '>lines/s', ...(theirs === undefined ? [] : ['>GoAccess takes'])],
          rows: contestants.map(({ name }, i) => {
            const ms = medians[i] ?? { median: NaN, min: NaN, max: NaN };
            return [name, durations(ms), formatRate(input.lines, ms.median), ...(theirs === undefined ? [] : [times(theirs / ms.median)])];
          }),
        },
        processorTable(runs.slice(warmUps)),
      ],
      figures: {
        input: inputFigures(input),
        counters: runs[0]?.counters,
        goaccess: goaccess?.name,
        runs: Object.fromEntries(contestants.map(({ name }, i) => [name, all[i]?.map((r) => r.ms)])),
        processors: runs.slice(warmUps).map(processorFigures),
      },
    };
  },
};
