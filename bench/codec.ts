/**
 * Question:  What does it take to write beans as columnar blocks and to read them, against msgpack and JSON row by row?
 * Workload:  100,000 impressions of 22 fields. Blocks are written from columns, the others from objects; what is read back must
 *            be what was written (500 rows of each block are compared). Blocks are read in two ways: all columns, as sums by key read them, and all beans as objects,
 *            as a mapper of one bean at a time does. Checked: as a batch is that a processor of the user's has returned. msgpackr has its records on, which is its fastest. MB are of the JSON.
 * Warm-up:   2 rounds. Measured: 5 rounds (--rounds), A B C D E A B C D E.
 * Command:   npm run bench -- --only codec
 */
import { deepStrictEqual } from 'node:assert';
import { Packr } from 'msgpackr';
import { batchOf, beansOf, decodeBlock, encodeBlock, selectRows, type Batch, type Bean } from '../engine/index.js';
import { checkedBatch } from '../engine/check-batch.js';
import { TransferObject } from '../processors/beans.js';
import { formatBytes, formatCount, formatRate } from '../server/terminal/format.js';
import { impressionBeans } from './harness/beans.js';
import type { Bench } from './harness/bench.js';
import { inTurns, roundsText, timed, type Contestant, type Timed } from './harness/rounds.js';
import { durations, spreadBy, type Spread } from './harness/stats.js';

const ROWS = 100_000;
const SMOKE_ROWS = 3000;
const TYPES = new Map([[TransferObject.name, TransferObject]]);
/** Rows of each block that are compared with what was written. */
const COMPARED = 500;

interface Coded extends Timed {
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly bytes: number;
  /** The last rows of each block as they were read back. */
  readonly sample: readonly Bean[];
}

interface Way<From, To> {
  readonly from: readonly From[];
  readonly encode: (block: From) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => To;
  readonly last: (read: To) => readonly Bean[];
}

async function code<From, To>({ from, encode, decode, last }: Way<From, To>): Promise<Coded> {
  const written = await timed(() => from.map(encode));
  const read = await timed(() => written.value.map(decode));
  const bytes = written.value.reduce((n, b) => n + b.length, 0);
  return {
    ms: written.ms + read.ms,
    encodeMs: written.ms,
    decodeMs: read.ms,
    bytes,
    sample: read.value.flatMap(last),
  };
}

/** Unpacks every column, which is otherwise done when it is looked at. */
function allColumns(bytes: Uint8Array): Batch {
  const batch = decodeBlock(bytes);
  return { ...batch, columns: { ...batch.columns } };
}

function lastRows(batch: Batch): Bean[] {
  const from = Math.max(0, batch.rows - COMPARED);
  return [
    ...beansOf(
      TransferObject,
      selectRows(
        batch,
        Uint32Array.from({ length: batch.rows - from }, (_, i) => from + i),
      ),
    ),
  ];
}

export const codec: Bench = {
  name: 'codec',
  question: 'What does it take to write beans as columnar blocks and to read them, against msgpack and JSON row by row?',
  async run({ rounds, warmUps, smoke }) {
    const { beans, blocks, batches } = impressionBeans(smoke ? SMOKE_ROWS : ROWS);
    const packr = new Packr({ useRecords: true });
    const last = (read: readonly Bean[]): readonly Bean[] => read.slice(-COMPARED);
    const contestants: Contestant<Coded>[] = [
      { name: 'blocks, columns', run: () => code({ from: batches, encode: encodeBlock, decode: allColumns, last: lastRows }) },
      {
        name: 'blocks, columns, checked',
        run: () => code({ from: batches, encode: (b) => encodeBlock(checkedBatch(b, TYPES, 'bench')), decode: allColumns, last: lastRows }),
      },
      {
        name: 'blocks, beans',
        run: () =>
          code({
            from: blocks,
            encode: (b) => encodeBlock(batchOf(TransferObject, b)),
            decode: (b) => [...beansOf(TransferObject, decodeBlock(b))],
            last,
          }),
      },
      {
        name: 'msgpackr, rows',
        run: () => code({ from: blocks, encode: (b) => packr.pack(b), decode: (b) => packr.unpack(b) as Bean[], last }),
      },
      {
        name: 'JSON, rows',
        run: () =>
          code({
            from: blocks,
            encode: (b) => Buffer.from(JSON.stringify(b)),
            decode: (b) => JSON.parse(Buffer.from(b).toString()) as Bean[],
            last,
          }),
      },
    ];
    const wanted = blocks.flatMap(last);
    const check = (results: readonly Coded[]): void => {
      for (const { sample } of results) deepStrictEqual(sample, wanted);
    };
    const runs = await inTurns(contestants, { rounds, warmUps: smoke ? 0 : warmUps + 1, check });

    const json = runs.at(-1)?.[0]?.bytes ?? NaN;
    const measured = (ms: Spread): string[] => [durations(ms), formatRate(beans.length, ms.median), formatRate(json / 1e6, ms.median)];
    const rows = contestants.map(({ name }, i) => {
      const own = runs[i] ?? [];
      return [
        name,
        ...measured(spreadBy(own, (r) => r.encodeMs)),
        ...measured(spreadBy(own, (r) => r.decodeMs)),
        formatBytes((own[0]?.bytes ?? NaN) / beans.length),
      ];
    });
    return {
      workload: [`${formatCount(beans.length)} impressions in blocks of up to 65,536, one thread; ${roundsText(rounds)}.`],
      tables: [
        { columns: ['', '>write: median (min–max)', '>rows/s', '>MB/s', '>read: median (min–max)', '>rows/s', '>MB/s', '>a row'], rows },
      ],
      figures: Object.fromEntries(
        contestants.map(({ name }, i) => [name, runs[i]?.map(({ encodeMs, decodeMs, bytes }) => ({ encodeMs, decodeMs, bytes }))]),
      ),
    };
  },
};
