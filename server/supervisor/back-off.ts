const FIRST_MS = 200;
const LONGEST_MS = 30_000;
/** A child that was up for so long had a good start: what ends it then is another matter. */
const GOOD_MS = 60_000;

/** How long to wait before a child is started again: 0.2 s, twice as long each time, 30 s at most. */
export class BackOff {
  #next = FIRST_MS;

  /** `upMs`: how long the child was up; `most`: the longest wait this time. */
  next(upMs: number, most = LONGEST_MS): number {
    if (upMs >= GOOD_MS) this.#next = FIRST_MS;
    const wait = Math.min(most, this.#next);
    this.#next = Math.min(LONGEST_MS, this.#next * 2);
    return wait;
  }
}
