export type OverloadState = 'OK' | 'WARNING' | 'CRITICAL';

export interface OverloadLimits {
  /** Waiting requests at which it warns, and at which no more are taken. */
  readonly warnSize: number;
  readonly maxSize: number;
  /** Waiting bytes at which no more are taken. */
  readonly maxBytes: number;
}

/** How the sensor does. It gets worse at once, and better after a second in which it was: a queue empties with every write. */
export class Overload {
  readonly #limits: OverloadLimits;
  readonly #onChange: (state: OverloadState, before: OverloadState) => void;
  #state: OverloadState = 'OK';
  /** The worst since the last `settle`. */
  #worst: OverloadState = 'OK';
  #broken = false;

  constructor(limits: OverloadLimits, onChange: (state: OverloadState, before: OverloadState) => void) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  get state(): OverloadState {
    return this.#state;
  }

  /** Whether one more request may wait, where so many requests and bytes do. */
  admits(queue: number, bytes: number): boolean {
    const { warnSize, maxSize, maxBytes } = this.#limits;
    const isFull = queue >= maxSize || bytes >= maxBytes;
    if (isFull || queue + 1 >= warnSize) this.#note(isFull || queue + 1 >= maxSize ? 'CRITICAL' : 'WARNING');
    return !isFull;
  }

  /** Writing fails, or does so no more. */
  broken(isBroken: boolean): void {
    this.#broken = isBroken;
    if (isBroken) this.#note('CRITICAL');
  }

  /** Call once a second. */
  settle(): void {
    const worst = this.#broken ? 'CRITICAL' : this.#worst;
    this.#worst = 'OK';
    this.#become(worst);
  }

  #note(state: Exclude<OverloadState, 'OK'>): void {
    if (this.#worst !== 'CRITICAL') this.#worst = state;
    if (this.#state !== 'CRITICAL') this.#become(state);
  }

  #become(state: OverloadState): void {
    if (state === this.#state) return;
    const before = this.#state;
    this.#state = state;
    this.#onChange(state, before);
  }
}
