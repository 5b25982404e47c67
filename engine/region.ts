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
/** Kept for the next task; what a larger one had beyond that goes back. */
const KEPT_BYTES = 64 << 20;
/** Shorter arrays lie in V8's own heap and are cheap there. */
const SHORT = 64;

const chunks: ArrayBuffer[] = [];
let active = false;
/** The chunk that is cut from, and where its rest begins. */
let index = -1;
let chunk = new ArrayBuffer(0);
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
    chunk = new ArrayBuffer(0);
    used = 0;
    let kept = 0;
    const over = chunks.findIndex((c) => (kept += c.byteLength) > KEPT_BYTES);
    if (over >= 0) chunks.length = over;
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
  if (!active || n < SHORT) return new Uint32Array(n);
  const at = cut(n * 4);
  return new Uint32Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetShorts(n: number): Uint16Array<ArrayBuffer> {
  if (!active || n < SHORT) return new Uint16Array(n);
  const at = cut(n * 2);
  return new Uint16Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetFloats(n: number): Float64Array<ArrayBuffer> {
  if (!active || n < SHORT) return new Float64Array(n);
  const at = cut(n * 8);
  return new Float64Array(chunk, at, n);
}

/** See unsetUints. */
export function unsetBytes(n: number): Uint8Array<ArrayBuffer> {
  if (!active || n < SHORT) return new Uint8Array(n);
  const at = cut(n);
  return new Uint8Array(chunk, at, n);
}

/** Where in `chunk` there is room for so many bytes. */
function cut(length: number): number {
  while (used + length > chunk.byteLength) {
    index++;
    const next = chunks[index];
    if (next === undefined) chunks.push((chunk = new ArrayBuffer(Math.max(CHUNK_BYTES, length))));
    else chunk = next;
    used = 0;
  }
  const at = used;
  used = (at + length + 7) & ~7;
  return at;
}
