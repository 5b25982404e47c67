import { readPart, writePart, numberColumn, type Part, type PartFile } from '../../engine/index.js';

/** Rejected lines of one shard, the number of lines before it in its source, and the source. */
export interface ShardRejects extends PartFile {
  readonly before: number;
  readonly source: string;
}

/** Gather the rejected lines of all shards into one part, with their line numbers in the source. */
export function gatherRejects({ shards, file }: { readonly shards: readonly ShardRejects[]; readonly file: string }): Part {
  return writePart(
    file,
    (writer) => {
      for (const shard of shards) {
        const name = Buffer.from(shard.source);
        for (const batch of readPart(shard)) {
          const line = numberColumn(batch, 'line').values.map((n) => n + shard.before);
          writer.append({
            type: batch.type,
            rows: batch.rows,
            columns: {
              ...batch.columns,
              line: { kind: 'number', values: line },
              source: {
                kind: 'string',
                dictionary: { size: 1, offsets: Uint32Array.of(0, name.length), bytes: name },
                codes: new Uint32Array(batch.rows),
              },
            },
          });
        }
      }
    },
    'rejects',
  );
}
