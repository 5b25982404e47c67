/**
 * Dictionaries, one a column: each distinct text once, with a code in the order of first sight.
 *
 *   table    for each column: slots, mask, size, entries, longest length, whether any is escaped    words
 *   slots    place of a record and part of its hash (0: free)              a word, open addressing
 *   records  hash, length, code, text                                      words, then bytes
 *   entries  position, length, whether it is escaped, mark                 words, by code
 *
 * Codes: 0 the field is absent, 1 its value has the wrong type, 2 it is given and empty, from 3 on distinct texts. A text is
 * what stands between the delimiters, escapes and all.
 */
import { areEqual, clearBytes, copyBytes, HAS_BACKSLASH, hashText, setWord, traitsOf, wordAt } from './machine.js';
import { allocate } from './room.js';

export const EMPTY: i32 = 2;
export const FIRST_CODE: i32 = 3;

const TABLE: i32 = 24;
/**
 * A scan spends most of its time on waiting for memory: slots are as small as they can be, so that those of all columns stay in
 * the processor's caches, and what else must be looked at of a text lies together.
 */
const SLOT: i32 = 4;
/** Of a slot: the place of its record, divided by 8, and bits of the hash. */
const PLACE: i32 = 0x1fffffff;
const TAG: i32 = ~PLACE;
/** Bytes of a record before its text. */
const HEAD: i32 = 12;
const ENTRY: i32 = 16;
const INITIAL_SLOTS: i32 = 64;
const MOST_SLOTS: i32 = 1 << 22;
const CHUNK: i32 = 1 << 20;

let tables: i32 = 0;
/** Of the hashes: without it, texts could be made that meet in one slot. */
let seed: i32 = 0;
/** Where the next text is put, and where there is no more room for texts. */
let next: i32 = 0;
let end: i32 = 0;

/** Make empty dictionaries, with as many slots as they had last. Must be what is allocated first. */
export function clearTexts(columns: i32, hashSeed: i32): void {
  seed = hashSeed;
  tables = allocate(columns * TABLE);
  for (let column = 0; column < columns; column++) {
    const table = tables + column * TABLE;
    let slots = INITIAL_SLOTS;
    while (slots < wordAt(table + 8) * 2 && slots < MOST_SLOTS) slots *= 2;
    const at = allocate(slots * SLOT);
    clearBytes(at, slots * SLOT);
    setWord(table, at);
    setWord(table + 4, slots - 1);
    setWord(table + 8, FIRST_CODE);
    const entries = allocate((slots >> 1) * ENTRY);
    clearBytes(entries, FIRST_CODE * ENTRY);
    setWord(table + 12, entries);
    setWord(table + 16, 0);
    setWord(table + 20, 0);
  }
  next = 0;
  end = 0;
}

/** The number of codes of a column. */
export function textCount(column: i32): i32 {
  return wordAt(tables + column * TABLE + 8);
}

/** The length of the longest text of a column. */
export function longestText(column: i32): i32 {
  return wordAt(tables + column * TABLE + 16);
}

/** Whether a text of a column is escaped. */
export function hasEscaped(column: i32): bool {
  return wordAt(tables + column * TABLE + 20) !== 0;
}

/**
 * Lay the texts of a column one behind the other, after an empty one. Returns where they are: the place of each among the bytes
 * and that of their end, as words, and then the bytes.
 */
export function layOut(column: i32): i32 {
  const count = textCount(column) - FIRST_CODE + 2;
  const first = entryAt(column, FIRST_CODE);
  const last = first + (count - 2) * ENTRY;
  let length = 0;
  for (let entry = first; entry < last; entry += ENTRY) length += wordAt(entry + 4);
  const places = allocate(count * 4 + length);
  const bytes = places + count * 4;
  setWord(places, 0);
  let at = 0;
  let place = places + 4;
  for (let entry = first; entry < last; entry += ENTRY) {
    setWord(place, at);
    copyBytes(bytes + at, wordAt(entry), wordAt(entry + 4));
    at += wordAt(entry + 4);
    place += 4;
  }
  setWord(place, at);
  return places;
}

/** Where the entries of a column are. */
export function entriesAt(column: i32): i32 {
  return wordAt(tables + column * TABLE + 12);
}

/** Where the entry of a text is. */
export function entryAt(column: i32, code: i32): i32 {
  return entriesAt(column) + code * ENTRY;
}

/**
 * The code of a text, a new one at first sight; -1 where it is new and has one of the traits `without`: a text is never
 * entered with a byte that it cannot have, such as a line's end.
 */
export function intern(column: i32, start: i32, length: i32, without: i32): i32 {
  if (length === 0) return EMPTY;
  const hash = hashText(start, length, seed);
  const table = tables + column * TABLE;
  const slots = wordAt(table);
  const mask = wordAt(table + 4);
  let i = hash & mask;
  let slot = wordAt(slots + i * SLOT);
  while (slot !== 0) {
    if (((slot ^ hash) & TAG) === 0) {
      const record = recordOf(slot);
      if (wordAt(record) === hash && wordAt(record + 4) === length && areEqual(record + HEAD, start, length)) return wordAt(record + 8);
    }
    i = (i + 1) & mask;
    slot = wordAt(slots + i * SLOT);
  }
  return enter(table, hash, start, length, slots + i * SLOT, without);
}

function recordOf(slot: i32): i32 {
  return (slot & PLACE) << 3;
}

function slotOf(record: i32): i32 {
  return (record >>> 3) | (wordAt(record) & TAG);
}

/** Enter a text that is not in its table yet, by copying it to the others; see intern. */
function enter(table: i32, hash: i32, start: i32, length: i32, slot: i32, without: i32): i32 {
  const traits = traitsOf(start, length);
  if ((traits & without) !== 0) return -1;
  if (next + HEAD + length > end) {
    const room = HEAD + length > CHUNK ? HEAD + length : CHUNK;
    next = allocate(room);
    end = next + room;
  }
  const record = next;
  next = (next + HEAD + length + 7) & ~7;
  copyBytes(record + HEAD, start, length);
  const code = wordAt(table + 8);
  const entry = wordAt(table + 12) + code * ENTRY;
  setWord(entry, record + HEAD);
  setWord(entry + 4, length);
  if (length > wordAt(table + 16)) setWord(table + 16, length);
  if ((traits & HAS_BACKSLASH) !== 0) setWord(table + 20, 1);
  setWord(entry + 8, (traits & HAS_BACKSLASH) === 0 ? 0 : 1);
  setWord(entry + 12, 0);
  setWord(record, hash);
  setWord(record + 4, length);
  setWord(record + 8, code);
  setWord(slot, slotOf(record));
  setWord(table + 8, code + 1);
  if ((code + 1) * 2 > wordAt(table + 4)) grow(table);
  return code;
}

/** Twice the slots; there are half as many entries as slots. */
function grow(table: i32): void {
  const count = wordAt(table + 4) + 1;
  const mask = count * 2 - 1;
  const slots = allocate(count * 2 * SLOT);
  clearBytes(slots, count * 2 * SLOT);
  const old = wordAt(table + 12);
  const behind = old + wordAt(table + 8) * ENTRY;
  for (let entry = old + FIRST_CODE * ENTRY; entry < behind; entry += ENTRY) {
    const record = wordAt(entry) - HEAD;
    let i = wordAt(record) & mask;
    while (wordAt(slots + i * SLOT) !== 0) i = (i + 1) & mask;
    setWord(slots + i * SLOT, slotOf(record));
  }
  const entries = allocate(count * ENTRY);
  copyBytes(entries, old, (count >> 1) * ENTRY);
  setWord(table, slots);
  setWord(table + 4, mask);
  setWord(table + 12, entries);
}
