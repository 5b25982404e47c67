import type { Clock } from './clock.js';

/** How often is looked whether there is room again, ms. */
const EVERY = 3000;

/** Waits until a disk that was full has room. */
export class RoomWatch {
  readonly #clock: Clock;
  readonly #hasRoom: () => Promise<boolean>;
  #waiting: { readonly promise: Promise<void>; readonly end: () => void } | undefined;
  #callOff: () => void = () => undefined;

  /** Where `hasRoom` rejects, whoever waits goes on, and meets the error itself. */
  constructor(clock: Clock, hasRoom: () => Promise<boolean>) {
    this.#clock = clock;
    this.#hasRoom = hasRoom;
  }

  /** Resolves when there is room, 3 s from now at the earliest: what met a full disk may need more than there is by then. */
  wait(): Promise<void> {
    if (this.#waiting === undefined) {
      let end = (): void => undefined;
      const promise = new Promise<void>((resolve) => (end = resolve));
      this.#waiting = { promise, end };
      this.#sleep();
    }
    return this.#waiting.promise;
  }

  /** Look no more: who waits goes on. */
  stop(): void {
    this.#callOff();
    this.#waiting?.end();
    this.#waiting = undefined;
  }

  #sleep(): void {
    this.#callOff = this.#clock.at(this.#clock.now() + EVERY, () => void this.#look());
  }

  async #look(): Promise<void> {
    const isRoom = await this.#hasRoom().catch(() => true);
    if (isRoom) this.stop();
    else if (this.#waiting !== undefined) this.#sleep();
  }
}
