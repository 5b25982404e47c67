/**
 * See ../machine.ts. Sixteen bytes at a time by SIMD, hashes eight at a time.
 */
const MULTIPLIER: u64 = 0x9e3779b97f4a7;

export const BASE: i32 = (i32(__heap_base) + 15) & ~15;

export const HAS_CONTROL: i32 = 1;
export const HAS_NEWLINE: i32 = 2;
export const HAS_INVISIBLE: i32 = 4;
export const HAS_BACKSLASH: i32 = 8;

export function ensure(length: i32): void {
  const pages = (length + 0xffff) >> 16;
  const own = memory.size();
  if (pages > own && memory.grow(max(pages - own, own >> 2)) < 0) unreachable();
}

export function byteAt(at: i32): i32 {
  return load<u8>(at);
}

export function wordAt(at: i32): i32 {
  return load<i32>(at);
}

export function setWord(at: i32, value: i32): void {
  store<i32>(at, value);
}

export function setFloat(at: i32, value: f64): void {
  store<f64>(at, value);
}

export function copyBytes(to: i32, from: i32, length: i32): void {
  memory.copy(to, from, length);
}

export function clearBytes(at: i32, length: i32): void {
  memory.fill(at, 0, length);
}

export function find(byte: i32, from: i32): i32 {
  const wanted = i8x16.splat(i8(byte));
  let at = from;
  let found = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  while (found === 0) {
    at += 16;
    found = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  }
  return at + ctz(found);
}

export function hashText(start: i32, length: i32, seed: i32): i32 {
  let h: u64 = ((u64(u32(seed)) << 32) | u32(seed)) ^ length;
  let at = start;
  let left = length;
  for (; left >= 8; left -= 8) {
    h = (h ^ load<u64>(at)) * MULTIPLIER;
    h ^= h >> 32;
    at += 8;
  }
  if (left > 0) {
    h = (h ^ (load<u64>(at) << ((8 - left) << 3))) * MULTIPLIER;
    h ^= h >> 32;
  }
  h *= MULTIPLIER;
  return i32(h >> 32);
}

export function areEqual(a: i32, b: i32, length: i32): bool {
  let at = 0;
  while (length - at >= 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false;
    at += 16;
  }
  if (at === length) return true;
  const differ = ~i8x16.bitmask(i8x16.eq(v128.load(a + at), v128.load(b + at)));
  return (differ & ((1 << (length - at)) - 1)) === 0;
}

export function traitsOf(start: i32, length: i32): i32 {
  let control = 0;
  let newline = 0;
  let invisible = 0;
  let backslash = 0;
  for (let at = 0; at < length; at += 16) {
    const own = length - at >= 16 ? 0xffff : (1 << (length - at)) - 1;
    const text = v128.load(start + at);
    control |= i8x16.bitmask(i8x16.lt_u(text, i8x16.splat(32))) & own;
    newline |= i8x16.bitmask(i8x16.eq(text, i8x16.splat(10))) & own;
    invisible |= i8x16.bitmask(v128.or(i8x16.lt_u(text, i8x16.splat(33)), i8x16.gt_u(text, i8x16.splat(126)))) & own;
    backslash |= i8x16.bitmask(i8x16.eq(text, i8x16.splat(92))) & own;
  }
  return (
    (control !== 0 ? HAS_CONTROL : 0) |
    (newline !== 0 ? HAS_NEWLINE : 0) |
    (invisible !== 0 ? HAS_INVISIBLE : 0) |
    (backslash !== 0 ? HAS_BACKSLASH : 0)
  );
}
