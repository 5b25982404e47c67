/**
 * Question:  What does it take to bring the rows of one key together, against a Map of lists for each partition?
 * Workload:  100,000 impressions in blocks, by (site, session, visitor) into 8 partitions. Columns: each block is partitioned, each
 *            partition's pieces are joined and grouped. Maps: each row's key is hashed, and the row goes to the list of its key.
 *            Once within a thread, where a Map needs to move no more than references, and once from thread to thread, as
 *            reducers are others than mappers: packed on the one side, as blocks or by msgpackr, and unpacked on the other.
 *            In a task, the kernel in WebAssembly does the work, and reading the blocks is part of it.
 *            All must find the same number of keys and of rows. Each begins with what it is made for: columns, or objects.
 * Warm-up:   2 rounds. Measured: 5 rounds (--rounds), A B C D E A B C D E.
 * Command:   npm run bench -- --only shuffle
 */
import { deepStrictEqual } from 'node:assert';
import { Packr } from 'msgpackr';
import {
  concatBatches,
  decodeBlock,
  encodeBlock,
  groupRows,
  keyPart,
  partitionRows,
  type Batch,
  type Bean,
  type Column,
} from '../engine/index.js';
import { formatCount, formatRate } from '../server/terminal/format.js';
import { impressionBeans, inTask } from './harness/beans.js';
import type { Bench } from './harness/bench.js';
import { inTurns, roundsText, timed } from './harness/rounds.js';
import { durations, spreadBy } from './harness/stats.js';

const ROWS = 100_000;
const SMOKE_ROWS = 3000;
const PARTITIONS = 8;
const KEY = ['site', 'session', 'visitor'] as const;
const packr = new Packr({ useRecords: true });

interface Shuffled {
  readonly keys: number;
  readonly rows: number;
}

const columnsOf = (batch: Batch): Column[] => KEY.map((field) => batch.columns[field] as Column);
const keyOf = ({ site, session, visitor }: Bean): string => `${site as string}\0${session as string}\0${visitor as string}`;

/** `cross` is what happens to a piece on its way to its partition. */
function byColumns(blocks: readonly Batch[], cross: (piece: Batch) => Batch): Shuffled {
  const pieces = Array.from({ length: PARTITIONS }, (): Batch[] => []);
  for (const block of blocks) {
    for (const [p, piece] of partitionRows(block, columnsOf(block), PARTITIONS).entries()) {
      if (piece !== undefined) pieces[p]?.push(cross(piece));
    }
  }
  let keys = 0;
  let rows = 0;
  for (const own of pieces) {
    if (own.length === 0) continue;
    const partition = concatBatches(own);
    keys += groupRows(columnsOf(partition).map(keyPart), partition.rows).count;
    rows += partition.rows;
  }
  return { keys, rows };
}

function partitionOf(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return (hash >>> 0) % PARTITIONS;
}

function put(partition: Map<string, Bean[]>, key: string, bean: Bean): void {
  const list = partition.get(key);
  if (list === undefined) partition.set(key, [bean]);
  else list.push(bean);
}

function found(partitions: readonly ReadonlyMap<string, readonly Bean[]>[]): Shuffled {
  let keys = 0;
  let rows = 0;
  for (const partition of partitions) {
    keys += partition.size;
    for (const list of partition.values()) rows += list.length;
  }
  return { keys, rows };
}

const maps = (): Map<string, Bean[]>[] => Array.from({ length: PARTITIONS }, () => new Map<string, Bean[]>());

function byMaps(beans: readonly Bean[]): Shuffled {
  const partitions = maps();
  for (const bean of beans) {
    const key = keyOf(bean);
    put(partitions[partitionOf(key)] as Map<string, Bean[]>, key, bean);
  }
  return found(partitions);
}

function byPackedMaps(blocks: readonly (readonly Bean[])[]): Shuffled {
  const partitions = maps();
  for (const block of blocks) {
    const pieces = Array.from({ length: PARTITIONS }, (): Bean[] => []);
    for (const bean of block) pieces[partitionOf(keyOf(bean))]?.push(bean);
    for (const [p, piece] of pieces.entries()) {
      for (const bean of packr.unpack(packr.pack(piece)) as Bean[]) put(partitions[p] as Map<string, Bean[]>, keyOf(bean), bean);
    }
  }
  return found(partitions);
}

export const shuffle: Bench = {
  name: 'shuffle',
  question: 'What does it take to bring the rows of one key together, against a Map of lists for each partition?',
  async run({ rounds, warmUps, smoke }) {
    const { beans, blocks, batches } = impressionBeans(smoke ? SMOKE_ROWS : ROWS);
    const inKernel = inTask(batches, (own) => byColumns(own, (piece) => piece));
    const contestants = [
      { name: 'columns, in a task, blocks read', run: () => timed(inKernel) },
      { name: 'columns, plain code', run: () => timed(() => byColumns(batches, (piece) => piece)) },
      { name: 'a Map a partition, within a thread', run: () => timed(() => byMaps(beans)) },
      { name: 'columns, from thread to thread', run: () => timed(() => byColumns(batches, (piece) => decodeBlock(encodeBlock(piece)))) },
      { name: 'a Map a partition, from thread to thread', run: () => timed(() => byPackedMaps(blocks)) },
    ];
    const check = ([first, ...others]: readonly { value: Shuffled }[]): void => {
      for (const other of others) deepStrictEqual(first?.value, other.value);
    };
    const runs = await inTurns(contestants, { rounds, warmUps: smoke ? 0 : warmUps + 1, check });
    const rows = contestants.map(({ name }, i) => {
      const ms = spreadBy(runs[i] ?? [], (r) => r.ms);
      return [name, durations(ms), formatRate(beans.length, ms.median)];
    });
    const keys = formatCount(runs[0]?.[0]?.value.keys ?? 0);
    return {
      workload: [
        `${formatCount(beans.length)} impressions, ${keys} keys, ${PARTITIONS} partitions, on one core; ${roundsText(rounds)}.`,
        'Packing and unpacking is measured, the handing over is not.',
      ],
      tables: [{ columns: ['', '>median (min–max)', '>rows/s'], rows }],
      figures: Object.fromEntries(contestants.map(({ name }, i) => [name, runs[i]?.map((r) => r.ms)])),
    };
  },
};
