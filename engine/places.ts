let places = new Uint32Array(1 << 16);
let next = 1;

/**
 * A table from codes below `size` to values below `span`, empty at first, that costs nothing to make: the entry of a code
 * is set when it is not below `base`, and is then its value plus `base`. The table is good until the next call; a loop over
 * few rows of a large dictionary would else spend its time on clearing memory.
 */
export function freshPlaces(size: number, span: number): { readonly place: Uint32Array; readonly base: number } {
  if (places.length < size) {
    places = new Uint32Array(Math.max(size, places.length * 2));
    next = 1;
  } else if (next + span > 0xffffffff) {
    places.fill(0);
    next = 1;
  }
  const base = next;
  next += span;
  return { place: places, base };
}
