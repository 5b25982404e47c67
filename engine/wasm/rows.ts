/** Rows chosen, split and put in order. */
import { compareEntries, hashText } from './texts';

export function gatherWords(from: usize, rows: usize, n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), load<u32>(from + (load<u32>(rows + (i << 2)) << 2)));
}

export function gatherFloats(from: usize, rows: usize, n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) store<f64>(to + (i << 3), load<f64>(from + (load<u32>(rows + (i << 2)) << 3)));
}

/** The flag of each row: that of its entry, where `rows` are codes. */
export function gatherBytes(from: usize, rows: usize, n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) store<u8>(to + i, load<u8>(from + load<u32>(rows + (i << 2))));
}

/** The numbers 0 to `n - 1`. */
export function countUp(n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) store<u32>(to + (i << 2), i);
}

/** Where each of the numbers 0 to `n - 1` stands in `order`. */
export function placesIn(order: usize, n: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) store<u32>(to + (load<u32>(order + (i << 2)) << 2), i);
}

/** Where the lists of chosen rows begin, and where the last one ends: `n + 1` places from 0 on. */
export function gatherOffsets(offsets: usize, rows: usize, n: u32, to: usize): void {
  let at: u32 = 0;
  store<u32>(to, 0);
  for (let i: u32 = 0; i < n; i++) {
    const own = offsets + (load<u32>(rows + (i << 2)) << 2);
    at += load<u32>(own, 4) - load<u32>(own);
    store<u32>(to + (i << 2), at, 4);
  }
}

/** The entries of the lists of chosen rows; an entry has `1 << shift` bytes. */
export function gatherLists(offsets: usize, from: usize, rows: usize, n: u32, shift: u32, to: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    const own = offsets + (load<u32>(rows + (i << 2)) << 2);
    const start = load<u32>(own);
    const length = (load<u32>(own, 4) - start) << shift;
    const begin = from + (start << shift);
    if (length <= 64) for (let j: u32 = 0; j < length; j += 4) store<u32>(to + j, load<u32>(begin + j));
    else memory.copy(to, begin, length);
    to += length;
  }
}

function mix(h: u32, v: u32): u32 {
  const x = (h ^ v) * 0x85ebca6b;
  return x ^ (x >> 13);
}

/** Mix the hash of each row's text into the row's. To hash a text again costs no more than to look its hash up (measured). */
export function mixTexts(hashes: usize, codes: usize, rows: u32, bytes: usize, offsets: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const at = hashes + (row << 2);
    const entry = offsets + (load<u32>(codes + (row << 2)) << 2);
    const start = load<u32>(entry);
    store<u32>(at, mix(load<u32>(at), hashText(bytes + start, load<u32>(entry, 4) - start, 0)));
  }
}

/** As byRemainder of ../partition.ts; `starts` has a zero for each remainder, and one more. */
export function orderByRemainder(hashes: usize, rows: u32, modulus: u32, starts: usize, next: usize, order: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const at = starts + ((load<u32>(hashes + (row << 2)) % modulus) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let p: u32 = 0; p < modulus; p++) {
    const at = starts + (p << 2);
    store<u32>(next + (p << 2), load<u32>(at));
    store<u32>(at, load<u32>(at, 4) + load<u32>(at), 4);
  }
  for (let row: u32 = 0; row < rows; row++) {
    const at = next + ((load<u32>(hashes + (row << 2)) % modulus) << 2);
    const place = load<u32>(at);
    store<u32>(order + (place << 2), row);
    store<u32>(at, place + 1);
  }
}

/**
 * One pass of a sort by digits: the rows of `order`, by 16 bits of their codes from `shift` on, to `to`, equal ones as they come.
 * `counts` are as many zeros as there are digits, and one more.
 */
export function orderByDigit(codes: usize, order: usize, rows: u32, shift: u32, counts: usize, digits: u32, to: usize): void {
  for (let i: u32 = 0; i < rows; i++) {
    const at = counts + (((load<u32>(codes + (i << 2)) >> shift) & 0xffff) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let d: u32 = 1; d <= digits; d++) store<u32>(counts + (d << 2), load<u32>(counts + (d << 2)) + load<u32>(counts + ((d - 1) << 2)));
  for (let i: u32 = 0; i < rows; i++) {
    const row = load<u32>(order + (i << 2));
    const at = counts + (((load<u32>(codes + (row << 2)) >> shift) & 0xffff) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<u32>(to + (place << 2), row);
  }
}

/** Sort entries bytewise, by merging; `spare` is as long as `entries`. Runs of RUN are sorted by insertion first. */
const RUN: u32 = 8;

export function sortEntries(bytes: usize, offsets: usize, entries: usize, n: u32, spare: usize): void {
  for (let from: u32 = 0; from < n; from += RUN) sortRun(bytes, offsets, entries, from, min(from + RUN, n));
  let source = entries;
  let target = spare;
  for (let width = RUN; width < n; width <<= 1) {
    for (let from: u32 = 0; from < n; from += width << 1) {
      merge(bytes, offsets, source, from, min(from + width, n), min(from + (width << 1), n), target);
    }
    const swapped = source;
    source = target;
    target = swapped;
  }
  if (source !== entries) memory.copy(entries, source, n << 2);
}

function sortRun(bytes: usize, offsets: usize, entries: usize, from: u32, to: u32): void {
  for (let i = from + 1; i < to; i++) {
    const entry = load<u32>(entries + (i << 2));
    let j = i;
    while (j > from && compareEntries(bytes, offsets, load<u32>(entries + ((j - 1) << 2)), entry) > 0) {
      store<u32>(entries + (j << 2), load<u32>(entries + ((j - 1) << 2)));
      j--;
    }
    store<u32>(entries + (j << 2), entry);
  }
}

function merge(bytes: usize, offsets: usize, from: usize, start: u32, middle: u32, end: u32, to: usize): void {
  let left = start;
  let right = middle;
  for (let i = start; i < end; i++) {
    const takesLeft =
      left < middle && (right >= end || compareEntries(bytes, offsets, load<u32>(from + (left << 2)), load<u32>(from + (right << 2))) <= 0);
    store<u32>(to + (i << 2), load<u32>(from + ((takesLeft ? left++ : right++) << 2)));
  }
}
