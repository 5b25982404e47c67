/** Addresses that are remembered; somebody who has more of them is not held up by this anyway. */
const MAX_ADDRESSES = 100_000;

/** How many impressions each address has sent in the current window. */
export class RateLimit {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #counts = new Map<string, number>();
  #ends = 0;

  /** `max` 0: no limit. */
  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** Ms until the address may send again; 0 where it may now. */
  wait(address: string, now: number): number {
    if (this.#max === 0) return 0;
    // All windows end together: what is remembered is dropped at once, and the clock's going back ends them too.
    if (now >= this.#ends || now < this.#ends - this.#windowMs || this.#counts.size > MAX_ADDRESSES) {
      this.#counts.clear();
      this.#ends = now + this.#windowMs;
    }
    return (this.#counts.get(address) ?? 0) < this.#max ? 0 : this.#ends - now;
  }

  count(address: string, impressions: number): void {
    if (this.#max > 0) this.#counts.set(address, (this.#counts.get(address) ?? 0) + impressions);
  }
}
