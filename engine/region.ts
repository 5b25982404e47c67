/*
 * Memory for the arrays of one task.
 *
 * A task makes thousands of typed arrays and drops all of them when it ends. Made one by one, each is pages fresh from the
 * operating system, and V8 collects garbage whenever 64 MB of them have come together. Cut from one memory that stays from
 * task to task they cost next to nothing, and the kernel can work on them.
 *
 * What is made inside `inRegion` must not be used after it: a task's results are plain data and files. Outside of it the
 * same calls make ordinary arrays.
 */
import { loadKernel, type Kernel } from './kernel.js';

/** What a large task makes beyond this is left to the garbage collector, which can free it before the task ends. */
const REGION_BYTES = 128 << 20;
/** Bytes behind an array that the kernel may touch. */
const SLACK = 64;

let memory: ArrayBuffer | undefined;
let kernel: Kernel | undefined;
let base = 0;
let active = false;
/** Where the rest of the memory begins. */
let used = 0;
/** How long what is made now is there: until its scratch, or its region, ends. */
let lifetime: Lifetime = { isOver: false };

export interface Lifetime {
  readonly isOver: boolean;
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Run a task's synchronous work; the arrays that it makes end with it. */
export function inRegion<T>(work: () => T): T {
  if (active) return work();
  open();
  active = true;
  used = base;
  const end = begin();
  try {
    return work();
  } finally {
    active = false;
    end();
  }
}

/** Begin a lifetime inside the one that is; what is returned ends it, and frees what was made in it. */
function begin(): () => void {
  const outer = lifetime;
  const own = { isOver: false };
  const before = used;
  lifetime = own;
  return () => {
    own.isOver = true;
    lifetime = outer;
    used = before;
  };
}

/** How long what is made now is there, for who keeps it. */
export function currentLifetime(): Lifetime {
  return lifetime;
}

function open(): void {
  if (memory !== undefined) return;
  const loaded = loadKernel();
  kernel = loaded?.kernel;
  memory = loaded?.memory ?? new ArrayBuffer(REGION_BYTES);
  base = loaded?.base ?? 0;
}

/** Run work whose arrays nobody uses after it. */
export function inScratch<T>(work: () => T): T {
  const end = begin();
  try {
    return work();
  } finally {
    end();
  }
}

/** As inScratch, one item after the other: what is made of one is used before the next is asked for. */
export function* eachInScratch<A, T>(items: Iterable<A>, work: (item: A) => T): Generator<T> {
  for (const item of items) {
    const end = begin();
    try {
      yield work(item);
    } finally {
      end();
    }
  }
}

/** The kernel, and where in its memory the arrays lie; undefined unless all of them do. */
export function inKernel<const A extends readonly Numbers[]>(
  ...arrays: A
): { readonly kernel: Kernel; readonly at: { readonly [I in keyof A]: number } } | undefined {
  if (!active || kernel === undefined) return undefined;
  for (const array of arrays) if (array.buffer !== memory) return undefined;
  return { kernel, at: arrays.map((array) => array.byteOffset) as { [I in keyof A]: number } };
}

/**
 * The same bytes in the kernel's memory, for what was made elsewhere: to copy them costs less than to do without the kernel. What
 * does not fit there stays where it is.
 */
export function local<T extends Uint8Array | Uint32Array>(array: T): T {
  if (kernel === undefined || array.buffer === memory || !fits(array.byteLength)) return array;
  const copy = array instanceof Uint8Array ? unsetBytes(array.length) : unsetUints(array.length);
  copy.set(array);
  return copy as unknown as T;
}

/** Whether memory that an array was given here is still its own. What was given since to another cannot be told from it. */
export function isLive({ buffer, byteOffset, byteLength }: Numbers): boolean {
  return buffer !== memory || byteLength === 0 || (active && byteOffset + byteLength <= used);
}

/** The array itself where it was made here, else a copy that is. */
export function owned<T extends Uint8Array | Uint32Array | Float64Array>(array: T): T {
  if (array.buffer === memory) return array;
  const make = array instanceof Float64Array ? unsetFloats : array instanceof Uint32Array ? unsetUints : unsetBytes;
  const copy = make(array.length);
  copy.set(array);
  return copy as unknown as T;
}

/** What is left of the kernel's memory. */
export function freeRoom(): { readonly from: number; readonly to: number } {
  return { from: used, to: REGION_BYTES - SLACK };
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
  const at = cut(n * 4);
  return at < 0 ? new Uint32Array(n) : new Uint32Array(memory as ArrayBuffer, at, n);
}

/** See unsetUints. */
export function unsetShorts(n: number): Uint16Array<ArrayBuffer> {
  const at = cut(n * 2);
  return at < 0 ? new Uint16Array(n) : new Uint16Array(memory as ArrayBuffer, at, n);
}

/** See unsetUints. */
export function unsetFloats(n: number): Float64Array<ArrayBuffer> {
  const at = cut(n * 8);
  return at < 0 ? new Float64Array(n) : new Float64Array(memory as ArrayBuffer, at, n);
}

/** See unsetUints. */
export function unsetBytes(n: number): Uint8Array<ArrayBuffer> {
  const at = cut(n);
  return at < 0 ? new Uint8Array(n) : new Uint8Array(memory as ArrayBuffer, at, n);
}

/** Where in the memory there is room for so many bytes; -1 outside of a region, and where it is full. */
function cut(length: number): number {
  if (!fits(length)) return -1;
  const at = used;
  used = (at + length + 15) & ~7;
  return at;
}

function fits(length: number): boolean {
  return active && used + length + SLACK <= REGION_BYTES;
}
