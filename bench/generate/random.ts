/**
 * Random numbers that are the same on every machine for the same seed. Only Math.log and Math.exp are used beside
 * arithmetic: V8 carries its own, so they do not depend on the platform's.
 */

/** A stream of random numbers (sfc32, 128 bits of state). */
export class Random {
  // Typed, so that the state never becomes boxed doubles.
  readonly #state = new Int32Array(4);

  /** Streams of the same seed and different `stream` are independent. */
  constructor(seed: number, stream = 0) {
    const s = this.#state;
    s[0] = mix(seed);
    s[1] = mix(seed + 0x9e3779b9);
    s[2] = mix(stream ^ 0x5bf03635);
    s[3] = 1;
    for (let i = 0; i < 15; i++) this.next();
  }

  /** 32 random bits as an unsigned integer. */
  next(): number {
    const s = this.#state;
    const a = s[0] as number;
    const b = s[1] as number;
    const c = s[2] as number;
    const d = s[3] as number;
    const t = (((a + b) | 0) + d) | 0;
    s[0] = b ^ (b >>> 9);
    s[1] = (c + (c << 3)) | 0;
    s[2] = (((c << 21) | (c >>> 11)) + t) | 0;
    s[3] = (d + 1) | 0;
    return t >>> 0;
  }

  /** From 0 to below 1. */
  unit(): number {
    return this.next() / 4294967296;
  }

  /** An integer from 0 to below `n`. */
  below(n: number): number {
    return Math.floor((this.next() / 4294967296) * n);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 4294967296;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A positive number of the exponential distribution. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** 1, 2, 3… of the geometric distribution; `mean` is at least 1. */
  geometric(mean: number): number {
    return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.unit()) / Math.log(1 - 1 / mean));
  }

  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j] as T, list[i] as T];
    }
    return list;
  }
}

/** Scatter 32 bits; a bijection, so that different numbers stay different. Gives an unsigned integer. */
export function mix(n: number): number {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Draws 0 … n - 1 with given weights, from one random number, in constant time (Walker's alias method). */
export class Weighted {
  readonly size: number;
  readonly #threshold: Float64Array;
  readonly #alias: Uint32Array;

  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    this.size = n;
    this.#threshold = new Float64Array(n).fill(1);
    this.#alias = Uint32Array.from({ length: n }, (_, i) => i);
    let total = 0;
    for (let i = 0; i < n; i++) total += weights[i] as number;
    const share = Float64Array.from(weights, (w) => (w * n) / total);
    const poor: number[] = [];
    const rich: number[] = [];
    for (let i = 0; i < n; i++) ((share[i] as number) < 1 ? poor : rich).push(i);
    while (poor.length > 0 && rich.length > 0) {
      const p = poor.pop() as number;
      const r = rich.pop() as number;
      this.#threshold[p] = share[p] as number;
      this.#alias[p] = r;
      const left = (share[r] as number) - (1 - (share[p] as number));
      share[r] = left;
      (left < 1 ? poor : rich).push(r);
    }
  }

  /** `unit` is from 0 to below 1. */
  at(unit: number): number {
    const scaled = unit * this.size;
    const i = Math.floor(scaled);
    return scaled - i < (this.#threshold[i] as number) ? i : (this.#alias[i] as number);
  }
}

/** Weights of Zipf's law: the i-th of n has 1 / (i + 1 + offset)^exponent. A greater offset makes a flatter head. */
export function zipf(n: number, exponent: number, offset = 0): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.exp(-exponent * Math.log(i + 1 + offset)));
}
