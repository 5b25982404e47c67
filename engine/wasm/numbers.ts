/** Numbers packed and unpacked; see ../block.ts. */

/** The distances of words from `base` in `width` bytes: 1, 2 or 4. */
export function narrowWords(words: usize, n: u32, base: u32, width: u32, to: usize): void {
  if (width === 1) for (let i: u32 = 0; i < n; i++) store<u8>(to + i, u8(load<u32>(words + (i << 2)) - base));
  else if (width === 2) for (let i: u32 = 0; i < n; i++) store<u16>(to + (i << 1), u16(load<u32>(words + (i << 2)) - base));
  else for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), load<u32>(words + (i << 2)) - base);
}

/** As narrowWords, of whole numbers. */
export function narrowFloats(values: usize, n: u32, base: f64, width: u32, to: usize): void {
  if (width === 1) for (let i: u32 = 0; i < n; i++) store<u8>(to + i, u8(u32(load<f64>(values + (i << 3)) - base)));
  else if (width === 2) for (let i: u32 = 0; i < n; i++) store<u16>(to + (i << 1), u16(u32(load<f64>(values + (i << 3)) - base)));
  else for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), u32(load<f64>(values + (i << 3)) - base));
}

/** The words whose distances from `base` are packed; they need not be aligned. */
export function widenWords(packed: usize, n: u32, base: u32, width: u32, to: usize): void {
  if (width === 1) for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), base + load<u8>(packed + i));
  else if (width === 2) for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), base + load<u16>(packed + (i << 1)));
  else for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), base + load<u32>(packed + (i << 2)));
}

/** As widenWords, to floats. */
export function widenFloats(packed: usize, n: u32, base: f64, width: u32, to: usize): void {
  if (width === 1) for (let i: u32 = 0; i < n; i++) store<f64>(to + (i << 3), base + f64(load<u8>(packed + i)));
  else if (width === 2) for (let i: u32 = 0; i < n; i++) store<f64>(to + (i << 3), base + f64(load<u16>(packed + (i << 1))));
  else for (let i: u32 = 0; i < n; i++) store<f64>(to + (i << 3), base + f64(load<u32>(packed + (i << 2))));
}

/** The least and the greatest of some floats, to `out`; whether all are safe integers, and none is -0. */
export function boundsOfFloats(values: usize, n: u32, out: usize): bool {
  let least: f64 = Infinity;
  let greatest: f64 = -Infinity;
  let whole = true;
  for (let i: u32 = 0; i < n; i++) {
    const v = load<f64>(values + (i << 3));
    least = min(least, v);
    greatest = max(greatest, v);
    // -0 is the one number whose bits are only the sign.
    if (trunc(v) !== v || load<u64>(values + (i << 3)) === 0x8000000000000000) whole = false;
  }
  store<f64>(out, least);
  store<f64>(out, greatest, 8);
  return whole && least >= -9007199254740991 && greatest <= 9007199254740991;
}

/** The greatest word, and the least one, to `out`. */
export function boundsOfWords(words: usize, n: u32, out: usize): void {
  let least: u32 = 0xffffffff;
  let greatest: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const v = load<u32>(words + (i << 2));
    least = min(least, v);
    greatest = max(greatest, v);
  }
  store<u32>(out, least);
  store<u32>(out, greatest, 4);
}

/** The running sum of packed lengths: `n + 1` places from 0 on. */
export function placesOf(lengths: usize, n: u32, to: usize): void {
  let at: u32 = 0;
  store<u32>(to, 0);
  for (let i: u32 = 0; i < n; i++) {
    at += load<u32>(lengths + (i << 2));
    store<u32>(to + (i << 2), at, 4);
  }
}
