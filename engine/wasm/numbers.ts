/** Numbers packed, unpacked and moved by a distance; see ../packed-numbers.ts and ../rows.ts. */

/** The distances of words from `base` in `width` bytes: 1, 2 or 4. */
export function narrowWords(words: usize, n: u32, base: u32, width: u32, to: usize): void {
  const bases = i32x4.splat(base);
  let i: u32 = 0;
  if (width === 1) {
    for (; i + 16 <= n; i += 16)
      v128.store(to + i, i8x16.narrow_i16x8_u(shortsFrom(words + (i << 2), bases), shortsFrom(words + (i << 2) + 32, bases)));
    for (; i < n; i++) store<u8>(to + i, u8(load<u32>(words + (i << 2)) - base));
  } else if (width === 2) {
    for (; i + 8 <= n; i += 8) v128.store(to + (i << 1), shortsFrom(words + (i << 2), bases));
    for (; i < n; i++) store<u16>(to + (i << 1), u16(load<u32>(words + (i << 2)) - base));
  } else {
    for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), i32x4.sub(v128.load(words + (i << 2)), bases));
    for (; i < n; i++) store<u32>(to + (i << 2), load<u32>(words + (i << 2)) - base);
  }
}

/** The distances of eight words, which are short. */
function shortsFrom(words: usize, bases: v128): v128 {
  return i16x8.narrow_i32x4_u(i32x4.sub(v128.load(words), bases), i32x4.sub(v128.load(words, 16), bases));
}

/** As narrowWords, of whole numbers. */
export function narrowFloats(values: usize, n: u32, base: f64, width: u32, to: usize): void {
  if (width === 1) for (let i: u32 = 0; i < n; i++) store<u8>(to + i, u8(u32(load<f64>(values + (i << 3)) - base)));
  else if (width === 2) for (let i: u32 = 0; i < n; i++) store<u16>(to + (i << 1), u16(u32(load<f64>(values + (i << 3)) - base)));
  else for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), u32(load<f64>(values + (i << 3)) - base));
}

/** The words whose distances from `base` are packed; they need not be aligned. */
export function widenWords(packed: usize, n: u32, base: u32, width: u32, to: usize): void {
  const bases = i32x4.splat(base);
  let i: u32 = 0;
  if (width === 1) {
    for (; i + 8 <= n; i += 8) storeWidened(to + (i << 2), v128.load8x8_u(packed + i), bases);
    for (; i < n; i++) store<u32>(to + (i << 2), base + load<u8>(packed + i));
  } else if (width === 2) {
    for (; i + 8 <= n; i += 8) storeWidened(to + (i << 2), v128.load(packed + (i << 1)), bases);
    for (; i < n; i++) store<u32>(to + (i << 2), base + load<u16>(packed + (i << 1)));
  } else {
    for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), i32x4.add(v128.load(packed + (i << 2)), bases));
    for (; i < n; i++) store<u32>(to + (i << 2), base + load<u32>(packed + (i << 2)));
  }
}

function storeWidened(to: usize, shorts: v128, bases: v128): void {
  v128.store(to, i32x4.add(i32x4.extend_low_i16x8_u(shorts), bases));
  v128.store(to, i32x4.add(i32x4.extend_high_i16x8_u(shorts), bases), 16);
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

/** The least and the greatest word, to `out`. */
export function boundsOfWords(words: usize, n: u32, out: usize): void {
  let leasts = i32x4.splat(-1);
  let greatests = i32x4.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    const four = v128.load(words + (i << 2));
    leasts = i32x4.min_u(leasts, four);
    greatests = i32x4.max_u(greatests, four);
  }
  let least = min(
    min(u32(i32x4.extract_lane(leasts, 0)), u32(i32x4.extract_lane(leasts, 1))),
    min(u32(i32x4.extract_lane(leasts, 2)), u32(i32x4.extract_lane(leasts, 3))),
  );
  let greatest = max(
    max(u32(i32x4.extract_lane(greatests, 0)), u32(i32x4.extract_lane(greatests, 1))),
    max(u32(i32x4.extract_lane(greatests, 2)), u32(i32x4.extract_lane(greatests, 3))),
  );
  for (; i < n; i++) {
    const v = load<u32>(words + (i << 2));
    least = min(least, v);
    greatest = max(greatest, v);
  }
  store<u32>(out, least);
  store<u32>(out, greatest, 4);
}

/** Words, each with `by` added, to `to`. */
export function addToWords(words: usize, n: u32, by: u32, to: usize): void {
  const own = i32x4.splat(by);
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), i32x4.add(v128.load(words + (i << 2)), own));
  for (; i < n; i++) store<u32>(to + (i << 2), load<u32>(words + (i << 2)) + by);
}

/** Words, each less by `by`, 0 where it would be below, in their place. */
export function lowerWords(words: usize, n: u32, by: u32): void {
  const own = i32x4.splat(by);
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    const at = words + (i << 2);
    v128.store(at, i32x4.sub(i32x4.max_u(v128.load(at), own), own));
  }
  for (; i < n; i++) {
    const at = words + (i << 2);
    store<u32>(at, max(load<u32>(at), by) - by);
  }
}

/** The distances between one place and the next: the lengths of `n` lists. */
export function lengthsOf(places: usize, n: u32, to: usize): void {
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    const at = places + (i << 2);
    v128.store(to + (i << 2), i32x4.sub(v128.load(at, 4), v128.load(at)));
  }
  for (; i < n; i++) store<u32>(to + (i << 2), load<u32>(places + (i << 2), 4) - load<u32>(places + (i << 2)));
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
