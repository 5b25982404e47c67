/**
 * What a scanner fills: a dictionary a column of the byte strings it met, and rows of codes into them.
 *
 * Everything is integers in flat typed arrays, without an object or a string a row, so that the scanning loops translate
 * to WebAssembly as they are.
 *
 *   bytes   |lines of the shard ........|\n guard|distinct texts, each once ........|
 *   slots   |table of column 0|table of column 1|...|     4 integers a slot: hash, length, position in bytes, code (0: free)
 *   codes   |column 0, a code a row|column 1|...|
 *
 * Codes: 0 the field is absent, 1 its value has the wrong type, 2 it is given and empty, from 3 on distinct texts in the
 * order of first sight. A text is what stands between the delimiters, escapes and all.
 */

export const ABSENT = 0;
export const WRONG_TYPE = 1;
export const EMPTY = 2;
export const FIRST_CODE = 3;

/** What ends every scan that an unfinished string or list sends past the last line, whatever state it is in. */
const GUARD = Buffer.from('\n"]}"]}"]}        ');

/** Bytes past the guard that a scanner may read, though not believe. */
const SLACK = 64;

/** Longest separator between two values that is predicted, in 32-bit words. */
const PREDICTED_WORDS = 12;
/** Integers of a prediction: next column, length, whole words, mask of the last word, words. */
export const PREDICTION_STRIDE = 4 + PREDICTED_WORDS;

/** What bytes a new text may have. A text that a scanner finds must not go past its line. */
export const ANY_BYTE = 0;
export const NO_NEWLINE = 1;
export const NO_CONTROL = 2;
export const VISIBLE_ASCII = 3;
export type TextRule = typeof ANY_BYTE | typeof NO_NEWLINE | typeof NO_CONTROL | typeof VISIBLE_ASCII;

const INITIAL_SLOTS = 64;
export const MULTIPLIER_1 = 0x9e3779b1 | 0;
export const MULTIPLIER_2 = 0x85ebca6b | 0;

/**
 * Four bytes at a time: with `x = word ^ pattern`, `(x - ONES) & ~x & HIGH_BITS` is 0 where no byte of the word equals the
 * repeated byte of the pattern, else its lowest bit is in the first that does: `bitsBefore` of it are left of that byte.
 */
export const ONES = 0x01010101;
export const HIGH_BITS = 0x80808080 | 0;
export function bitsBefore(found: number): number {
  return (31 - Math.clz32(found & -found)) & 24;
}

/** A column's distinct texts; entry `code` is `bytes[positions[code] .. + lengths[code])`. Codes below FIRST_CODE have none. */
export interface ScannedTexts {
  readonly size: number;
  readonly positions: Int32Array;
  readonly lengths: Int32Array;
  /** 1 where the text holds a backslash. */
  readonly escaped: Uint8Array;
}

/** Hash of a text; the scanners compute the same on the fly, four bytes at a time. */
export function hashText(view: DataView, start: number, end: number): number {
  let h = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    h = Math.imul(h ^ view.getInt32(i, true), MULTIPLIER_1);
    h ^= h >>> 15;
  }
  if (i < end) {
    h = Math.imul(h ^ (view.getInt32(i, true) & ((1 << ((end - i) << 3)) - 1)), MULTIPLIER_1);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (end - start), MULTIPLIER_2);
  return h ^ (h >>> 13);
}

/** Whether two texts of one length and hash are equal. The hash tells all texts of up to four bytes apart. */
function equalTexts(view: DataView, a: number, b: number, length: number): boolean {
  const last = length - 4;
  if (last <= 0) return true;
  for (let i = 0; i < last; i += 4) {
    if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false;
  }
  return view.getInt32(a + last, true) === view.getInt32(b + last, true);
}

export class ScanMemory {
  readonly columns: number;
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** The same bytes. */
  #buffer = Buffer.from(this.bytes.buffer);
  slots: Int32Array;
  /** 2 integers a column: where its table begins in `slots`, and its number of slots less one. */
  readonly tables: Int32Array;
  codes: Int32Array;
  times: Float64Array;
  /** Of each row its first byte, the byte after its last, and the number of its line. */
  starts: Int32Array;
  ends: Int32Array;
  numbers: Int32Array;
  capacity: number;
  rows = 0;
  /** Lines so far, empty ones too. */
  lines = 0;
  /** PREDICTION_STRIDE integers for each column that can come before: what followed it last time. */
  readonly predictions: Int32Array;
  /** Fields whose names are none of ours. */
  unknown = 0;
  /** One bit a column: some row has WRONG_TYPE. */
  wrongTypes = 0;

  #size = 0;
  #used = 0;
  #slotsUsed = 0;
  readonly #sizes: Int32Array;
  readonly #positions: Int32Array[];
  readonly #lengths: Int32Array[];
  readonly #escaped: Uint8Array[];

  constructor(columns: number, capacity = 4096) {
    this.columns = columns;
    this.slots = new Int32Array(columns * INITIAL_SLOTS * 4);
    this.tables = new Int32Array(columns * 2);
    for (let c = 0; c < columns; c++) this.tables[c * 2 + 1] = INITIAL_SLOTS - 1;
    this.#sizes = new Int32Array(columns).fill(FIRST_CODE);
    this.#positions = Array.from({ length: columns }, () => new Int32Array(INITIAL_SLOTS));
    this.#lengths = Array.from({ length: columns }, () => new Int32Array(INITIAL_SLOTS));
    this.#escaped = Array.from({ length: columns }, () => new Uint8Array(INITIAL_SLOTS));
    this.capacity = capacity;
    this.codes = new Int32Array(columns * capacity);
    this.times = new Float64Array(capacity);
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.numbers = new Int32Array(capacity);
    this.predictions = new Int32Array((columns + 4) * PREDICTION_STRIDE);
  }

  /** Forget the shard before, and take the lines of the next; the last one may lack its end. */
  load(input: Uint8Array): void {
    this.#size = input.length;
    this.#used = input.length + GUARD.length;
    this.#reserve(0);
    this.bytes.set(input);
    this.bytes.set(GUARD, input.length);
    this.codes.fill(0);
    this.rows = 0;
    this.lines = 0;
    this.unknown = 0;
    this.wrongTypes = 0;
    let at = 0;
    for (let c = 0; c < this.columns; c++) {
      this.tables[c * 2] = at;
      let slots = INITIAL_SLOTS;
      while (slots < (this.#sizes[c] as number) * 2) slots *= 2;
      this.tables[c * 2 + 1] = slots - 1;
      at += slots * 4;
      this.#sizes[c] = FIRST_CODE;
    }
    if (at > this.slots.length) this.slots = new Int32Array(at * 2);
    this.slots.fill(0, 0, at);
    this.#slotsUsed = at;
  }

  /** Where the last line ends. */
  get size(): number {
    return this.#size;
  }

  texts(column: number): ScannedTexts {
    return {
      size: this.#sizes[column] as number,
      positions: this.#positions[column] as Int32Array,
      lengths: this.#lengths[column] as Int32Array,
      escaped: this.#escaped[column] as Uint8Array,
    };
  }

  /** A text as a string. */
  textAt(start: number, length: number): string {
    return this.#buffer.toString('utf8', start, start + length);
  }

  /** The codes of a column, a row each. */
  codesOf(column: number): Int32Array {
    return this.codes.subarray(column * this.capacity, column * this.capacity + this.rows);
  }

  /**
   * The code of the text `bytes[start .. end)`, a new one at first sight; -1 where it is new and breaks `rule`: a text is
   * never entered with a byte that it cannot have, such as a line's end. `hash` is that of hashText.
   */
  internAt(column: number, start: number, end: number, rule: TextRule, hash: number = hashText(this.view, start, end)): number {
    if (start === end) return EMPTY;
    const length = end - start;
    const base = this.tables[column * 2] as number;
    const mask = this.tables[column * 2 + 1] as number;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = base + i * 4;
      const code = this.slots[slot + 3] as number;
      if (code === 0) return this.enter(column, hash, start, length, slot, rule);
      if (
        this.slots[slot] === hash &&
        this.slots[slot + 1] === length &&
        equalTexts(this.view, this.slots[slot + 2] as number, start, length)
      ) {
        return code;
      }
    }
  }

  /** The code of a text that does not stand in the shard, or not as it should. */
  intern(column: number, text: string): number {
    const most = text.length * 3;
    this.#reserve(most);
    const start = this.#used + most;
    return this.internAt(column, start, start + this.#buffer.write(text, start), ANY_BYTE);
  }

  /** Enter a text that is not in its table yet, by copying it to the others; see internAt. */
  enter(column: number, hash: number, start: number, length: number, slot: number, rule: TextRule): number {
    const { bytes } = this;
    const position = this.#used;
    let escaped = 0;
    for (let i = 0; i < length; i++) {
      const c = bytes[start + i] as number;
      if (c < 33 || c > 126) {
        if (rule === VISIBLE_ASCII || (rule === NO_CONTROL && c < 32) || (rule === NO_NEWLINE && c === 10)) return -1;
      } else if (c === 92) escaped = 1;
      bytes[position + i] = c;
    }
    this.#used = position + length;
    const code = this.#sizes[column] as number;
    this.slots[slot] = hash;
    this.slots[slot + 1] = length;
    this.slots[slot + 2] = position;
    this.slots[slot + 3] = code;
    (this.#positions[column] as Int32Array)[code] = position;
    (this.#lengths[column] as Int32Array)[code] = length;
    (this.#escaped[column] as Uint8Array)[code] = escaped;
    this.#sizes[column] = code + 1;
    if ((code + 1) * 2 > (this.tables[column * 2 + 1] as number)) this.#growTable(column);
    return code;
  }

  /** Enter a line that the caller has read as a row; `codes` has a code for each column that is not absent. */
  enterRow(start: number, end: number, time: number, codes: readonly (number | undefined)[]): void {
    if (this.rows === this.capacity) this.growRows();
    const row = this.rows++;
    for (let c = 0; c < this.columns; c++) {
      const code = codes[c] ?? ABSENT;
      if (code === WRONG_TYPE) this.wrongTypes |= 1 << c;
      this.codes[c * this.capacity + row] = code;
    }
    this.times[row] = time;
    this.starts[row] = start;
    this.ends[row] = end;
    this.numbers[row] = ++this.lines;
  }

  /** Room for more rows. */
  growRows(): void {
    const capacity = this.capacity * 2;
    const codes = new Int32Array(this.columns * capacity);
    for (let c = 0; c < this.columns; c++) codes.set(this.codesOf(c), c * capacity);
    this.codes = codes;
    this.times = grow(this.times, new Float64Array(capacity));
    this.starts = grow(this.starts, new Int32Array(capacity));
    this.ends = grow(this.ends, new Int32Array(capacity));
    this.numbers = grow(this.numbers, new Int32Array(capacity));
    this.capacity = capacity;
  }

  /** Remember that `next` came after `previous` with the separator `bytes[start .. end)` between their values. */
  predict(previous: number, next: number, start: number, end: number): void {
    const length = end - start;
    if (length > PREDICTED_WORDS * 4) return;
    const { predictions } = this;
    const at = previous * PREDICTION_STRIDE;
    const words = length >> 2;
    const mask = (1 << ((length & 3) << 3)) - 1;
    predictions[at] = next;
    predictions[at + 1] = length;
    predictions[at + 2] = words;
    predictions[at + 3] = mask;
    for (let i = 0; i < words; i++) predictions[at + 4 + i] = this.view.getInt32(start + i * 4, true);
    if (mask !== 0) predictions[at + 4 + words] = this.view.getInt32(start + words * 4, true) & mask;
  }

  #growTable(column: number): void {
    const { tables } = this;
    const slots = ((tables[column * 2 + 1] as number) + 1) * 2;
    const base = this.#slotsUsed;
    this.#slotsUsed = base + slots * 4;
    if (this.#slotsUsed > this.slots.length) this.slots = grow(this.slots, new Int32Array(this.#slotsUsed * 2));
    else this.slots.fill(0, base, this.#slotsUsed);
    const old = tables[column * 2] as number;
    const mask = slots - 1;
    for (let from = old; from < old + slots * 2; from += 4) {
      if (this.slots[from + 3] === 0) continue;
      let i = (this.slots[from] as number) & mask;
      while (this.slots[base + i * 4 + 3] !== 0) i = (i + 1) & mask;
      this.slots.copyWithin(base + i * 4, from, from + 4);
    }
    tables[column * 2] = base;
    tables[column * 2 + 1] = mask;
    if ((this.#positions[column] as Int32Array).length >= slots) return;
    this.#positions[column] = grow(this.#positions[column] as Int32Array, new Int32Array(slots));
    this.#lengths[column] = grow(this.#lengths[column] as Int32Array, new Int32Array(slots));
    this.#escaped[column] = grow(this.#escaped[column] as Uint8Array, new Uint8Array(slots));
  }

  /**
   * Room for texts: as much as a scan of the whole shard can enter, for a scan must not move `bytes`; and `length` more for a text
   * that does not stand in the shard, together with a place where it is before it is entered.
   */
  #reserve(length: number): void {
    const needed = this.#used + this.#size + length * 2 + SLACK;
    if (needed <= this.bytes.length) return;
    this.bytes = grow(this.bytes, new Uint8Array(needed + (needed >> 2)));
    this.view = new DataView(this.bytes.buffer);
    this.#buffer = Buffer.from(this.bytes.buffer);
  }
}

function grow<T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
