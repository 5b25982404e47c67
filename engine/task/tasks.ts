/*
 * The work of one pool task around the pure functions of a processor: read blocks, call, write blocks.
 *
 *   runMap     a shard's blocks ─ map ─ combine ─▶ one spill file, blocks grouped by partition
 *   runReduce  one partition's blocks of every spill ─ reduce or finish ─▶ one part
 *   runWhole   all of a small job in one task: map, combine, reduce, finish ─▶ one part
 *   runRows    a shard's blocks ─ map without shuffle ─▶ one part
 *   runMany    small jobs one after the other, as runWhole or runRows does each ─▶ a part each
 */
import { decodeBlock, encodeBlock } from '../block.js';
import { concatBatches, selectRows } from '../rows.js';
import { partitionRows } from '../partition.js';
import { inRegion, inScratch } from '../region.js';
import { sumsMadeBy } from '../sums-of.js';
import { sumApart } from '../sums-apart.js';
import { batchesIn, checkedWork } from './checked-work.js';
import { readPart, writePart, type PartWriter } from './part-file.js';
import { loadProcessor, type ProcessorRef } from './load-processor.js';
import { fail } from '../errors.js';
import type { Batch, Column } from '../column.js';
import type { Batches, Context, MapOnly, MapReduce } from '../processor.js';
import type { BlockRef, Part, PartFile } from '../work-package.js';

/** More rows than this are mostly of different keys: only reduce sees enough of each for a merge to pay. */
const COMBINE_ROWS = 65_536;

/** Blocks to read; `rows` narrows a single block to the rows `[from, to)`. */
export interface Shard {
  readonly parts: readonly PartFile[];
  readonly rows?: readonly [from: number, to: number];
}

interface TaskBase {
  readonly processor: ProcessorRef;
  readonly context: Context;
  /** The file to write. */
  readonly file: string;
}

export interface MapTask extends TaskBase {
  readonly shard: Shard;
  readonly partitions: number;
}

/** Where a shard's rows of each partition lie. */
export interface Spill {
  readonly file: string;
  readonly partitions: readonly (readonly BlockRef[])[];
}

export interface ReduceTask extends TaskBase {
  readonly inputs: readonly PartFile[];
  readonly step: 'reduce' | 'finish';
}

export interface WholeTask extends TaskBase {
  readonly shard: Shard;
}

/** Small jobs of one processor; `how` is the function that each would be given to alone. */
export interface ManyTask extends Omit<TaskBase, 'file'> {
  /** What each reads, and the file to write. */
  readonly units: readonly { readonly shard: Shard; readonly file: string }[];
  readonly how: 'runWhole' | 'runRows';
}

export async function runMap(task: MapTask): Promise<Spill> {
  const work = await workOf<MapReduce>(task.processor);
  const partitions = Array.from({ length: task.partitions }, (): BlockRef[] => []);
  writeInRegion(task.file, (writer) => {
    const split = (batch: Batch): void => {
      for (const [p, rows] of partitionRows(batch, partitionColumns(work, batch), task.partitions).entries()) {
        if (rows !== undefined) partitions[p]?.push(...writer.append(rows));
      }
    };
    for (const batch of mapped(work, task.shard, task.context)) inScratch(() => split(batch));
  });
  return { file: task.file, partitions };
}

export async function runReduce(task: ReduceTask): Promise<Part> {
  const work = await workOf<MapReduce>(task.processor);
  return writeInRegion(task.file, (writer) => {
    const batches = byType(task.inputs.flatMap((input) => [...readPart(input)]));
    const results = task.step === 'finish' ? (work.finish?.(batches, task.context) ?? []) : work.reduce(batches, task.context);
    for (const result of batchesIn(results)) inScratch(() => writer.append(result));
  });
}

export async function runWhole(task: WholeTask): Promise<Part> {
  const work = await workOf<MapReduce>(task.processor);
  return writeInRegion(task.file, (writer) => writeWhole(writer, work, task.shard, task.context));
}

export async function runRows(task: WholeTask): Promise<Part> {
  const work = await workOf<MapOnly>(task.processor);
  return writeInRegion(task.file, (writer) => writeRows(writer, work, task.shard, task.context));
}

export async function runMany({ processor, context, units, how }: ManyTask): Promise<Part[]> {
  const work = await loadProcessor(processor);
  const sums = how === 'runWhole' && !('holds' in processor) ? sumsMadeBy(work as MapReduce) : undefined;
  if (sums !== undefined) {
    return inRegion(() => {
      const made = sumApart(
        sums,
        units.map(({ shard }) => byType([...shardBatches(shard)])),
        context,
      );
      return units.map(({ file }, i) =>
        writePart(file, (writer) => {
          for (const batch of made[i] ?? []) inScratch(() => writer.append(batch));
        }),
      );
    });
  }
  const own = await workOf<MapReduce | MapOnly>(processor);
  return units.map(({ shard, file }) =>
    writeInRegion(file, (writer) => {
      if (how === 'runWhole') writeWhole(writer, own as MapReduce, shard, context);
      else writeRows(writer, own as MapOnly, shard, context);
    }),
  );
}

function writeWhole(writer: PartWriter, work: MapReduce, shard: Shard, context: Context): void {
  let results = batchesIn(work.reduce(byType(mapped(work, shard, context)), context));
  if (work.finish !== undefined) results = batchesIn(work.finish(byType(Array.from(results, copied)), context));
  for (const result of results) inScratch(() => writer.append(result));
}

function writeRows(writer: PartWriter, work: MapOnly, shard: Shard, context: Context): void {
  for (const batch of shardBatches(shard)) for (const result of batchesIn(work.map(batch, context))) writer.append(result);
}

/** The functions of a processor, with a check of what they return where it is not one of ours. */
async function workOf<W extends MapReduce | MapOnly>(ref: ProcessorRef): Promise<W> {
  const work = (await loadProcessor(ref)) as W;
  return 'holds' in ref ? checkedWork(work, ref.name, ref.holds) : work;
}

/** Everything between reading and writing is made in the task's region. */
function writeInRegion(...given: Parameters<typeof writePart>): Part {
  return inRegion(() => writePart(...given));
}

function partitionColumns(work: MapReduce, batch: Batch): readonly Column[] {
  const by = Object.hasOwn(work.partitionBy, batch.type) ? work.partitionBy[batch.type] : undefined;
  if (by === undefined) throw fail('TM_ERR_DECLARATION', `partitionBy does not say how ${batch.type} is partitioned`);
  return typeof by === 'function' ? by(batch) : by.map((field) => batch.columns[field] as Column);
}

/** What map and combine make of a shard. */
function mapped(work: MapReduce, shard: Shard, context: Context): Batch[] {
  const made: Batch[] = [];
  const { combine, shardsPerMap = 1 } = work;
  const blocks = shardBatches(shard);
  for (const batch of shardsPerMap === 1 ? blocks : Array.from(listsByType(blocks).values(), concatBatches)) {
    const results = work.map === undefined ? [batch] : batchesIn(work.map(batch, context));
    for (const result of results) if (result.rows > 0) made.push(result);
  }
  if (combine === undefined) return made;
  return [...listsByType(made).values()].flatMap((list) => {
    const rows = list.reduce((n, b) => n + b.rows, 0);
    return list.length > 1 && rows <= COMBINE_ROWS ? [combine(concatBatches(list), context)] : list;
  });
}

function* shardBatches({ parts, rows }: Shard): Generator<Batch> {
  for (const part of parts) {
    for (const batch of readPart(part)) {
      if (rows === undefined) yield batch;
      else
        yield selectRows(
          batch,
          Uint32Array.from({ length: rows[1] - rows[0] }, (_, i) => rows[0] + i),
        );
    }
  }
}

/** A batch that stays when the next one is made. */
function copied(batch: Batch): Batch {
  return decodeBlock(encodeBlock(batch));
}

function byType(batches: readonly Batch[]): Batches {
  const lists = listsByType(batches);
  return {
    has: (type) => lists.has(type),
    get: (type) => {
      const list = lists.get(type);
      return list === undefined ? undefined : concatBatches(list);
    },
  };
}

function listsByType(batches: Iterable<Batch>): Map<string, Batch[]> {
  const lists = new Map<string, Batch[]>();
  for (const batch of batches) {
    const list = lists.get(batch.type);
    if (list === undefined) lists.set(batch.type, [batch]);
    else list.push(batch);
  }
  return lists;
}
