interface Waiting {
  readonly priority: number;
  start(): void;
}

/** Turns for at most so many at once; the greater priority goes first, of the same the one that came first. */
export class Turns {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Wait for a turn. Errors: the signal's reason, when that is aborted before. */
  async take(priority: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#taken >= this.#most) await this.#turn(priority, signal);
    else this.#taken++;
  }

  /** Give a turn back: it is that of who waits for one. */
  free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken--;
    else next.start();
  }

  #turn(priority: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(item), 1);
        reject(signal?.reason as Error);
      };
      const item = {
        priority,
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      if (signal?.aborted === true) return reject(signal.reason as Error);
      signal?.addEventListener('abort', leave, { once: true });
      this.#enqueue(item);
    });
  }

  #enqueue(item: Waiting): void {
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).priority < item.priority) at--;
    this.#waiting.splice(at, 0, item);
  }
}
