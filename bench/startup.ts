/**
 * Question:  How long does a command take that has nothing to do, against Node starting an empty program?
 * Workload:  `tidemill jobs` on a dataset of 1,000 impressions that nobody works on, in a process of its own.
 * Warm-up:   3 rounds. Measured: twice the rounds (10; --rounds 5), A B A B.
 * Command:   npm run bench -- --only startup
 */
import path from 'node:path';
import type { Bench } from './harness/bench.js';
import { runCommand, type Ended } from './harness/child.js';
import { impressionsOfADay } from './harness/inputs.js';
import { built } from './harness/places.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { durations, spreadBy } from './harness/stats.js';
import { runTidemill } from './harness/tidemill.js';

const PROCESSORS = 13;

export const startup: Bench = {
  name: 'startup',
  question: 'How long does a command take that has nothing to do, against Node starting an empty program?',
  async run({ scratch, rounds, warmUps, smoke }) {
    const data = path.join(scratch, 'tidemill');
    await runTidemill({ command: 'run', files: [impressionsOfADay(1000).file], data });
    const jobs = async (): Promise<Ended> => {
      const ended = await runCommand(process.execPath, [built('server/cli.js'), 'jobs', '--json', '--data', data]);
      const listed = ended.stdout.trimEnd().split('\n').length;
      if (listed !== PROCESSORS) throw new Error(`tidemill jobs lists ${listed} jobs instead of ${PROCESSORS}:\n${ended.stdout}`);
      return ended;
    };
    const contestants = [
      { name: 'tidemill jobs', run: jobs },
      { name: 'node, empty program', run: () => runCommand(process.execPath, ['--eval', '0']) },
    ];
    const measured = smoke ? rounds : 2 * rounds;
    const runs = await inTurns(contestants, { rounds: measured, warmUps: smoke ? 0 : warmUps + 2 });
    return {
      workload: [`From the start of the process to its end; ${roundsText(measured)}.`],
      tables: [
        {
          columns: ['', '>median (min–max)'],
          rows: contestants.map(({ name }, i) => [name, durations(spreadBy(runs[i] ?? [], (r) => r.ms))]),
        },
      ],
      figures: Object.fromEntries(contestants.map(({ name }, i) => [name, runs[i]?.map((r) => r.ms)])),
    };
  },
};
