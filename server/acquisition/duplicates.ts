/*
 * A second impression of the same day and id is not counted. Ids are compared where all of one hash meet, so that memory
 * stays bounded: spill by hash, find in each partition, then write again the few files that hold a duplicate.
 */
import {
  concatBatches,
  groupRows,
  keyPart,
  numberColumn,
  partitionRows,
  readPart,
  selectColumn,
  selectRows,
  stringColumn,
  writePart,
  type Batch,
  type BlockRef,
  type Day,
  type Part,
  type PartFile,
  type Spill,
} from '../../engine/index.js';

/** A file of impressions of one day; a smaller number was captured first. */
export interface NumberedFile extends PartFile {
  readonly number: number;
  readonly day: Day;
}

export interface SpillIdsTask {
  readonly files: readonly NumberedFile[];
  readonly partitions: number;
  readonly file: string;
}

/** Which rows, counted through the blocks of a file, are duplicates. */
export interface Duplicates {
  readonly number: number;
  readonly rows: Uint32Array;
}

/** Write (day, id, file number, row) of every impression that has an id, by partition. */
export function spillIds({ files, partitions, file }: SpillIdsTask): Spill {
  const refs = Array.from({ length: partitions }, (): BlockRef[] => []);
  writePart(file, (writer) => {
    for (const input of files) {
      let first = 0;
      for (const batch of readPart(input)) {
        const ids = idRows(batch, input, first);
        first += batch.rows;
        for (const [p, rows] of partitionRows(ids, [stringColumn(ids, 'id')], partitions).entries()) {
          if (rows !== undefined) refs[p]?.push(...writer.append(rows));
        }
      }
    }
  });
  return { file, partitions: refs };
}

function idRows(batch: Batch, { number, day }: NumberedFile, first: number): Batch {
  const { dictionary, codes } = stringColumn(batch, 'id');
  const rows = new Uint32Array(batch.rows);
  let n = 0;
  for (let row = 0; row < batch.rows; row++) {
    const code = codes[row] as number;
    if (dictionary.offsets[code + 1] !== dictionary.offsets[code]) rows[n++] = row;
  }
  const kept = rows.subarray(0, n);
  return {
    type: 'Id',
    rows: n,
    columns: {
      id: selectColumn({ kind: 'string', dictionary, codes }, kept),
      day: { kind: 'number', values: new Float64Array(n).fill(day) },
      number: { kind: 'number', values: new Float64Array(n).fill(number) },
      row: { kind: 'number', values: Float64Array.from(kept, (row) => row + first) },
    },
  };
}

/** In one partition, all but the first impression of each day and id. `inputs` come in the order of file numbers. */
export function findDuplicates({ inputs }: { readonly inputs: readonly PartFile[] }): Duplicates[] {
  const batches = inputs.flatMap((input) => [...readPart(input)]);
  if (batches.length === 0) return [];
  const ids = concatBatches(batches);
  const { firstRow, ofRow } = groupRows([keyPart(numberColumn(ids, 'day')), keyPart(stringColumn(ids, 'id'))], ids.rows);
  const numbers = numberColumn(ids, 'number').values;
  const rows = numberColumn(ids, 'row').values;
  const found = new Map<number, number[]>();
  for (let i = 0; i < ids.rows; i++) {
    if (firstRow[ofRow[i] as number] === i) continue;
    const list = found.get(numbers[i] as number);
    if (list === undefined) found.set(numbers[i] as number, [rows[i] as number]);
    else list.push(rows[i] as number);
  }
  return [...found].map(([number, list]) => ({ number, rows: Uint32Array.from(list) }));
}

/** Write a file again without some rows. */
export function dropRows({ input, rows, file }: { readonly input: PartFile; readonly rows: Uint32Array; readonly file: string }): Part {
  const drop = new Set(rows);
  return writePart(file, (writer) => {
    let first = 0;
    for (const batch of readPart(input)) {
      const kept = Uint32Array.from({ length: batch.rows }, (_, i) => i).filter((row) => !drop.has(row + first));
      writer.append(selectRows(batch, kept));
      first += batch.rows;
    }
  });
}
