import type { Unit } from './agenda.js';

/**
 * Which packages are being read, and which are about to be replaced or removed: never the same, because a job finds its
 * inputs' files gone else. Who would replace what is read waits, and who would read what is replaced, too.
 */
export class Readers {
  readonly #reading = new Map<string, number>();
  readonly #replacing = new Map<string, number>();

  mayStart({ inputs, supersedes }: Unit): boolean {
    return !supersedes.some((at) => this.#reading.has(at) || this.#replacing.has(at)) && !inputs.some((at) => this.#replacing.has(at));
  }

  start({ inputs, supersedes }: Unit): void {
    for (const at of inputs) add(this.#reading, at, 1);
    for (const at of supersedes) add(this.#replacing, at, 1);
  }

  stop({ inputs, supersedes }: Unit): void {
    for (const at of inputs) add(this.#reading, at, -1);
    for (const at of supersedes) add(this.#replacing, at, -1);
  }

  isTaken(path: string): boolean {
    return this.#reading.has(path) || this.#replacing.has(path);
  }

  /** Keep readers off packages until the function that is returned is called. */
  replace(paths: readonly string[]): () => void {
    for (const at of paths) add(this.#replacing, at, 1);
    return () => {
      for (const at of paths) add(this.#replacing, at, -1);
    };
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const n = (counts.get(key) ?? 0) + by;
  if (n === 0) counts.delete(key);
  else counts.set(key, n);
}
