/**
 * Texts and their codes.
 *
 *   table    slots of two words: hash, code + 1 (0: free); open addressing, a power of two
 *   offsets  of the dictionary under construction, one more than it has entries
 */
const MULTIPLIER_1: u32 = 0x9e3779b1;
const MULTIPLIER_2: u32 = 0x85ebca6b;

/** As hashBytes of ../interner.ts. Up to 3 bytes behind the text are read. */
export function hashText(start: usize, length: u32, seed: u32): u32 {
  let h = length ^ seed;
  let at = start;
  const end = start + (length & ~3);
  for (; at < end; at += 4) {
    h = (h ^ load<u32>(at)) * MULTIPLIER_1;
    h ^= h >> 15;
  }
  const rest = length & 3;
  if (rest !== 0) {
    h = (h ^ (load<u32>(at) & ((1 << (rest << 3)) - 1))) * MULTIPLIER_1;
    h ^= h >> 15;
  }
  h *= MULTIPLIER_2;
  return h ^ (h >> 13);
}

function areEqual(a: usize, b: usize, length: u32): bool {
  let at: u32 = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) !== load<u64>(b + at)) return false;
  const rest = (length - at) << 3;
  return rest === 0 || (load<u64>(a + at) ^ load<u64>(b + at)) << (64 - rest) === 0;
}

function copyText(to: usize, from: usize, length: u32): void {
  // Whole words, which may go past the end: the next text overwrites them, and behind the last one there is room.
  if (length <= 64) for (let at: u32 = 0; at < length; at += 8) store<u64>(to + at, load<u64>(from + at));
  else memory.copy(to, from, length);
}

/**
 * Enter the texts that `n` codes into one dictionary stand for into another, in the order of first use, and write their new
 * codes to `to`. `place` has a zero for each entry of the first. Returns the number of entries of the second; its arrays
 * have room for all that comes, and 8 bytes more.
 */
export function internCodes(
  codes: usize,
  n: u32,
  bytes: usize,
  offsets: usize,
  place: usize,
  to: usize,
  table: usize,
  mask: u32,
  ownBytes: usize,
  ownOffsets: usize,
  size: u32,
  seed: u32,
): u32 {
  const end = to + (n << 2);
  for (; to < end; to += 4, codes += 4) {
    const code = load<u32>(codes) << 2;
    let own = load<u32>(place + code);
    if (own === 0) {
      const start = load<u32>(offsets + code);
      own = enter(bytes + start, load<u32>(offsets + code, 4) - start, table, mask, ownBytes, ownOffsets, size, seed);
      if (own > size) size = own;
      store<u32>(place + code, own);
    }
    store<u32>(to, own - 1);
  }
  return size;
}

/** The code of a text, plus one; greater than `size` for one that is new. */
function enter(start: usize, length: u32, table: usize, mask: u32, ownBytes: usize, ownOffsets: usize, size: u32, seed: u32): u32 {
  const hash = hashText(start, length, seed);
  let slot = hash & mask;
  while (true) {
    const at = table + (slot << 3);
    const own = load<u32>(at, 4);
    if (own === 0) {
      const used = load<u32>(ownOffsets + (size << 2));
      copyText(ownBytes + used, start, length);
      store<u32>(ownOffsets + (size << 2), used + length, 4);
      store<u32>(at, hash);
      store<u32>(at, size + 1, 4);
      return size + 1;
    }
    if (load<u32>(at) === hash) {
      const entry = ownOffsets + ((own - 1) << 2);
      const from = load<u32>(entry);
      if (load<u32>(entry, 4) - from === length && areEqual(ownBytes + from, start, length)) return own;
    }
    slot = (slot + 1) & mask;
  }
}

/** Enter the slots of a table into an empty one. */
export function rehash(from: usize, slots: u32, to: usize, mask: u32): void {
  for (let i: u32 = 0; i < slots; i++) {
    const own = load<u32>(from + (i << 3), 4);
    if (own === 0) continue;
    const hash = load<u32>(from + (i << 3));
    let slot = hash & mask;
    while (load<u32>(to + (slot << 3), 4) !== 0) slot = (slot + 1) & mask;
    store<u32>(to + (slot << 3), hash);
    store<u32>(to + (slot << 3), own, 4);
  }
}

/**
 * Number the entries that `n` codes use in the order of first use: their new codes to `to`, the old ones to `used`. `place`
 * has a zero for each entry. Returns how many there are.
 */
export function numberUsed(codes: usize, n: u32, place: usize, to: usize, used: usize): u32 {
  const end = to + (n << 2);
  let size: u32 = 0;
  for (; to < end; to += 4, codes += 4) {
    const code = load<u32>(codes);
    let own = load<u32>(place + (code << 2));
    if (own === 0) {
      store<u32>(used + (size << 2), code);
      own = ++size;
      store<u32>(place + (code << 2), own);
    }
    store<u32>(to, own - 1);
  }
  return size;
}

/** The entries of `size` that `n` codes use, ascending, to `to`; `marks` has a zero for each. Returns how many there are. */
export function usedEntries(codes: usize, n: u32, size: u32, marks: usize, to: usize): u32 {
  for (let i: u32 = 0; i < n; i++) store<u8>(marks + load<u32>(codes + (i << 2)), 1);
  let used: u32 = 0;
  for (let entry: u32 = 0; entry < size; entry++) {
    if (load<u8>(marks + entry) !== 0) store<u32>(to + (used++ << 2), entry);
  }
  return used;
}

/** The lengths of some entries, to `lengths`; returns their sum. */
export function lengthsOfEntries(offsets: usize, entries: usize, n: u32, lengths: usize): u32 {
  let total: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const entry = offsets + (load<u32>(entries + (i << 2)) << 2);
    const length = load<u32>(entry, 4) - load<u32>(entry);
    store<u32>(lengths + (i << 2), length);
    total += length;
  }
  return total;
}

/** Copy some entries to one behind the other; there is room for 8 bytes more. */
export function copyEntries(bytes: usize, offsets: usize, entries: usize, n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const entry = offsets + (load<u32>(entries + (i << 2)) << 2);
    const start = load<u32>(entry);
    const length = load<u32>(entry, 4) - start;
    copyText(to, bytes + start, length);
    to += length;
  }
}

/** Bytewise order of two entries: negative, 0 or positive. */
export function compareEntries(bytes: usize, offsets: usize, a: u32, b: u32): i32 {
  const startA = load<u32>(offsets + (a << 2));
  const startB = load<u32>(offsets + (b << 2));
  const lengthA = load<u32>(offsets + (a << 2), 4) - startA;
  const lengthB = load<u32>(offsets + (b << 2), 4) - startB;
  const common = min(lengthA, lengthB);
  let at: u32 = 0;
  for (; at + 8 <= common; at += 8) {
    const x = bswap<u64>(load<u64>(bytes + startA + at));
    const y = bswap<u64>(load<u64>(bytes + startB + at));
    if (x !== y) return x < y ? -1 : 1;
  }
  for (; at < common; at++) {
    const difference = i32(load<u8>(bytes + startA + at)) - i32(load<u8>(bytes + startB + at));
    if (difference !== 0) return difference;
  }
  return i32(lengthA) - i32(lengthB);
}
