/**
 * Question:  What do many small days take, against the same number of lines in one day?
 * Workload:  `run` of a combined log of 365 days with 1,000 lines each on average (--days 365,1095 --each 1000), generated, and
 *            `verify` of what it made; against as many lines of one day, the build in --against and GoAccess, where it is
 *            installed. Databases of the same log must hold the same rows as one that got it in two halves, one after the other.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B C A B C.
 * Command:   npm run bench -- --only days [--days 365,1095] [--against ../clone]
 */
import path from 'node:path';
import { formatBytes, formatCount } from '../server/terminal/format.js';
import type { Bench, Setting } from './harness/bench.js';
import { buildsOf, thisBuild, type Build } from './harness/builds.js';
import { runModule } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { cutFile } from './harness/cut.js';
import { inputFigures, logOfDays, type Input } from './harness/inputs.js';
import { inTurns, roundsText, type Contestant, type Timed } from './harness/rounds.js';
import { duration, durations, spreadBy, times } from './harness/stats.js';
import { checkLines, runTidemill, type TidemillRun } from './harness/tidemill.js';
import { findGoAccess } from './peers/goaccess.js';

const COMBINED = ['--format', 'combined'];

/** `run` of a log, and what `verify` of its dataset took. */
interface DaysRun extends TidemillRun {
  readonly verifyMs: number;
}

interface Case extends Contestant<Timed & Partial<DaysRun>> {
  readonly days: number;
  readonly input: Input;
}

export const days: Bench = {
  name: 'days',
  question: 'What do many small days take, against the same number of lines in one day?',
  async run(setting) {
    const { cores, scratch, rounds, warmUps, smoke, each, against } = setting;
    const builds = buildsOf(against);
    const goaccess = findGoAccess(cores);
    const logs = setting.days.map((n) => ({ days: n, input: logOfDays(n * each, n) }));
    const one = { days: 1, input: logOfDays((setting.days[0] ?? 1) * each, 1) };
    const cases: Case[] = [one, ...logs].flatMap((log) => [
      ...builds.map((build) => ({ ...log, name: build.name, run: () => runAndVerify(build, log.input, log.days, setting) })),
      ...(goaccess === undefined
        ? []
        : [{ ...log, name: goaccess.name, run: () => goaccess.run(log.input.file, path.join(scratch, 'goaccess.json'), log.input.lines) }]),
    ]);
    const halves: { readonly days: number; readonly database: string }[] = [];
    for (const { days: n, input } of logs) halves.push({ days: n, database: await inHalves(input, n, setting) });
    const equal = new Map<number, number>();
    const check = async (round: readonly (Timed & Partial<DaysRun>)[]): Promise<void> => {
      for (const { days: n, database } of halves)
        for (const [i, run] of round.entries())
          if (cases[i]?.days === n && run.database !== undefined) equal.set(n, await compareDatabases(database, run.database));
    };
    const runs = await inTurns(cases, { rounds, warmUps, settle: !smoke, check });

    const medians = runs.map((own) => spreadBy(own, (r) => r.ms).median);
    const rows = cases.map(({ name, days: n, input }, i) => {
      const own = runs[i] ?? [];
      const ours = cases.findIndex((c) => c.input === input && c.name === thisBuild.name);
      const tidemill = own.filter((r): r is DaysRun => 'verifyMs' in r);
      const told = (text: (of: readonly DaysRun[]) => string): string => (tidemill.length === 0 ? '' : text(tidemill));
      return [
        formatCount(n),
        formatCount(input.lines),
        name,
        durations(spreadBy(own, (r) => r.ms)),
        duration(spreadBy(own, (r) => r.ms / input.lines).median),
        times((medians[i] ?? NaN) / (medians[ours] ?? NaN)),
        told((of) => duration(spreadBy(of, (r) => r.cpuMs).median)),
        told((of) => formatBytes(spreadBy(of, (r) => r.peakBytes).median)),
        told((of) => formatCount(spreadBy(of, (r) => r.fileCount).median)),
        told((of) => durations(spreadBy(of, (r) => r.verifyMs))),
      ];
    });
    return {
      workload: [
        `A combined log of ${formatCount(each)} lines a day on average; ${cores} threads; ${roundsText(rounds)}.`,
        `${[...equal.values()].map((n) => formatCount(n)).join(' and ')} rows of 22 tables were equal to those of the log in two halves, in every round.`,
        ...(goaccess === undefined ? ['GoAccess was left out: there is no `goaccess` on the PATH.'] : []),
      ],
      tables: [
        {
          columns: [
            '>days',
            '>lines',
            '',
            '>median (min–max)',
            '>a line',
            '>time to tidemill',
            '>CPU time',
            '>peak memory',
            '>files',
            '>verify (min–max)',
          ],
          rows,
        },
      ],
      figures: cases.map(({ name, days: n, input }, i) => ({
        name,
        days: n,
        input: inputFigures(input),
        ms: runs[i]?.map((r) => r.ms),
        cpuMs: runs[i]?.map((r) => r.cpuMs),
        peakBytes: runs[i]?.map((r) => r.peakBytes),
        files: runs[i]?.map((r) => r.fileCount),
        verifyMs: runs[i]?.map((r) => r.verifyMs),
      })),
    };
  },
};

async function runAndVerify(build: Build, input: Input, n: number, { cores, scratch }: Setting): Promise<DaysRun> {
  const data = path.join(scratch, `${build.name}-${n}`);
  const run = await runTidemill({ command: 'run', files: [input.file], data, build, workers: cores, more: COMBINED });
  checkLines(run, input.lines, false);
  const { ms } = await runModule('server/cli.js', ['verify', '--json', '--data', data], undefined, build.root);
  return { ...run, verifyMs: ms };
}

/** The database of a log that came in two halves; that of a run at once must hold the same. */
async function inHalves(input: Input, n: number, { cores, scratch }: Setting): Promise<string> {
  const data = path.join(scratch, `halves-${n}`);
  let database = '';
  for (const [i, half] of cutFile(input.file, 2, path.join(scratch, `log-of-${n}`)).entries())
    ({ database } = await runTidemill({ command: 'run', files: [half], data, adds: i > 0, workers: cores, more: COMBINED }));
  return database;
}
