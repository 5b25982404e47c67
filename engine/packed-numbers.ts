import { inKernel, inScratch, unsetBytes, unsetFloats, unsetShorts, unsetUints } from './region.js';

/** Numbers as a block holds them; width 0 is a constant, 1, 2 and 4 an unsigned distance from `base`, 8 a double. */
export type PackedNumbers = [base: number, width: number, bytes: Uint8Array];

export function packFloats(values: Float64Array): PackedNumbers {
  if (values.length === 0) return [0, 0, new Uint8Array(0)];
  const { least, greatest, whole } = boundsOfFloats(values);
  const range = greatest - least;
  return whole && range <= 0xffffffff ? packDistances(values, least, range) : [0, 8, bytesOf(values)];
}

export function packUints(values: Uint32Array): PackedNumbers {
  if (values.length === 0) return [0, 0, new Uint8Array(0)];
  const { least, greatest } = boundsOfUints(values);
  return packDistances(values, least, greatest - least);
}

/** Numbers from 0 up to `greatest`. */
export function packUpTo(values: Uint32Array, greatest: number): PackedNumbers {
  return packDistances(values, 0, greatest);
}

/** `whole`: all are safe integers, and none is -0. */
function boundsOfFloats(values: Float64Array): { least: number; greatest: number; whole: boolean } {
  const bounds = inScratch(() => {
    const out = unsetFloats(2);
    const fast = inKernel(values, out);
    if (fast === undefined) return undefined;
    const whole = fast.kernel.boundsOfFloats(fast.at[0], values.length, fast.at[1]) !== 0;
    return { least: out[0] as number, greatest: out[1] as number, whole };
  });
  if (bounds !== undefined) return bounds;
  let least = values[0] as number;
  let greatest = least;
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < least) least = v;
    if (v > greatest) greatest = v;
    if (whole && !(Number.isSafeInteger(v) && !Object.is(v, -0))) whole = false;
  }
  return { least, greatest, whole };
}

function boundsOfUints(values: Uint32Array): { least: number; greatest: number } {
  const bounds = inScratch(() => {
    const out = unsetUints(2);
    const fast = inKernel(values, out);
    if (fast === undefined) return undefined;
    fast.kernel.boundsOfWords(fast.at[0], values.length, fast.at[1]);
    return { least: out[0] as number, greatest: out[1] as number };
  });
  if (bounds !== undefined) return bounds;
  let least = 0xffffffff;
  let greatest = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < least) least = v;
    if (v > greatest) greatest = v;
  }
  return { least, greatest };
}

function packDistances(values: Float64Array | Uint32Array, base: number, range: number): PackedNumbers {
  if (range === 0) return [base, 0, new Uint8Array(0)];
  const n = values.length;
  const to = range <= 0xff ? unsetBytes(n) : range <= 0xffff ? unsetShorts(n) : unsetUints(n);
  const width = to.BYTES_PER_ELEMENT;
  const fast = inKernel(values, to);
  if (fast !== undefined)
    fast.kernel[values instanceof Uint32Array ? 'narrowWords' : 'narrowFloats'](fast.at[0], n, base, width, fast.at[1]);
  else for (let i = 0; i < n; i++) to[i] = (values[i] as number) - base;
  return [base, width, bytesOf(to)];
}

export function unpackUints([base, width, bytes]: PackedNumbers, n: number): Uint32Array {
  const out = unsetUints(n);
  if (width === 0) return out.fill(base);
  const fast = inKernel(bytes, out);
  if (fast !== undefined) {
    fast.kernel.widenWords(fast.at[0], n, base, width, fast.at[1]);
    return out;
  }
  const distances = aligned(width, bytes);
  for (let i = 0; i < n; i++) out[i] = base + (distances[i] as number);
  return out;
}

export function unpackFloats([base, width, bytes]: PackedNumbers, n: number): Float64Array {
  const out = unsetFloats(n);
  if (width === 0) return out.fill(base);
  if (width === 8) {
    bytesOf(out).set(bytes);
    return out;
  }
  const fast = inKernel(bytes, out);
  if (fast !== undefined) {
    fast.kernel.widenFloats(fast.at[0], n, base, width, fast.at[1]);
    return out;
  }
  const distances = aligned(width, bytes);
  for (let i = 0; i < n; i++) out[i] = base + (distances[i] as number);
  return out;
}

/** Where lists of packed lengths begin, and where the last one ends. */
export function unpackOffsets(lengths: PackedNumbers, n: number): Uint32Array {
  const offsets = unsetUints(n + 1);
  inScratch(() => {
    const own = unpackUints(lengths, n);
    const fast = inKernel(own, offsets);
    if (fast !== undefined) {
      fast.kernel.placesOf(fast.at[0], n, fast.at[1]);
      return;
    }
    offsets[0] = 0;
    for (let i = 0; i < n; i++) offsets[i + 1] = (offsets[i] as number) + (own[i] as number);
  });
  return offsets;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A copy, because a block's bytes are not aligned. */
function aligned(width: number, bytes: Uint8Array): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return bytes;
  const to = width === 2 ? new Uint16Array(bytes.length / 2) : new Uint32Array(bytes.length / 4);
  bytesOf(to).set(bytes);
  return to;
}
