import { batchOf, decodeBlock, encodeBlock, inRegion, unsetBytes, type Batch, type Bean } from '../../engine/index.js';
import { TransferObject } from '../../processors/beans.js';
import { traffic } from '../generate/traffic.js';

/** Rows of a block, as the engine cuts them. */
export const BLOCK = 65_536;

const BLANK: Bean = Object.fromEntries(
  Object.entries(TransferObject.fields).map(([field, type]) => [
    field,
    type === 'integer' ? 0 : type === 'strings' ? [] : type === 'json' ? null : '',
  ]),
);

/** The same impressions twice: as objects with all fields, and in columns, a batch a block. */
export interface Impressions {
  readonly beans: readonly Bean[];
  readonly blocks: readonly (readonly Bean[])[];
  readonly batches: readonly Batch[];
}

/** Generated impressions of one day. */
export function impressionBeans(rows: number): Impressions {
  const beans: Bean[] = [];
  for (const { bytes } of traffic({ impressions: rows, days: 1, seed: 1 })) {
    for (const line of bytes.toString('utf8').split('\n')) if (line !== '') beans.push({ ...BLANK, ...(JSON.parse(line) as Bean) });
  }
  const blocks: Bean[][] = [];
  for (let from = 0; from < beans.length; from += BLOCK) blocks.push(beans.slice(from, from + BLOCK));
  return { beans, blocks, batches: blocks.map((block) => batchOf(TransferObject, block)) };
}

/** Make something of batches as a task does that has read them: in a region, where the kernel is used. */
export function inTask<T>(batches: readonly Batch[], work: (batches: readonly Batch[]) => T): () => T {
  const blocks = batches.map(encodeBlock);
  const read = (block: Uint8Array): Batch => {
    const own = unsetBytes(block.length);
    own.set(block);
    return decodeBlock(own);
  };
  return () => inRegion(() => work(blocks.map(read)));
}
