import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dictionaryStrings, Interner } from '#engine/index.js';
import { PlainTexts } from '#server/import/plain-texts.js';

test('texts that are added to plain ones get the codes that an interner gives them', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 4 });
  fc.assert(
    fc.property(fc.uniqueArray(text), fc.array(text), (scanned, added) => {
      const interner = new Interner();
      for (const known of ['', ...scanned]) interner.internString(known);
      const plain = new PlainTexts(interner.dictionary());
      for (const one of added) expect(plain.internString(one)).toBe(interner.internString(one));
      expect(plain.size).toBe(interner.size);
      expect(dictionaryStrings(plain.dictionary())).toEqual(dictionaryStrings(interner.dictionary()));
    }),
  );
});
