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

/** A growing dictionary: byte strings to dense codes, in the order of first sight. */
export class Interner {
  #bytes: Uint8Array;
  #used = 0;
  #offsets: Uint32Array;
  #hashes: Uint32Array;
  #table: Int32Array;
  #size = 0;

  constructor(expectedEntries = 64, expectedBytes = expectedEntries * 16) {
    let capacity = 16;
    while (capacity < expectedEntries) capacity *= 2;
    this.#bytes = new Uint8Array(Math.max(64, expectedBytes));
    this.#offsets = new Uint32Array(capacity + 1);
    this.#hashes = new Uint32Array(capacity);
    this.#table = new Int32Array(capacity * 2).fill(-1);
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
      if (code < 0) break;
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
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + length));
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
    const hashes = new Uint32Array(capacity);
    hashes.set(this.#hashes);
    const offsets = new Uint32Array(capacity + 1);
    offsets.set(this.#offsets);
    const table = new Int32Array(capacity * 2).fill(-1);
    const mask = table.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let slot = (hashes[code] as number) & mask;
      while ((table[slot] as number) >= 0) slot = (slot + 1) & mask;
      table[slot] = code;
    }
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#table = table;
  }
}
