import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fail } from '../errors.js';
import { readPart, readTail, type Part } from '../../engine/index.js';

/** What the beans of one type in a part come to: their number, and the total of each number field. */
export interface Measure {
  readonly records: number;
  readonly sums: Readonly<Record<string, number>>;
}

export type Measures = Readonly<Record<string, Measure>>;

/** Read a part whole: check the file's checksum and every block's, and add up. Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION. */
export function measurePart({ file, part }: { readonly file: string; readonly part: Part }): Measures {
  let bytes = contentOf(file);
  // A link to it may be made at this moment, which writes behind its blocks.
  if (!isRight(bytes, part)) bytes = contentOf(file);
  if (!isRight(bytes, part)) throw fail('TM_ERR_BLOCK_CORRUPT', `the part ${file} does not match its checksum`);
  const measures: Record<string, { records: number; sums: Record<string, number> }> = {};
  for (const batch of readPart({ file, blocks: part.blocks })) {
    const m = (measures[batch.type] ??= { records: 0, sums: {} });
    m.records += batch.rows;
    for (const [field, c] of Object.entries(batch.columns)) {
      if (c.kind === 'number') m.sums[field] = c.values.reduce((a, b) => a + b, m.sums[field] ?? 0);
    }
  }
  return measures;
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw fail('TM_ERR_BLOCK_CORRUPT', `the part ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Whether the blocks, and what the part says of its package behind them, are as they were written. */
function isRight(bytes: Buffer, part: Part): boolean {
  const tail = bytes.subarray(part.bytes);
  return bytes.length >= part.bytes && crc32(bytes.subarray(0, part.bytes)) === part.checksum && readTail(tail).end === tail.length;
}

export function addMeasures(all: readonly Measures[]): Measures {
  const total: Record<string, { records: number; sums: Record<string, number> }> = {};
  for (const measures of all) {
    for (const [type, { records, sums }] of Object.entries(measures)) {
      const m = (total[type] ??= { records: 0, sums: {} });
      m.records += records;
      for (const [field, n] of Object.entries(sums)) m.sums[field] = (m.sums[field] ?? 0) + n;
    }
  }
  return total;
}
