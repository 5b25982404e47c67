/**
 * Question:  How long does the main job take, from raw lines to the sums in a DuckDB file, against DuckDB doing the same alone?
 * Workload:  2,000,000 generated JSON lines of one day (--impressions), 13 processors, all tables of spec §6. Either is a
 *            process of its own with as many threads as there are cores; time is from its start to its end.
 *            The build in --against does the same as this one.
 *            In each round the databases are compared row by row, in the spec's columns; a difference fails the bench.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), A B A B.
 * Command:   npm run bench -- --only pipeline [--against ../clone]
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { buildsOf, thisBuild, type Build } from './harness/builds.js';
import { runModule, type Ended, type Usage } from './harness/child.js';
import { compareDatabases } from './harness/compare.js';
import { impressionsOfADay, inputFigures } from './harness/inputs.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { durations, spreadBy, times } from './harness/stats.js';
import type { Table } from './harness/table.js';
import { checkLines, runTidemill, type TidemillRun } from './harness/tidemill.js';

type Run = Ended & Usage & { readonly database: string };

export const pipeline: Bench = {
  name: 'pipeline',
  question: 'How long does the main job take, from raw lines to the sums in a DuckDB file, against DuckDB doing the same alone?',
  async run({ impressions, against, cores, scratch, rounds, warmUps, smoke }) {
    const input = impressionsOfADay(impressions);
    const data = path.join(scratch, 'tidemill');
    const peer = path.join(scratch, 'peer.duckdb');
    const tidemills: TidemillRun[] = [];
    const tidemill = async (build: Build, to: string): Promise<TidemillRun> => {
      const run = await runTidemill({ command: 'run', build, files: [input.file], data: to, workers: cores });
      checkLines(run, input.lines, true);
      return run;
    };
    const ownRun = async (): Promise<Run> => {
      const run = await tidemill(thisBuild, data);
      tidemills.push(run);
      return run;
    };
    const duckdb = async (): Promise<Run> => ({
      ...(await runModule('bench/peers/duckdb.js', [input.file, peer, String(cores)])),
      database: peer,
    });
    let equal = 0;
    const check = async ([own, ...others]: readonly Run[]): Promise<void> => {
      for (const other of others) equal = await compareDatabases(own?.database ?? '', other.database);
    };
    const earlier = buildsOf(against).filter((build) => build !== thisBuild);
    const contestants = [
      { name: 'Tidemill', run: ownRun },
      { name: 'DuckDB', run: duckdb },
      ...earlier.map((build) => ({ name: build.name, run: () => tidemill(build, path.join(scratch, 'earlier')) })),
    ];
    const [ours = [], theirs = [], ...before] = await inTurns<Run>(contestants, { rounds, warmUps, settle: !smoke, check });

    const measured = tidemills.slice(warmUps);
    const store = spreadBy(measured, (r) => r.storeBytes).median;
    const line = (name: string, runs: readonly Run[]): string[] => {
      const ms = spreadBy(runs, (r) => r.ms);
      const cpu = spreadBy(runs, (r) => r.cpuMs).median;
      const peak = spreadBy(runs, (r) => r.peakBytes);
      return [name, durations(ms), formatRate(input.lines, ms.median), formatDuration(cpu), formatBytes(peak.median)];
    };
    const ratio = spreadBy(theirs, (r) => r.ms).median / spreadBy(ours, (r) => r.ms).median;
    return {
      workload: [
        `${formatCount(input.lines)} ${input.what}, ${formatBytes(input.bytes)}; ${cores} threads; ${roundsText(rounds)}.`,
        `${formatCount(equal)} rows of 22 tables were equal in every round.`,
      ],
      tables: [
        {
          columns: ['', '>median (min–max)', '>impressions/s', '>CPU time', '>peak memory'],
          rows: contestants.map(({ name }, i) => line(name, [ours, theirs, ...before][i] ?? [])),
        },
        processorTable(measured),
      ],
      findings: [
        `Ratio of the medians, DuckDB to Tidemill: ${times(ratio)}.`,
        `Tidemill's store, with every step's beans, takes ${formatBytes(store)}, ${formatPercent(store, input.bytes)} of the raw lines; ` +
          `the sums take ${formatBytes(statSync(path.join(data, 'analytics/analytics.duckdb')).size)}, DuckDB's own ${formatBytes(statSync(peer).size)}.`,
      ],
      figures: {
        input: inputFigures(input),
        equalRows: equal,
        ratio,
        storeBytes: store,
        tidemill: ours.map(plain),
        duckdb: theirs.map(plain),
        earlier: before[0]?.map(plain),
        processors: measured.map(processorFigures),
      },
    };
  },
};

const plain = ({ ms, cpuMs, peakBytes }: Run): unknown => ({ ms, cpuMs, peakBytes });

/** What a run said of its processors, for programs. */
export function processorFigures({ summary }: TidemillRun): unknown {
  return summary === undefined
    ? undefined
    : { ms: summary.ms, busyMs: Object.fromEntries(summary.processors.map((p) => [p.processor, p.busyMs])) };
}

/** The time that threads spent for each processor; what an injection took of the database's own threads is not in it. */
export function processorTable(runs: readonly TidemillRun[]): Table {
  const summaries = runs.flatMap((r) => (r.summary === undefined ? [] : [r.summary]));
  const [first] = summaries;
  const wall = spreadBy(summaries, (s) => s.ms.import);
  const rows = (first?.processors ?? []).map(({ processor, jobs, recordsIn, recordsOut }) => {
    const busy = spreadBy(summaries, (s) => s.processors.find((p) => p.processor === processor)?.busyMs ?? 0);
    return [processor, formatCount(jobs), formatCount(recordsIn), formatCount(recordsOut), durations(busy)];
  });
  const lines = formatCount(runs[0]?.counters['read'] ?? 0);
  const accepted = formatCount(runs[0]?.counters['accepted'] ?? 0);
  return {
    columns: ['processor', '>jobs', '>records in', '>records out', '>busy: median (min–max)'],
    rows: [['import (from start to end)', '', lines, accepted, durations(wall)], ...rows],
  };
}
