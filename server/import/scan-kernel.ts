/**
 * The code that scans, in one of two versions made from the same sources: WebAssembly with SIMD, or plain JavaScript where
 * Node has none. They give the same rows and the same codes; the tests compare them.
 */
import { readFileSync } from 'node:fs';
import * as Kernel from './kernel/kernel.js';
import { buffer } from './kernel/machine.js';

/** What kernel/kernel.ts offers, and its memory, which moves when it grows. Places are bytes from the memory's beginning. */
export type ScanKernel = typeof Kernel & { readonly buffer: () => ArrayBuffer };

/** In WebAssembly; undefined where Node lacks the SIMD that it uses. */
export function fastKernel(): ScanKernel | undefined {
  const code = readFileSync(new URL('./kernel/kernel.wasm', import.meta.url));
  if (!WebAssembly.validate(code)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const memory = exports['memory'] as WebAssembly.Memory;
  return { ...(exports as unknown as typeof Kernel), buffer: () => memory.buffer };
}

/** In plain JavaScript. One a process, for its memory is the module's. */
export function plainKernel(): ScanKernel {
  return { ...Kernel, buffer };
}

/** The faster one that works here, shared by all who scan in this thread: a shard is scanned and read before the next is. */
export const kernel: ScanKernel = fastKernel() ?? plainKernel();
