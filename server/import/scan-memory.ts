/**
 * What a scan found, as its readers see it: a dictionary a column of the byte strings it met, and rows of codes into them.
 */
import { unsetBytes, unsetUints, type Dictionary } from '../../engine/index.js';
import type { ScanKernel } from './scan-kernel.js';

/** Codes of a row's field: it is absent, its value has the wrong type, it is given and empty; from FIRST_CODE on, texts. */
export const ABSENT = 0;
export const WRONG_TYPE = 1;
export const EMPTY = 2;
export const FIRST_CODE = 3;

/** What ends every scan that an unfinished string or list sends past the last line, whatever state it is in. */
const GUARD = Buffer.from('\n"]}"]}"]}        ');

/** A column's distinct texts, by their codes from FIRST_CODE on. A text is as it was written, escapes and all. */
export class ScannedTexts {
  readonly size: number;
  /** Of each code: position, length, whether there is a backslash, and a word that is the kernel's. */
  readonly #entries: Int32Array;

  constructor(size: number, entries: Int32Array) {
    this.size = size;
    this.#entries = entries;
  }

  position(code: number): number {
    return this.#entries[code * 4] as number;
  }

  length(code: number): number {
    return this.#entries[code * 4 + 1] as number;
  }

  isEscaped(code: number): boolean {
    return this.#entries[code * 4 + 2] !== 0;
  }
}

export abstract class ScanMemory {
  readonly columns: number;
  /** One bit a column: some row has WRONG_TYPE. */
  wrongTypes = 0;
  /** Where the first line begins, and where the last one ends. */
  start = 0;
  end = 0;
  protected readonly kernel: ScanKernel;
  #bytes = Buffer.alloc(0);
  #scratch = 0;
  #scratchSize = 0;

  constructor(kernel: ScanKernel, columns: number) {
    this.kernel = kernel;
    this.columns = columns;
  }

  /** Forget the shard before, and make a place for so many bytes of the next. It is good until something is scanned. */
  room(size: number): Buffer {
    this.start = this.begin(size + GUARD.length, Math.floor(Math.random() * 2 ** 32) | 0);
    this.wrongTypes = 0;
    this.#scratchSize = 0;
    return this.bytes.subarray(this.start, this.start + size);
  }

  /** Take the lines of the next shard; the last one may lack its end. They may lie in the room that was made for them. */
  load(input: Uint8Array): void {
    if (input.buffer === this.kernel.buffer()) this.start = input.byteOffset;
    else this.room(input.length).set(input);
    this.end = this.start + input.length;
    this.bytes.set(GUARD, this.end);
  }

  /** Make the kernel ready, and a place for so many bytes; `seed` is that of its hashes. */
  protected abstract begin(size: number, seed: number): number;

  /** Scan `[from, to)`, both where a line begins. Returns `to`, or the first byte of a line that is left to the caller. */
  abstract scan(from: number, to: number): number;

  /** All of the memory. It is another when the kernel has entered what is new. */
  get bytes(): Buffer {
    const buffer = this.kernel.buffer();
    if (this.#bytes.buffer !== buffer) this.#bytes = Buffer.from(buffer);
    return this.#bytes;
  }

  get rows(): number {
    return this.kernel.rowCount();
  }

  /** Lines so far, empty ones too. */
  get lines(): number {
    return this.kernel.lineCount();
  }

  /** Fields whose names are none of ours. */
  get unknown(): number {
    return this.kernel.unknownFields();
  }

  /** Ms since the epoch of each row, NaN where there is no time. */
  get times(): Float64Array {
    return new Float64Array(this.kernel.buffer(), this.kernel.timesAt(), this.rows);
  }

  /** Of each row its first byte, the byte after its last, and the number of its line. */
  get starts(): Int32Array {
    return this.#words(this.kernel.startsAt(), this.rows);
  }

  get ends(): Int32Array {
    return this.#words(this.kernel.endsAt(), this.rows);
  }

  get numbers(): Int32Array {
    return this.#words(this.kernel.numbersAt(), this.rows);
  }

  /** The codes of a column, a row each. */
  codesOf(column: number): Int32Array {
    return this.#words(this.kernel.codesAt(column), this.rows);
  }

  texts(column: number): ScannedTexts {
    const size = this.kernel.textCount(column);
    return new ScannedTexts(size, this.#words(this.kernel.entriesAt(column), size * 4));
  }

  /**
   * The texts of a column as they stand in the lines, the code `code - FIRST_CODE + 1` for each, and an empty one before them;
   * undefined where one is escaped or longer than `longest` bytes. The memory may move.
   */
  plainTexts(column: number, longest: number): Dictionary | undefined {
    if (this.kernel.hasEscaped(column) || this.kernel.longestText(column) > longest) return undefined;
    const size = this.kernel.textCount(column) - FIRST_CODE + 1;
    const at = this.kernel.layOut(column);
    const offsets = unsetUints(size + 1);
    offsets.set(this.#words(at, size + 1));
    const length = offsets[size] as number;
    const bytes = unsetBytes(length);
    bytes.set(new Uint8Array(this.kernel.buffer(), at + (size + 1) * 4, length));
    this.kernel.release(at);
    return { size, offsets, bytes };
  }

  /** A text as a string. */
  textAt(start: number, length: number): string {
    return this.bytes.toString('utf8', start, start + length);
  }

  /** The code of a text that does not stand in the shard, or not as it should. */
  intern(column: number, text: string): number {
    if (text === '') return EMPTY;
    const most = text.length * 3;
    if (most > this.#scratchSize) {
      this.#scratch = this.kernel.allocate(most);
      this.#scratchSize = most;
    }
    return this.kernel.intern(column, this.#scratch, this.bytes.write(text, this.#scratch), 0);
  }

  /** Enter a line that the caller has read as a row; `codes` has a code for each column that is not absent. */
  enterRow(start: number, end: number, time: number, codes: readonly (number | undefined)[]): void {
    this.kernel.reserveRow();
    for (let column = 0; column < this.columns; column++) {
      const code = codes[column] ?? ABSENT;
      if (code === WRONG_TYPE) this.wrongTypes |= 1 << column;
      this.kernel.setCode(column, code);
    }
    this.kernel.endRow(start, end, time);
  }

  /** Count a line that is no row; its number, from 1. */
  countLine(): number {
    return this.kernel.countLine();
  }

  #words(at: number, length: number): Int32Array {
    return new Int32Array(this.kernel.buffer(), at, length);
  }
}
