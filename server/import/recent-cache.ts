/**
 * A bounded cache: two generations of at most `limit` entries; what was not asked for during a whole generation is
 * forgotten. No bookkeeping on a hit in the young one.
 */
export class RecentCache<V> {
  readonly #limit: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, made at first sight. */
  get(key: string, make: (key: string) => V): V {
    let value = this.#young.get(key);
    if (value !== undefined) return value;
    value = this.#old.get(key) ?? make(key);
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
