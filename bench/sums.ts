/**
 * Question:  What do sums by key take, against one Map from key to count?
 * Workload:  100,000 impressions, counted by (site, type), which are few keys, and by (site, object, ip), which are many. Columns: map,
 *            merge and reduce of sumsByKey, in the order of keys. Map: the key's parts joined to a string, one count each, then
 *            sorted. All must count the same. Each begins with what it is made for: columns, or objects; in a task, the
 *            kernel in WebAssembly does the work, from packed blocks to packed blocks.
 * Warm-up:   2 rounds. Measured: 5 rounds (--rounds), A B C A B C.
 * Command:   npm run bench -- --only sums
 */
import { deepStrictEqual } from 'node:assert';
import {
  aggregate,
  beansOf,
  concatBatches,
  decodeBlock,
  encodeBlock,
  sumsByKey,
  type AggregateType,
  type Batch,
  type Bean,
} from '../engine/index.js';
import { TransferObject } from '../processors/beans.js';
import { formatCount, formatRate } from '../server/terminal/format.js';
import { impressionBeans, inTask } from './harness/beans.js';
import type { Bench } from './harness/bench.js';
import { inTurns, roundsText, timed } from './harness/rounds.js';
import { durations, spreadBy } from './harness/stats.js';

const ROWS = 100_000;
const SMOKE_ROWS = 3000;
const KEYS = [
  {
    type: aggregate('Few', { key: { site: 'string', type: 'string' }, measures: { n: 'sum' } }),
    keyOf: ({ site, type }: Bean): string => `${site as string}\0${type as string}`,
  },
  {
    type: aggregate('Many', { key: { site: 'string', object: 'string', ip: 'string' }, measures: { n: 'sum' } }),
    keyOf: ({ site, object, ip }: Bean): string => `${site as string}\0${object as string}\0${ip as string}`,
  },
];

/** In a task, a batch is to be used before the next is asked for. */
function byColumns(type: AggregateType): (batches: readonly Batch[]) => Iterable<Batch> {
  const { map, reduce } = sumsByKey([{ type, from: TransferObject, columns: { n: 1 } }]);
  const context = { params: {} };
  return (batches) => {
    const mapped = batches.flatMap((batch) => map?.(batch, context) ?? [batch]);
    return reduce(new Map([[type.name, concatBatches(mapped)]]), context);
  };
}

function byMap(keyOf: (bean: Bean) => string): (beans: readonly Bean[]) => [string, number][] {
  return (beans) => {
    const counts = new Map<string, number>();
    for (const bean of beans) {
      const name = keyOf(bean);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  };
}

/** The sums that columns hold, as a Map has them. */
function counted(type: AggregateType, batches: readonly Batch[]): [string, number][] {
  return batches.flatMap((batch) =>
    Array.from(beansOf(type, batch), (bean): [string, number] => [type.key.map((f) => bean[f] as string).join('\0'), bean['n'] as number]),
  );
}

export const sums: Bench = {
  name: 'sums',
  question: 'What do sums by key take, against one Map from key to count?',
  async run({ rounds, warmUps, smoke }) {
    const { beans, batches } = impressionBeans(smoke ? SMOKE_ROWS : ROWS);
    const rows: string[][] = [];
    const figures: Record<string, unknown> = {};
    for (const { type, keyOf } of KEYS) {
      const [columns, map] = [byColumns(type), byMap(keyOf)];
      const task = inTask(batches, (own) => Array.from(columns(own), encodeBlock));
      let blocks: Uint8Array[] = [];
      let ours: Batch[] = [];
      let theirs: [string, number][] = [];
      const contestants = [
        { name: 'sumsByKey, in a task, blocks to blocks', run: () => timed(() => void (blocks = task())) },
        { name: 'sumsByKey, plain code', run: () => timed(() => void (ours = [...columns(batches)])) },
        { name: 'one Map', run: () => timed(() => void (theirs = map(beans))) },
      ];
      const inOrder = (list: readonly [string, number][]): Map<string, number> => new Map(list);
      const check = (): void => {
        for (const made of [ours, blocks.map(decodeBlock)]) deepStrictEqual(inOrder(counted(type, made)), inOrder(theirs));
      };
      const runs = await inTurns(contestants, { rounds, warmUps: smoke ? 0 : warmUps + 1, check });
      for (const [i, { name }] of contestants.entries()) {
        const ms = spreadBy(runs[i] ?? [], (r) => r.ms);
        rows.push([`(${type.key.join(', ')})`, formatCount(theirs.length), name, durations(ms), formatRate(beans.length, ms.median)]);
        figures[`${type.name}, ${name}`] = runs[i]?.map((r) => r.ms);
      }
    }
    return {
      workload: [`${formatCount(beans.length)} impressions, one thread; ${roundsText(rounds)}.`],
      tables: [{ columns: ['key', '>keys', '', '>median (min–max)', '>rows/s'], rows }],
      figures,
    };
  },
};
