import { inKernel, unsetUints, zeroBytes, zeroUints } from './region.js';
import { selectRows } from './rows.js';
import { hashBytes } from './interner.js';
import type { Batch, Column, StringColumn } from './column.js';

/**
 * Split a batch by the hash of some columns into `partitions` batches (empty ones are undefined), rows in their order.
 * The hash looks at values, not at codes: beans with equal keys meet in one partition wherever they come from.
 */
export function partitionRows(batch: Batch, by: readonly Column[], partitions: number): (Batch | undefined)[] {
  if (partitions === 1) return [batch.rows === 0 ? undefined : batch];
  const hashes = zeroUints(batch.rows);
  for (const column of by) mixHashes(hashes, column);
  const { order, starts } = byRemainder(hashes, partitions);
  return Array.from({ length: partitions }, (_, p) => {
    const rows = order.subarray(starts[p], starts[p + 1]);
    return rows.length === 0 ? undefined : selectRows(batch, rows);
  });
}

/** The rows by the remainder of their hashes; those of remainder p are `order[starts[p] .. starts[p + 1])`. */
function byRemainder(hashes: Uint32Array, modulus: number): { order: Uint32Array; starts: Uint32Array } {
  const starts = zeroUints(modulus + 1);
  const next = unsetUints(modulus);
  const order = unsetUints(hashes.length);
  const fast = inKernel(hashes, starts, next, order);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    fast.kernel.orderByRemainder(a, hashes.length, modulus, b, c, d);
    return { order, starts };
  }
  for (let row = 0; row < hashes.length; row++) {
    const p = (hashes[row] as number) % modulus;
    starts[p + 1] = (starts[p + 1] as number) + 1;
  }
  for (let p = 0; p < modulus; p++) starts[p + 1] = (starts[p + 1] as number) + (starts[p] as number);
  next.set(starts.subarray(0, modulus));
  for (let row = 0; row < hashes.length; row++) {
    const p = (hashes[row] as number) % modulus;
    order[next[p] as number] = row;
    next[p] = (next[p] as number) + 1;
  }
  return { order, starts };
}

function mixHashes(hashes: Uint32Array, c: Column): void {
  if (c.kind === 'string') mixTexts(hashes, c);
  else if (c.kind === 'number') mixNumbers(hashes, c.values);
  else throw new TypeError('a list cannot choose a partition');
}

function mixTexts(hashes: Uint32Array, { codes, dictionary: { size, bytes, offsets } }: StringColumn): void {
  const fast = inKernel(hashes, codes, bytes, offsets);
  if (fast !== undefined) {
    const [a, b, c, d] = fast.at;
    fast.kernel.mixTexts(a, b, codes.length, c, d);
    return;
  }
  const done = zeroBytes(size);
  const ofEntry = unsetUints(size);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    if (done[code] === 0) {
      done[code] = 1;
      ofEntry[code] = hashBytes(bytes, offsets[code] as number, offsets[code + 1] as number);
    }
    hashes[row] = mix(hashes[row] as number, ofEntry[code] as number);
  }
}

function mixNumbers(hashes: Uint32Array, values: Float64Array): void {
  for (let row = 0; row < hashes.length; row++) {
    const v = values[row] as number;
    hashes[row] = mix(mix(hashes[row] as number, v | 0), (v / 4294967296) | 0);
  }
}

function mix(h: number, v: number): number {
  const x = Math.imul(h ^ v, 0x85ebca6b);
  return (x ^ (x >>> 13)) >>> 0;
}
