/**
 * Question:  How many impressions does the sensor answer, against a bare Fastify route that throws the body away?
 * Workload:  One impression a request as a page's tag sends it, over 512 connections that are kept alive, from autocannon. Server and
 *            autocannon have one core each where processes can be held to cores. The sensor's answer means that the line is in two
 *            files and fsynced; bare reads the body and answers 204. Each answer's line must be in both files. Then half of what each
 *            answered, in requests a second over 64 connections: how long does an answer take?
 * Warm-up:   2 seconds of load on each server. Measured: 5 rounds (--rounds) of 4 seconds, A B A B.
 * Command:   npm run bench -- --only sensor
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { formatCount } from '../server/terminal/format.js';
import type { Bench } from './harness/bench.js';
import { canPin, runModule } from './harness/child.js';
import { inTurns, roundsText, type Contestant, type Timed } from './harness/rounds.js';
import { startServer } from './harness/server.js';
import { digits, spreadBy } from './harness/stats.js';
import type { LoadOptions, LoadResult } from './peers/sensor-load.js';
import { CAPTURE_NODE_OPTIONS } from '../server/supervisor/supervisor.js';

interface Loaded extends Timed, LoadResult {
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** At half of the load that it answers. */
  readonly half: LoadResult;
}

const FULL = { connections: 512, warmUpSeconds: 2, seconds: 4 };
const SMOKE = { connections: 8, warmUpSeconds: 1, seconds: 1 };

async function load(options: LoadOptions, cores: readonly number[] | undefined): Promise<LoadResult> {
  const { stdout } = await runModule('bench/peers/sensor-load.js', [JSON.stringify(options)], cores);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.refused > 0 || result.errors > 0) throw new Error(`not all requests were answered 2xx: ${stdout}`);
  return result;
}

/** Lines of a location of a spool. */
function countLines(folder: string, location: string): number {
  return readdirSync(path.join(folder, 'spool', location), { recursive: true, encoding: 'utf8' })
    .filter((file) => /data\.txt(\.temp)?$/.test(file))
    .map((file) => readFileSync(path.join(folder, 'spool', location, file)).reduce((n, byte) => n + (byte === 10 ? 1 : 0), 0))
    .reduce((a, b) => a + b, 0);
}

export const sensor: Bench = {
  name: 'sensor',
  question: 'How many impressions does the sensor answer, against a bare Fastify route that throws the body away?',
  async run({ scratch, rounds, smoke, cores }) {
    const { connections, warmUpSeconds, seconds } = smoke ? SMOKE : FULL;
    const pinned = cores > 1 && canPin();
    const [loadCores, serverCores] = pinned ? [[0], [1]] : [undefined, undefined];
    const folder = path.join(scratch, 'dataset');
    const contestant = (name: string, kind: 'sensor' | 'bare'): Contestant<Loaded> => ({
      name,
      run: async () => {
        rmSync(folder, { recursive: true, force: true });
        const server = await startServer('bench/peers/sensor-server.js', [kind, folder], CAPTURE_NODE_OPTIONS, serverCores);
        try {
          const { port } = server;
          const warm = await load({ port, connections, seconds: warmUpSeconds }, loadCores);
          const before = await server.cpuMs();
          const result = await load({ port, connections, seconds }, loadCores);
          const cpuMs = (await server.cpuMs()) - before;
          const perSecond = result.answered / result.seconds;
          const half = await load({ port, connections: Math.max(1, connections / 8), seconds, rate: Math.round(perSecond / 2) }, loadCores);
          const measured = { ...result, ms: 1000 / perSecond, perSecond, cpuMicros: (1000 * cpuMs) / result.answered, half };
          if (kind === 'bare') return measured;
          const answered = warm.answered + result.answered + half.answered;
          for (const location of ['oirawdata', 'sesrawdata']) {
            const lines = countLines(folder, location);
            // Requests under way when the load ended were written as well.
            if (lines < answered || lines > answered + 3 * connections)
              throw new Error(`${answered} were answered, but ${location} has ${lines} lines`);
          }
          return measured;
        } finally {
          await server.stop();
        }
      },
    });
    const contestants = [contestant('sensor', 'sensor'), contestant('bare Fastify', 'bare')];
    const [ours = [], bare = []] = await inTurns(contestants, { rounds, warmUps: 0 });

    const rates = [ours, bare].map((runs) => spreadBy(runs, (r) => r.perSecond));
    const [our, their] = rates.map((r) => r.median) as [number, number];
    const halfP99 = spreadBy(ours, (r) => r.half.p99);
    return {
      workload: [
        `${connections} connections, ${seconds} seconds a round, ${roundsText(rounds)}; one impression a request.`,
        pinned ? 'Server and autocannon have one core each.' : 'Server and autocannon share the cores.',
      ],
      tables: [
        {
          columns: ['', '>answers/s (min–max)', '>p50', '>p99', '>CPU an answer', '>p99 at half load'],
          rows: contestants.map(({ name }, i) => {
            const runs = [ours, bare][i] as Loaded[];
            const { median, min, max } = rates[i] as { median: number; min: number; max: number };
            return [
              name,
              `${formatCount(Math.round(median))} (${formatCount(Math.round(min))}–${formatCount(Math.round(max))})`,
              `${digits(spreadBy(runs, (r) => r.p50).median)} ms`,
              `${digits(spreadBy(runs, (r) => r.p99).median)} ms`,
              `${digits(spreadBy(runs, (r) => r.cpuMicros).median)} µs`,
              `${digits(spreadBy(runs, (r) => r.half.p99).median)} ms`,
            ];
          }),
        },
      ],
      findings: [
        `The sensor answers ${digits((100 * our) / their)} % of what bare answers. At half its load, p99 is ${digits(halfP99.median)} ms (${digits(halfP99.min)}–${digits(halfP99.max)}).`,
      ],
      figures: { connections, seconds, pinned, sensor: ours, bare },
    };
  },
};
