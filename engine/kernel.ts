/*
 * The engine's hot loops in WebAssembly, written in AssemblyScript in wasm/. Each has a plain version beside its caller, which
 * works where there is no SIMD, outside of a region, and where a region is full; the tests compare the two.
 */
import { readFileSync } from 'node:fs';

const FUNCTIONS = [
  'addToGroups',
  'addToWords',
  'boundsOfFloats',
  'boundsOfWords',
  'chooseOfRuns',
  'copyEntries',
  'countInGroups',
  'countUp',
  'cutRuns',
  'distinctOfRuns',
  'gatherBytes',
  'gatherFloats',
  'gatherLists',
  'gatherOffsets',
  'gatherWords',
  'greatestOfGroups',
  'groupFlat',
  'groupHashed',
  'internCodes',
  'lateRuns',
  'latestOfGroups',
  'leastOfGroups',
  'lengthsOf',
  'lengthsOfEntries',
  'lowerWords',
  'mixTexts',
  'narrowFloats',
  'narrowWords',
  'numberUsed',
  'orderByDigit',
  'orderByRemainder',
  'placeByGroup',
  'placesIn',
  'placesOf',
  'rehash',
  'sortEntries',
  'sortShortLists',
  'sumOfRuns',
  'usedEntries',
  'widenFloats',
  'widenWords',
] as const;

/** What wasm/kernel.ts exports; arrays are given by their places in its memory, in bytes. */
export type Kernel = Readonly<Record<(typeof FUNCTIONS)[number], (...args: number[]) => number>>;

/** The kernel of this thread, and its memory from `base` on; undefined where Node lacks the SIMD that it is compiled with. */
export function loadKernel(): { readonly kernel: Kernel; readonly memory: ArrayBuffer; readonly base: number } | undefined {
  const code = readFileSync(new URL('./wasm/kernel.wasm', import.meta.url));
  if (!WebAssembly.validate(code)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, base, ...kernel } = exports as unknown as Kernel & { memory: WebAssembly.Memory; base: () => number };
  return { kernel, memory: memory.buffer, base: base() };
}
