/** Bytes kept for each open visit. */
const NOTE = 1024;
/** Room beyond the limit of the output, for the line that crosses it. */
const SLACK = 8192;

/**
 * One block of memory that lines are put together in, so that a line is a few copies within it and nothing is allocated:
 *
 *   | texts that lines are made of | output | a note of up to 1 KiB for each open visit |
 *
 * First every text is added, then the arena is sealed, then lines are put.
 */
export class Arena {
  bytes: Buffer = Buffer.alloc(1 << 20);
  /** Where the next byte of output goes. */
  at = 0;
  /** Output beyond here has to be taken away. */
  limit = 0;
  #output = 0;
  #notes = 0;
  #slots = 0;
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #noteLength = new Int32Array(0);

  /** Add a text, and get its number. */
  add(text: string): number {
    const size = Buffer.byteLength(text);
    while (this.at + size > this.bytes.length) this.#resize(this.bytes.length * 2);
    this.#from.push(this.at);
    this.at += this.bytes.write(text, this.at);
    this.#to.push(this.at);
    return this.#from.length - 1;
  }

  /** Make room for `room` bytes of output. */
  seal(room: number): this {
    this.#output = this.at;
    this.limit = this.at + room;
    this.#notes = this.limit + SLACK;
    this.#grow(1024);
    return this;
  }

  /** Put a text that was added. */
  put(text: number): void {
    this.#copy(this.#from[text] as number, this.#to[text] as number);
  }

  /** Put an integer below 2^31 with so many digits, leading zeros included. */
  putDigits(n: number, digits: number): void {
    const { bytes } = this;
    let rest = n;
    for (let i = this.at + digits - 1; i >= this.at; i--) {
      const tens = (rest / 10) | 0;
      bytes[i] = 48 + rest - tens * 10;
      rest = tens;
    }
    this.at += digits;
  }

  /** Put a few bytes. */
  putBytes(source: Uint8Array): void {
    const { bytes, at } = this;
    for (let i = 0; i < source.length; i++) bytes[at + i] = source[i] as number;
    this.at = at + source.length;
  }

  /** Note what every line of a visit has. */
  note(slot: number, text: string): void {
    if (slot >= this.#slots) this.#grow(this.#slots * 2);
    const length = this.bytes.write(text, this.#notes + slot * NOTE, NOTE);
    if (length === NOTE) throw new RangeError('a note is too long');
    this.#noteLength[slot] = length;
  }

  /** Put the note of a visit. */
  putNote(slot: number): void {
    const from = this.#notes + slot * NOTE;
    this.#copy(from, from + (this.#noteLength[slot] as number));
  }

  /** A copy of the output, and begin anew. */
  take(): Buffer {
    const output = Buffer.from(this.bytes.subarray(this.#output, this.at));
    this.at = this.#output;
    return output;
  }

  #copy(from: number, to: number): void {
    const { bytes } = this;
    if (to - from > 24) {
      bytes.copyWithin(this.at, from, to);
      this.at += to - from;
    } else {
      let { at } = this;
      for (let i = from; i < to; i++) bytes[at++] = bytes[i] as number;
      this.at = at;
    }
  }

  #grow(slots: number): void {
    this.#slots = slots;
    this.#resize(this.#notes + slots * NOTE);
    const lengths = new Int32Array(slots);
    lengths.set(this.#noteLength);
    this.#noteLength = lengths;
  }

  #resize(size: number): void {
    const bytes = Buffer.alloc(size);
    bytes.set(this.bytes.subarray(0, Math.min(size, this.bytes.length)));
    this.bytes = bytes;
  }
}
