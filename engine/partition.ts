import { selectRows } from './rows.js';
import { hashBytes } from './interner.js';
import type { Batch, Column } from './column.js';

/**
 * Split a batch by the hash of some columns into `partitions` batches (empty ones are undefined), rows in their order.
 * The hash looks at values, not at codes: beans with equal keys meet in one partition wherever they come from.
 */
export function partitionRows(batch: Batch, by: readonly Column[], partitions: number): (Batch | undefined)[] {
  if (partitions === 1) return [batch.rows === 0 ? undefined : batch];
  const hashes = new Uint32Array(batch.rows);
  for (const column of by) mixHashes(hashes, column);
  const counts = new Uint32Array(partitions);
  for (let row = 0; row < batch.rows; row++) {
    const p = (hashes[row] as number) % partitions;
    hashes[row] = p;
    (counts[p] as number)++;
  }
  const rows = Array.from(counts, (n) => new Uint32Array(n));
  counts.fill(0);
  for (let row = 0; row < batch.rows; row++) {
    const p = hashes[row] as number;
    (rows[p] as Uint32Array)[(counts[p] as number)++] = row;
  }
  return rows.map((r) => (r.length === 0 ? undefined : selectRows(batch, r)));
}

function mixHashes(hashes: Uint32Array, c: Column): void {
  if (c.kind === 'string') {
    const { dictionary, codes } = c;
    const ofEntry = new Uint32Array(dictionary.size);
    const done = new Uint8Array(dictionary.size);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      if (done[code] === 0) {
        done[code] = 1;
        ofEntry[code] = hashBytes(dictionary.bytes, dictionary.offsets[code] as number, dictionary.offsets[code + 1] as number);
      }
      hashes[row] = mix(hashes[row] as number, ofEntry[code] as number);
    }
  } else if (c.kind === 'number') {
    for (let row = 0; row < hashes.length; row++) {
      const v = c.values[row] as number;
      hashes[row] = mix(mix(hashes[row] as number, v | 0), (v / 4294967296) | 0);
    }
  } else throw new TypeError('a list cannot choose a partition');
}

function mix(h: number, v: number): number {
  const x = Math.imul(h ^ v, 0x85ebca6b);
  return (x ^ (x >>> 13)) >>> 0;
}
