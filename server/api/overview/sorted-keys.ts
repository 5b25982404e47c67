/** Distinct strings in their order (by UTF-16 code units), to be paged from the greatest down while others come and go. */
export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: Iterable<string> = []) {
    this.#keys = [...new Set(keys)].sort();
  }

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    const at = this.#lowerBound(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  delete(key: string): void {
    const at = this.#lowerBound(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** The keys less than `key`, or all of them, from the greatest down. */
  *below(key?: string): Generator<string> {
    for (let at = (key === undefined ? this.#keys.length : this.#lowerBound(key)) - 1; at >= 0; at--) yield this.#keys[at] as string;
  }

  /** The place of the first key that is not less. */
  #lowerBound(key: string): number {
    let from = 0;
    let to = this.#keys.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#keys[middle] as string) < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
