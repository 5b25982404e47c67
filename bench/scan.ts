/**
 * Question:  What does the scan of raw lines take in WebAssembly, against the same sources as JavaScript?
 * Workload:  100,000 impressions, and as many lines of a combined log, in one shard each: to rows of codes and dictionaries. The rows
 *            and dictionaries must be the same. JSON.parse of each line is there to compare with.
 * Warm-up:   2 rounds. Measured: 5 rounds (--rounds), A B C A B C.
 * Command:   npm run bench -- --only scan
 */
import { deepStrictEqual } from 'node:assert';
import { formatBytes, formatCount, formatRate } from '../server/terminal/format.js';
import { ImpressionMemory } from '../server/import/impression-memory.js';
import { LogMemory } from '../server/import/log-memory.js';
import { fastKernel, plainKernel, type ScanKernel } from '../server/import/scan-kernel.js';
import type { ScanMemory } from '../server/import/scan-memory.js';
import { traffic } from './generate/traffic.js';
import type { Bench } from './harness/bench.js';
import { inTurns, roundsText, timed, type Contestant, type Timed } from './harness/rounds.js';
import { durations, spreadBy, times } from './harness/stats.js';

const LINES = 100_000;
const SMOKE_LINES = 3000;
const FORMATS = {
  impressions: (kernel: ScanKernel): ScanMemory => new ImpressionMemory(kernel),
  combined: (kernel: ScanKernel): ScanMemory => new LogMemory(kernel, false),
};

/** A day's lines, one after the other. */
function linesOf(format: keyof typeof FORMATS, impressions: number): Buffer {
  return Buffer.concat(Array.from(traffic({ impressions, days: 1, seed: 1, format }), ({ bytes }) => bytes));
}

/** What was scanned: of each column the codes, and the number of texts. */
function found(memory: ScanMemory): unknown {
  return Array.from({ length: memory.columns }, (_, c) => [memory.texts(c).size, Int32Array.from(memory.codesOf(c))]);
}

function scanned(memory: ScanMemory, lines: Buffer): void {
  memory.load(lines);
  if (memory.scan(memory.start, memory.end) !== memory.end) throw new Error('a generated line is left to the slow path');
}

export const scan: Bench = {
  name: 'scan',
  question: 'What does the scan of raw lines take in WebAssembly, against the same sources as JavaScript?',
  async run({ rounds, warmUps, smoke }) {
    const plain = plainKernel();
    const fast = fastKernel();
    const rows: string[][] = [];
    const figures: Record<string, unknown> = {};
    for (const [format, memoryOf] of Object.entries(FORMATS)) {
      const lines = linesOf(format as keyof typeof FORMATS, smoke ? SMOKE_LINES : LINES);
      const memories = [
        { name: 'JavaScript', memory: memoryOf(plain) },
        ...(fast === undefined ? [] : [{ name: 'WebAssembly', memory: memoryOf(fast) }]),
      ];
      const contestants: Contestant<Timed>[] = memories.map(({ name, memory }) => ({
        name,
        run: () => timed(() => scanned(memory, lines)),
      }));
      if (format === 'impressions') {
        const texts = lines.toString().trimEnd().split('\n');
        contestants.push({ name: 'JSON.parse', run: () => timed(() => texts.forEach((text) => void JSON.parse(text))) });
      }
      const check = (): void => {
        const [first, ...others] = memories.map(({ memory }) => found(memory));
        for (const other of others) deepStrictEqual(other, first);
      };
      const runs = await inTurns(contestants, { rounds, warmUps: smoke ? 0 : warmUps + 1, check });
      const medians = runs.map((own) => spreadBy(own, (r) => r.ms));
      const count = memories[0]?.memory.lines ?? 0;
      for (const [i, { name }] of contestants.entries()) {
        const ms = medians[i] ?? { median: NaN, min: NaN, max: NaN };
        const ratio = times((medians[0]?.median ?? NaN) / ms.median);
        rows.push([
          `${formatCount(count)} ${format}, ${formatBytes(lines.length)}`,
          name,
          durations(ms),
          formatRate(count, ms.median),
          ratio,
        ]);
        figures[`${format}, ${name}`] = runs[i]?.map((r) => r.ms);
      }
    }
    return {
      workload: [`One thread; ${roundsText(rounds)}.`, ...(fast === undefined ? ['There is no WebAssembly SIMD here.'] : [])],
      tables: [{ columns: ['lines', '', '>median (min–max)', '>lines/s', '>as fast'], rows }],
      figures,
    };
  },
};
