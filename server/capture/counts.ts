/** What became of impressions since the process began. */
export class Counts {
  /** Answered 2xx, 4xx and 503. */
  accepted = 0;
  rejected = 0;
  refused = 0;
  perSecond = 0;
  #acceptedBefore = 0;

  /** Call once a second. */
  settle(): void {
    this.perSecond = this.accepted - this.#acceptedBefore;
    this.#acceptedBefore = this.accepted;
  }
}
