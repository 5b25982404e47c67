import { unsetBytes, unsetUints } from './region.js';
import type { Dictionary } from './column.js';

/**
 * FNV-1a over bytes with a final mix, as an unsigned 32-bit integer. Stable across versions: partitions are chosen by it.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A free place of the table. */
const NONE = 0xffffffff;

/** A growing dictionary: byte strings to dense codes, in the order of first sight. */
export class Interner {
  #bytes: Uint8Array;
  #used = 0;
  #offsets: Uint32Array;
  #hashes: Uint32Array;
  #table: Uint32Array;
  #size = 0;

  constructor(expectedEntries = 64, expectedBytes = expectedEntries * 16) {
    let capacity = 16;
    while (capacity < expectedEntries) capacity *= 2;
    this.#bytes = unsetBytes(Math.max(64, expectedBytes));
    this.#offsets = unsetUints(capacity + 1);
    this.#offsets[0] = 0;
    this.#hashes = unsetUints(capacity);
    this.#table = unsetUints(capacity * 2).fill(NONE);
  }

  get size(): number {
    return this.#size;
  }

  /** The code of `bytes[start .. end)`, a new one at first sight. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number = hashBytes(bytes, start, end)): number {
    const mask = this.#table.length - 1;
    const length = end - start;
    let slot = hash & mask;
    for (;;) {
      const code = this.#table[slot] as number;
      if (code === NONE) break;
      if (this.#hashes[code] === hash) {
        const at = this.#offsets[code] as number;
        if ((this.#offsets[code + 1] as number) - at === length) {
          let i = 0;
          while (i < length && this.#bytes[at + i] === bytes[start + i]) i++;
          if (i === length) return code;
        }
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes, start, end, hash, slot);
  }

  internString(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    return this.intern(bytes, 0, bytes.length);
  }

  /** The entries so far. The views stay valid and unchanged when more entries come. */
  dictionary(): Dictionary {
    return { size: this.#size, offsets: this.#offsets.subarray(0, this.#size + 1), bytes: this.#bytes.subarray(0, this.#used) };
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#size;
    const length = end - start;
    if (this.#used + length > this.#bytes.length) {
      const grown = unsetBytes(Math.max(this.#bytes.length * 2, this.#used + length));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    if (length > 24) this.#bytes.set(bytes.subarray(start, end), this.#used);
    else for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = bytes[start + i] as number;
    this.#used += length;
    this.#hashes[code] = hash;
    this.#offsets[code + 1] = this.#used;
    this.#table[slot] = code;
    this.#size++;
    if (this.#size === this.#hashes.length) this.#grow();
    return code;
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    const hashes = unsetUints(capacity);
    hashes.set(this.#hashes);
    const offsets = unsetUints(capacity + 1);
    offsets.set(this.#offsets);
    const table = unsetUints(capacity * 2).fill(NONE);
    const mask = table.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let slot = (hashes[code] as number) & mask;
      while (table[slot] !== NONE) slot = (slot + 1) & mask;
      table[slot] = code;
    }
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#table = table;
  }
}
