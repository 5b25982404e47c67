import duckdb from '@duckdb/node-bindings';
import { VARCHAR } from './node-api.js';
import type { Dictionary } from '../../../engine/column.js';
import { fail } from '../../errors.js';

/** Bytes of one `duckdb_string_t`. */
export const STRING_BYTES = 16;

/** Strings up to this length stand in the struct itself. */
const INLINE_BYTES = 12;

const varchar = VARCHAR.toLogicalType().logical_type;

/** The strings of a dictionary, ready to be copied into vectors: for each code the 16 bytes of its `duckdb_string_t`. */
export interface StringTable {
  /** Four words a string: its length, then its 12 bytes; or its first 4 bytes and the address of all of them. */
  readonly words: Uint32Array;
  /** What owns the bytes. The addresses are good for as long as this is referenced. */
  readonly owner: object;
}

/**
 * Hand a dictionary to DuckDB: its bytes are copied once, as one string, into a vector that nobody reads, and every entry points into
 * that copy. So a row costs 16 bytes a string, whatever the string's length, and no call.
 * The layout is that of duckdb.h (`duckdb_string_t`), which is part of DuckDB's stable C interface; numbers are little-endian on every
 * platform that DuckDB is built for.
 * Errors: TM_ERR_BEAN_INVALID (the bytes are not UTF-8).
 */
export function stringTable(dictionary: Dictionary): StringTable {
  const { size, offsets, bytes } = dictionary;
  const used = offsets[size] as number;
  const owner = duckdb.create_data_chunk([varchar]);
  const vector = duckdb.data_chunk_get_vector(owner, 0);
  // A text that is not UTF-8 is refused without a word and leaves the slot as it was: empty, so that its length tells.
  duckdb.vector_assign_string_element_len(vector, 0, new Uint8Array(0));
  if (used > 0) duckdb.vector_assign_string_element_len(vector, 0, bytes.subarray(0, used));
  const whole = new Uint32Array(duckdb.vector_get_data(vector, STRING_BYTES).slice().buffer);
  if (whole[0] !== used) throw fail('TM_ERR_BEAN_INVALID', 'A dictionary holds text that is not UTF-8');
  const [low, high] = [whole[2] as number, whole[3] as number];

  const words = new Uint32Array(size * 4);
  const structs = new Uint8Array(words.buffer);
  for (let code = 0; code < size; code++) {
    const at = offsets[code] as number;
    const length = (offsets[code + 1] as number) - at;
    const word = code * 4;
    words[word] = length;
    const inStruct = length <= INLINE_BYTES ? length : 4;
    for (let i = 0; i < inStruct; i++) structs[word * 4 + 4 + i] = bytes[at + i] as number;
    if (length > INLINE_BYTES) {
      const address = low + at;
      words[word + 2] = address;
      words[word + 3] = address > 0xffffffff ? high + 1 : high;
    }
  }
  return { words, owner };
}
