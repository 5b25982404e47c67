/**
 * The memory that a scan works on, and what is done to many bytes at once. This is the plain version; AssemblyScript takes
 * wasm/machine.ts for it, which gives the same answers but for hashes. All places are bytes from the beginning of the memory.
 */
const MULTIPLIER_1 = 0x9e3779b1 | 0;
const MULTIPLIER_2 = 0x85ebca6b | 0;

let bytes = new Uint8Array(1 << 16);
let view = new DataView(bytes.buffer);

/** Memory before this place is not ours. */
export const BASE: i32 = 0;

/** Bits of traitsOf. */
export const HAS_CONTROL: i32 = 1;
export const HAS_NEWLINE: i32 = 2;
export const HAS_INVISIBLE: i32 = 4;
export const HAS_BACKSLASH: i32 = 8;

/** The memory, which moves when it grows. */
export function buffer(): ArrayBuffer {
  return bytes.buffer;
}

/** Make the memory at least so long; what is new is zero. */
export function ensure(length: i32): void {
  if (length <= bytes.length) return;
  const grown = new Uint8Array(length + (length >> 2));
  grown.set(bytes);
  bytes = grown;
  view = new DataView(grown.buffer);
}

export function byteAt(at: i32): i32 {
  return bytes[at] as number;
}

/** 32 bits, little-endian. */
export function wordAt(at: i32): i32 {
  return view.getInt32(at, true);
}

export function setWord(at: i32, value: i32): void {
  view.setInt32(at, value, true);
}

export function setFloat(at: i32, value: f64): void {
  view.setFloat64(at, value, true);
}

export function copyBytes(to: i32, from: i32, length: i32): void {
  bytes.copyWithin(to, from, from + length);
}

export function clearBytes(at: i32, length: i32): void {
  bytes.fill(0, at, at + length);
}

/** The first place from `from` on where `byte` stands. There must be one; up to 15 bytes behind it are read. */
export function find(byte: i32, from: i32): i32 {
  return bytes.indexOf(byte, from);
}

/** Up to 15 bytes behind the text are read. */
export function hashText(start: i32, length: i32, seed: i32): i32 {
  const end = start + length;
  let h = length ^ seed;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    h = Math.imul(h ^ wordAt(i), MULTIPLIER_1);
    h ^= h >>> 15;
  }
  if (i < end) {
    h = Math.imul(h ^ (wordAt(i) & ((1 << ((end - i) << 3)) - 1)), MULTIPLIER_1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, MULTIPLIER_2);
  return h ^ (h >>> 13);
}

/** Whether the texts at `a` and `b` are equal. Up to 15 bytes behind them are read. */
export function areEqual(a: i32, b: i32, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (bytes[a + i] !== bytes[b + i]) return false;
  }
  return true;
}

/** What kinds of bytes a text has, as bits. Up to 15 bytes behind it are read. */
export function traitsOf(start: i32, length: i32): i32 {
  let traits = 0;
  for (let i = start; i < start + length; i++) {
    const c = bytes[i] as number;
    if (c < 33 || c > 126) traits |= HAS_INVISIBLE;
    if (c < 32) traits |= HAS_CONTROL;
    if (c === 10) traits |= HAS_NEWLINE;
    if (c === 92) traits |= HAS_BACKSLASH;
  }
  return traits;
}
