import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dictionaryStrings } from '#engine/column.js';
import { hashBytes, Interner } from '#engine/interner.js';
import { dictionaryOf, text } from '../support/batches.js';

test('codes are dense, in the order of first sight, and the same for the same text', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), fc.nat(40), fc.nat(100), (texts, entries, bytes) => {
      const interner = new Interner(entries, bytes);
      const seen = new Map<string, number>();
      for (const t of texts) {
        if (!seen.has(t)) seen.set(t, seen.size);
        expect(interner.internString(t)).toBe(seen.get(t));
      }
      expect(interner.size).toBe(seen.size);
      expect(dictionaryStrings(interner.dictionary())).toEqual([...seen.keys()]);
    }),
  );
});

test('many entries and long ones: the tables grow', () => {
  const interner = new Interner(0, 0);
  const entries = Array.from({ length: 20_000 }, (_, i) => (i % 1000 === 0 ? `${i}`.repeat(500) : `entry ${i}`));
  for (let round = 0; round < 2; round++) expect(entries.findIndex((e, i) => interner.internString(e) !== i)).toBe(-1);
  expect(dictionaryStrings(interner.dictionary()).join()).toBe(entries.join());
});

test('entries with equal hashes are told apart', () => {
  const interner = new Interner();
  const texts = ['a', 'b', '', 'ab', 'ba'].map((t) => Buffer.from(t));
  expect(texts.map((t) => interner.intern(t, 0, t.length, 42))).toEqual([0, 1, 2, 3, 4]);
  expect(texts.map((t) => interner.intern(t, 0, t.length, 42))).toEqual([0, 1, 2, 3, 4]);
});

test('a dictionary once taken does not change when more entries come', () => {
  const interner = new Interner(1, 1);
  interner.internString('one');
  interner.internString('two');
  const before = interner.dictionary();
  for (let i = 0; i < 1000; i++) interner.internString(`more ${i}`);
  expect(dictionaryStrings(before)).toEqual(['one', 'two']);
});

test('the hash is the same for good: partitions are chosen by it', () => {
  const hash = (t: string) => hashBytes(Buffer.from(t), 0, Buffer.byteLength(t));
  expect(['', 'a', 'visitor', 'grün'].map(hash)).toEqual([0, 2744390497, 3962956734, 1388182023]);
  expect(hashBytes(Buffer.from('xvisitorx'), 1, 8)).toBe(hash('visitor'));
});

test('text comes out of a dictionary as it went in, a byte order mark too', () => {
  const texts = ['\u{feff}a', 'a\u{feff}', 'é', '', '\0'];
  expect(dictionaryStrings(dictionaryOf(texts.map((t) => Buffer.from(t))))).toEqual(texts);
});

test('texts that were made to have one hash have many with a seed', () => {
  // Of two words the second takes back what the first is hashed to: without a seed all of these have one hash.
  const texts = Array.from({ length: 2000 }, (_, i) => {
    const words = new Int32Array(2);
    words[0] = i;
    let h = Math.imul(8 ^ i, 0x9e3779b1);
    h ^= h >>> 15;
    words[1] = h;
    return new Uint8Array(words.buffer);
  });
  expect(new Set(texts.map((t) => hashBytes(t, 0, 8))).size).toBe(1);
  expect(new Set(texts.map((t) => hashBytes(t, 0, 8, 12345))).size).toBeGreaterThan(1900);
  const interner = new Interner();
  expect(texts.map((t) => interner.intern(t, 0, 8))).toEqual(texts.map((_, i) => i));
});
