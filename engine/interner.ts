import { inKernel, inScratch, local, unsetBytes, unsetUints, zeroUints } from './region.js';
import type { Dictionary } from './column.js';

const MULTIPLIER_1 = 0x9e3779b1;
const MULTIPLIER_2 = 0x85ebca6b;

/**
 * Of the tables of this thread. Without it anybody could make texts that meet in one slot, and to enter them takes the square of their
 * number: 40,000 took 10 s (measured).
 */
const SEED = Math.floor(Math.random() * 2 ** 32);

/** The hash of bytes, four at a time, as an unsigned 32-bit integer. Partitions are chosen by it, with the seed 0. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let h = (end - start) ^ seed;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word =
      (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    h = Math.imul(h ^ word, MULTIPLIER_1);
    h ^= h >>> 15;
  }
  if (i < end) {
    let word = 0;
    for (let shift = 0; i < end; i++, shift += 8) word |= (bytes[i] as number) << shift;
    h = Math.imul(h ^ word, MULTIPLIER_1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, MULTIPLIER_2);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Bytes behind the texts that the kernel may overwrite. */
const SLACK = 8;

/** A growing dictionary: byte strings to dense codes, in the order of first sight. */
export class Interner {
  #bytes: Uint8Array;
  #used = 0;
  /** Its length is one more than the most entries that the table is for. */
  #offsets: Uint32Array;
  /** Slots of two words: the hash of an entry, its code plus one (0: free). */
  #table: Uint32Array;
  #size = 0;

  constructor(expectedEntries = 64, expectedBytes = expectedEntries * 16) {
    let capacity = 16;
    while (capacity < expectedEntries) capacity *= 2;
    this.#bytes = unsetBytes(Math.max(64, expectedBytes) + SLACK);
    this.#offsets = unsetUints(capacity + 1);
    this.#offsets[0] = 0;
    this.#table = zeroUints(capacity * 4);
  }

  get size(): number {
    return this.#size;
  }

  /** The code of `bytes[start .. end)`, a new one at first sight. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number = hashBytes(bytes, start, end, SEED)): number {
    const table = this.#table;
    const mask = table.length / 2 - 1;
    const length = end - start;
    let slot = hash & mask;
    for (;;) {
      const own = table[slot * 2 + 1] as number;
      if (own === 0) break;
      if (table[slot * 2] === hash) {
        const at = this.#offsets[own - 1] as number;
        if ((this.#offsets[own] as number) - at === length) {
          let i = 0;
          while (i < length && this.#bytes[at + i] === bytes[start + i]) i++;
          if (i === length) return own - 1;
        }
      }
      slot = (slot + 1) & mask;
    }
    table[slot * 2] = hash;
    table[slot * 2 + 1] = this.#size + 1;
    return this.#add(bytes, start, end);
  }

  internString(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    return this.intern(bytes, 0, bytes.length);
  }

  /** The codes of what `codes` into another dictionary stand for, to `to`; entries that no code uses are left out. */
  internCodes({ size, bytes, offsets }: Dictionary, codes: Uint32Array, to: Uint32Array): void {
    // One more than can come, so that nothing grows in scratch memory.
    this.#reserve(this.#size + Math.min(size, codes.length) + 1, this.#used + (offsets[size] as number) - (offsets[0] as number));
    inScratch(() => {
      const place = zeroUints(size); // of each entry its new code, plus one
      const fast = inKernel(local(codes), local(bytes), local(offsets), place, to, this.#table, this.#bytes, this.#offsets);
      if (fast !== undefined) {
        const [a, b, c, d, e, table, f, g] = fast.at;
        this.#size = fast.kernel.internCodes(a, codes.length, b, c, d, e, table, this.#table.length / 2 - 1, f, g, this.#size, SEED);
        this.#used = this.#offsets[this.#size] as number;
        return;
      }
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i] as number;
        if (place[code] === 0) place[code] = this.intern(bytes, offsets[code] as number, offsets[code + 1] as number) + 1;
        to[i] = (place[code] as number) - 1;
      }
    });
  }

  /** The entries so far. The views stay valid and unchanged when more entries come. */
  dictionary(): Dictionary {
    return { size: this.#size, offsets: this.#offsets.subarray(0, this.#size + 1), bytes: this.#bytes.subarray(0, this.#used) };
  }

  #add(bytes: Uint8Array, start: number, end: number): number {
    const code = this.#size;
    const length = end - start;
    this.#reserveBytes(this.#used + length);
    if (length > 24) this.#bytes.set(bytes.subarray(start, end), this.#used);
    else for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = bytes[start + i] as number;
    this.#used += length;
    this.#offsets[code + 1] = this.#used;
    this.#size++;
    this.#reserve(this.#size + 1, this.#used);
    return code;
  }

  /** Make room for so many entries with so many bytes in all. */
  #reserve(entries: number, bytes: number): void {
    this.#reserveBytes(bytes);
    if (entries < this.#offsets.length) return;
    let capacity = this.#offsets.length - 1;
    while (capacity < entries) capacity *= 2;
    const offsets = unsetUints(capacity + 1);
    offsets.set(this.#offsets);
    const table = zeroUints(capacity * 4);
    rehash(this.#table, table);
    this.#offsets = offsets;
    this.#table = table;
  }

  #reserveBytes(length: number): void {
    if (length + SLACK <= this.#bytes.length) return;
    const grown = unsetBytes(Math.max(this.#bytes.length * 2, length + SLACK));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }
}

/** Enter the slots of a table into an empty one. */
function rehash(from: Uint32Array, to: Uint32Array): void {
  const mask = to.length / 2 - 1;
  const fast = inKernel(from, to);
  if (fast !== undefined) {
    fast.kernel.rehash(fast.at[0], from.length / 2, fast.at[1], mask);
    return;
  }
  for (let i = 0; i < from.length; i += 2) {
    const own = from[i + 1] as number;
    if (own === 0) continue;
    let slot = (from[i] as number) & mask;
    while (to[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    to[slot * 2] = from[i] as number;
    to[slot * 2 + 1] = own;
  }
}
