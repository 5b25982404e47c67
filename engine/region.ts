/*
 * Memory for the arrays of one task.
 *
 * A task makes thousands of typed arrays and drops all of them when it ends. Made one by one, each is pages fresh from the
 * operating system, and V8 collects garbage whenever 64 MB of them have come together. Cut from chunks that stay from task to
 * task they cost next to nothing.
 *
 * What is made inside `inRegion` must not be used after it: a task's results are plain data and files. Outside of it the
 * same calls make ordinary arrays.
 */
const CHUNK_BYTES = 8 << 20;
/** What a large task makes beyond this is left to the garbage collector, which can free it before the task ends. */
const REGION_BYTES = 64 << 20;
/** Shorter arrays lie in V8's own heap and are cheap there. */
const SHORT = 64;

const NONE = new ArrayBuffer(0);

const chunks: ArrayBuffer[] = [];
let active = false;
/** The chunk that is cut from, and where its rest begins. */
let index = -1;
let chunk = NONE;
let used = 0;

/** Run a task's synchronous work; the arrays that it makes end with it. */
export function inRegion<T>(work: () => T): T {
  if (active) return work();
  active = true;
  try {
    return work();
  } finally {
    active = false;
    index = -1;
    chunk = NONE;
    used = 0;
  }
}

/** Zeros. */
export function zeroUints(n: number): Uint32Array<ArrayBuffer> {
  return unsetUints(n).fill(0);
}

/** Zeros. */
export function zeroFloats(n: number): Float64Array<ArrayBuffer> {
  return unsetFloats(n).fill(0);
}

/** Zeros. */
export function zeroBytes(n: number): Uint8Array<ArrayBuffer> {
  return unsetBytes(n).fill(0);
}

/** For who writes every entry: what they hold at first is not certain. */
export function unsetUints(n: number): Uint32Array<ArrayBuffer> {
  const at = active && n >= SHORT ? cut(n * 4) : -1;
  return at < 0 ? new Uint32Array(n) : new Uint32Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetShorts(n: number): Uint16Array<ArrayBuffer> {
  const at = active && n >= SHORT ? cut(n * 2) : -1;
  return at < 0 ? new Uint16Array(n) : new Uint16Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetFloats(n: number): Float64Array<ArrayBuffer> {
  const at = active && n >= SHORT ? cut(n * 8) : -1;
  return at < 0 ? new Float64Array(n) : new Float64Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetBytes(n: number): Uint8Array<ArrayBuffer> {
  const at = active && n >= SHORT ? cut(n) : -1;
  return at < 0 ? new Uint8Array(n) : new Uint8Array(chunk, at, n);
}

/** Where in `chunk` there is room for so many bytes; -1 where the region is full. */
function cut(length: number): number {
  if (length > CHUNK_BYTES) return -1;
  if (used + length > chunk.byteLength) {
    if ((index + 2) * CHUNK_BYTES > REGION_BYTES) return -1;
    chunk = chunks[++index] ??= new ArrayBuffer(CHUNK_BYTES);
    used = 0;
  }
  const at = used;
  used = (at + length + 7) & ~7;
  return at;
}
