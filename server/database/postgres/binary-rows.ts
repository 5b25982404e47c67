import { numberColumn, stringColumn, type Batch, type Dictionary } from '../../../engine/column.js';
import type { Load } from '../driver.js';
import { beanColumns, checkInteger, type ColumnShape, type TableShape } from '../table-shape.js';

const CHUNK_BYTES = 256 * 1024;
/** PostgreSQL counts days from 2000-01-01. */
const EPOCH_DAYS = 10_957;
const WIDTHS = { smallint: 2, integer: 4, bigint: 8 } as const;

/** Each entry of a dictionary as a field of COPY: its length as int32, then its bytes. */
interface Fields {
  readonly bytes: Buffer;
  readonly offsets: Uint32Array;
}

type Source =
  | { readonly fields: Fields; readonly codes: Uint32Array }
  | { readonly values: Float64Array; readonly column: ColumnShape; readonly width: 2 | 4 | 8 };

export const copyHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
export const copyTrailer = Buffer.from([0xff, 0xff]);

/** Batches as rows of PostgreSQL's binary COPY: nothing needs escaping, and a string is only copied. */
export class BinaryRows {
  readonly #columns: readonly ColumnShape[];
  readonly #fields: number;

  constructor(shape: TableShape) {
    this.#columns = beanColumns(shape);
    this.#fields = shape.columns.length;
  }

  *encode(batch: Batch, period: Load['period']): Generator<Buffer> {
    const prefix = this.#prefix(period);
    const encoded = new Map<Dictionary, Fields>();
    const sources = this.#columns.map((column): Source => {
      if (column.type !== 'text') {
        return { values: numberColumn(batch, column.name).values, column, width: WIDTHS[column.type as keyof typeof WIDTHS] };
      }
      const { dictionary, codes } = stringColumn(batch, column.name);
      const fields = encoded.get(dictionary) ?? encodeFields(dictionary);
      encoded.set(dictionary, fields);
      return { fields, codes };
    });
    let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let used = 0;
    for (let row = 0; row < batch.rows; row++) {
      const need = prefix.length + rowBytes(sources, row);
      if (used + need > chunk.length) {
        if (used > 0) yield chunk.subarray(0, used);
        chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, need));
        used = 0;
      }
      used = append(chunk, used, prefix, 0, prefix.length);
      for (const source of sources) {
        if ('codes' in source) {
          const { bytes, offsets } = source.fields;
          const code = source.codes[row] as number;
          used = append(chunk, used, bytes, offsets[code] as number, offsets[code + 1] as number);
        } else {
          const value = source.values[row] as number;
          checkInteger(value, source.column);
          used = chunk.writeInt32BE(source.width, used);
          used = appendInteger(chunk, used, value, source.width);
        }
      }
    }
    yield chunk.subarray(0, used);
  }

  /** What every row begins with: the number of fields, and where there is a period, that. */
  #prefix(period: Load['period']): Buffer {
    const count = Buffer.alloc(2);
    count.writeInt16BE(this.#fields);
    if (period === undefined) return count;
    const first = Buffer.alloc(4);
    first.writeInt32BE(period.first - EPOCH_DAYS);
    return Buffer.concat([count, field(Buffer.from(period.granularity)), field(first)]);
  }
}

function rowBytes(sources: readonly Source[], row: number): number {
  let bytes = 0;
  for (const source of sources) {
    if ('codes' in source) {
      const { offsets } = source.fields;
      const code = source.codes[row] as number;
      bytes += (offsets[code + 1] as number) - (offsets[code] as number);
    } else bytes += 4 + source.width;
  }
  return bytes;
}

function appendInteger(chunk: Buffer, at: number, value: number, width: 2 | 4 | 8): number {
  if (width === 2) return chunk.writeInt16BE(value, at);
  if (width === 4) return chunk.writeInt32BE(value, at);
  const high = Math.floor(value / 2 ** 32);
  return chunk.writeUInt32BE(value - high * 2 ** 32, chunk.writeInt32BE(high, at));
}

/** Copy bytes; a loop for the usual short text, where a call would cost more. */
function append(to: Buffer, at: number, from: Buffer, start: number, end: number): number {
  if (end - start > 64) return at + from.copy(to, at, start, end);
  let used = at;
  for (let i = start; i < end; i++) to[used++] = from[i] as number;
  return used;
}

function field(value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([length, value]);
}

function encodeFields({ size, offsets, bytes }: Dictionary): Fields {
  const out = Buffer.allocUnsafe((offsets[size] as number) + 4 * size);
  const starts = new Uint32Array(size + 1);
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let used = 0;
  for (let code = 0; code < size; code++) {
    const [start, end] = [offsets[code] as number, offsets[code + 1] as number];
    used = append(out, out.writeInt32BE(end - start, used), source, start, end);
    starts[code + 1] = used;
  }
  return { bytes: out, offsets: starts };
}
