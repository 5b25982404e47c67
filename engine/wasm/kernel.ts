/** What ../kernel.ts offers to the engine. */
export * from './groups';
export * from './numbers';
export * from './rows';
export * from './runs';
export { copyEntries, internCodes, lengthsOfEntries, numberUsed, rehash, usedEntries } from './texts';

/** Memory before this place is not the region's. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}
