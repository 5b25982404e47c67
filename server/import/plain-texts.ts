import { countUp, Interner, type Dictionary } from '../../engine/index.js';
import type { Texts } from './values.js';

/** The texts of a column that need no judging: a dictionary as the scan made it, the empty text first. */
export class PlainTexts implements Texts {
  readonly #scanned: Dictionary;
  /** Made when something is added. */
  #interner: Interner | undefined;

  constructor(scanned: Dictionary) {
    this.#scanned = scanned;
  }

  get size(): number {
    return this.#interner?.size ?? this.#scanned.size;
  }

  dictionary(): Dictionary {
    return this.#interner?.dictionary() ?? this.#scanned;
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return 0;
    return (this.#interner ??= internerOf(this.#scanned)).intern(bytes, start, end);
  }

  internString(text: string): number {
    const bytes = Buffer.from(text, 'utf8');
    return this.intern(bytes, 0, bytes.length);
  }
}

/** The same texts with the same codes. */
function internerOf(scanned: Dictionary): Interner {
  const { size, bytes } = scanned;
  const interner = new Interner(size + 1, bytes.length);
  const codes = countUp(size);
  interner.internCodes(scanned, codes, codes);
  return interner;
}
