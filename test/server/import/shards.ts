import { beansOf, formatDay, type Bean } from '#engine/index.js';
import { TransferObject } from '#processors/beans.js';
import { createParser, type ParsedShard, type ParseLimits, type ParserOptions } from '#server/import/parse-shard.js';
import { RejectedLine } from '#server/import/rejects.js';
import { kernel, plainKernel } from '#server/import/scan-kernel.js';

export const NOW = Date.UTC(2026, 5, 15, 12);
export const options: ParserOptions = { format: 'impressions', site: 'default', keep: [], zone: 'UTC', now: NOW, key: 'secret' };

/** The code that scans, in both its versions. */
export const kernels = { WebAssembly: kernel, plain: plainKernel() };
export const kernelNames = ['WebAssembly', 'plain'] as const;

/** What came of a shard, as plain values. */
export interface Outcome {
  readonly counts: ParsedShard['counts'];
  /** Of all days, in the order of the batches. */
  readonly impressions: readonly Bean[];
  /** Rows of each batch, after its day. */
  readonly days: readonly (readonly [string, number])[];
  readonly rejects: readonly { readonly line: number; readonly reason: string; readonly text: string }[];
}

export function outcomeOf({ batches, rejects, counts }: ParsedShard): Outcome {
  return {
    counts,
    impressions: batches.flatMap(({ batch }) => [...beansOf(TransferObject, batch)]),
    days: batches.map(({ day, batch }) => [formatDay(day), batch.rows]),
    rejects:
      rejects === null
        ? []
        : [...beansOf(RejectedLine, rejects)].map(
            (r) => ({ ...r, text: Buffer.from(r['text'] as Uint8Array).toString() }) as Outcome['rejects'][number],
          ),
  };
}

export function parseShard(input: string | Uint8Array, own: Partial<ParserOptions> = {}, limits?: ParseLimits): Outcome {
  return outcomeOf(createParser({ ...options, ...own })(Buffer.from(input), limits));
}

/** A line that breaks no rule, with other fields; undefined takes a field away. */
export function line(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ time: NOW, site: 'shop', object: '/a', visitor: 'v', ...fields });
}

/** The impression of a line, or the reason why it is rejected. */
export function verdictOn(text: string | Uint8Array, own: Partial<ParserOptions> = {}): Bean | string {
  const { impressions, rejects, counts } = parseShard(text, own);
  const [filtered] = Object.keys(counts.filtered);
  return impressions[0] ?? rejects[0]?.reason ?? `filtered: ${filtered}`;
}
