import type { Shard } from './task/tasks.js';
import type { BlockRef, PartFile } from './work-package.js';

/** Cut parts into shards of whole blocks, in order, each of about `recordsPerShard` records. */
export function splitIntoShards(parts: readonly PartFile[], recordsPerShard: number): Shard[] {
  const shards: Shard[] = [];
  let current: PartFile[] = [];
  let records = 0;
  const finish = (): void => {
    if (current.length > 0) shards.push({ parts: current });
    current = [];
    records = 0;
  };
  for (const { file, blocks } of parts) {
    let taken: BlockRef[] = [];
    for (const block of blocks) {
      if (records > 0 && records + block.records > recordsPerShard) {
        if (taken.length > 0) current.push({ file, blocks: taken });
        taken = [];
        finish();
      }
      taken.push(block);
      records += block.records;
    }
    if (taken.length > 0) current.push({ file, blocks: taken });
  }
  finish();
  return shards;
}

/** The two halves of a shard: of its blocks, or of the rows of its only block. Undefined for a single row. */
export function halve(shard: Shard): [Shard, Shard] | undefined {
  const blocks = shard.parts.flatMap(({ file, blocks: own }) => own.map((block) => ({ file, blocks: [block] })));
  if (blocks.length > 1) {
    const middle = blocks.length >>> 1;
    return [{ parts: blocks.slice(0, middle) }, { parts: blocks.slice(middle) }];
  }
  const [from, to] = shard.rows ?? [0, blocks[0]?.blocks[0]?.records ?? 0];
  if (to - from < 2) return undefined;
  const middle = (from + to) >>> 1;
  return [
    { parts: shard.parts, rows: [from, middle] },
    { parts: shard.parts, rows: [middle, to] },
  ];
}
