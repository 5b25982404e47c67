/**
 * Question:  Does an impression cost the same, and does memory stay, when a day grows?
 * Workload:  The main job as in `pipeline`, on days of 0.5, 1, 2, 5, 10 and 20 million impressions (up to --most N), as far as
 *            the disk holds them.
 * Warm-up:   1 round. Measured: 5 rounds (--rounds), from the smallest to the greatest in each.
 * Command:   npm run bench -- --only growth [--most 5000000]
 */
import path from 'node:path';
import { formatBytes, formatCount, formatPercent, formatRate } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { freeBytes, impressionsOfADay, inputFigures } from './harness/inputs.js';
import { inTurns, roundsText } from './harness/rounds.js';
import { durations, spreadBy, times } from './harness/stats.js';
import { checkLines, runTidemill, type TidemillRun } from './harness/tidemill.js';

const SIZES = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000];
const SMOKE_SIZES = [2000, 4000];
/** What the others are told relative to. */
const REFERENCE = 2_000_000;
/** Raw line, and what the greatest needs beside it: its store, spills and database. */
const LINE_BYTES = 365;
const BESIDE_BYTES = 365;

export const growth: Bench = {
  name: 'growth',
  question: 'Does an impression cost the same, and does memory stay, when a day grows?',
  async run({ most, cores, scratch, rounds, warmUps, smoke }) {
    const wanted = (smoke ? SMOKE_SIZES : SIZES).filter((n) => n <= most);
    if (wanted.length === 0) wanted.push(most);
    const sizes = thatFit(wanted, freeBytes());
    if (sizes.length === 0) throw new Error(`the disk of ${scratch} has no room for ${formatCount(wanted[0] ?? 0)} impressions`);
    const data = path.join(scratch, 'tidemill');
    const inputs = sizes.map(impressionsOfADay);
    const contestants = inputs.map(({ file, lines }) => ({
      name: formatCount(lines),
      run: async (): Promise<TidemillRun> => {
        const run = await runTidemill({ command: 'run', files: [file], data, workers: cores });
        checkLines(run, lines, true);
        return run;
      },
    }));
    const runs = await inTurns(contestants, { rounds, warmUps, settle: !smoke });

    const found = inputs.map((input, i) => {
      const own = runs[i] ?? [];
      const each = spreadBy(own, (r) => r.ms / input.lines);
      return {
        input,
        ms: spreadBy(own, (r) => r.ms),
        each,
        peak: spreadBy(own, (r) => r.peakBytes).median,
        store: spreadBy(own, (r) => r.storeBytes).median,
      };
    });
    const reference = found.find((f) => f.input.lines === REFERENCE) ?? found.at(-1);
    const rows = found.map(({ input, ms, each, peak, store }) => [
      formatCount(input.lines),
      durations(ms),
      formatRate(input.lines, ms.median),
      durations(each),
      times(each.median / (reference?.each.median ?? NaN)),
      formatBytes(peak),
      times(peak / (reference?.peak ?? NaN)),
      formatPercent(store, input.bytes),
    ]);
    const of = formatCount(reference?.input.lines ?? 0);
    const left = wanted.slice(sizes.length);
    return {
      workload: [
        `JSON lines of one day; ${cores} threads; ${roundsText(rounds)}.`,
        ...(left.length === 0 ? [] : [`Left out, since the disk has no room for them: ${left.map((n) => formatCount(n)).join('; ')}.`]),
      ],
      tables: [
        {
          columns: [
            '>impressions',
            '>median (min–max)',
            '>impressions/s',
            '>an impression',
            `>time to ${of}`,
            '>peak memory',
            `>memory to ${of}`,
            '>store, of raw',
          ],
          rows,
        },
      ],
      figures: found.map(({ input, store }, i) => ({
        input: inputFigures(input),
        storeBytes: store,
        ms: runs[i]?.map((r) => r.ms),
        peakBytes: runs[i]?.map((r) => r.peakBytes),
      })),
    };
  },
};

/** The sizes from the smallest on whose inputs, kept side by side, and one run beside them have room. */
export function thatFit(sizes: readonly number[], free: number): number[] {
  let inputs = 0;
  return sizes.filter((n) => {
    inputs += n * LINE_BYTES;
    return inputs + n * BESIDE_BYTES <= free;
  });
}
