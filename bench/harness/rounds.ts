import { collectGarbage } from '../../engine/heap.js';
import { settleDisk } from './child.js';
import { say } from './say.js';
import { duration } from './stats.js';

/** A run of a contestant. */
export interface Timed {
  readonly ms: number;
}

export interface Contestant<T extends Timed> {
  readonly name: string;
  run(): T | Promise<T>;
}

export interface Turns<T> {
  readonly rounds: number;
  readonly warmUps: number;
  /** Before each run, write to the disk what others left to be written. */
  readonly settle?: boolean;
  /** Is told of each round when all have run, warm-ups too: here results are compared. */
  readonly check?: (results: readonly T[]) => void | Promise<void>;
}

/**
 * Let contestants take turns, A B A B, so that whatever slows the machine for a while slows all of them.
 * Output: the measured runs of each, in the order of the contestants.
 */
export async function inTurns<T extends Timed>(
  contestants: readonly Contestant<T>[],
  { rounds, warmUps, settle = false, check }: Turns<T>,
): Promise<T[][]> {
  const runs = contestants.map((): T[] => []);
  for (let round = 1 - warmUps; round <= rounds; round++) {
    const results: T[] = [];
    for (const { name, run } of contestants) {
      collectGarbage(); // nobody is to clean up after the one before him
      if (settle) settleDisk();
      const result = await run();
      results.push(result);
      say(`  ${round < 1 ? 'warm-up' : `round ${round} of ${rounds}`}: ${name} ${duration(result.ms)}`);
    }
    await check?.(results);
    if (round >= 1) for (const [i, result] of results.entries()) runs[i]?.push(result);
  }
  return runs;
}

/** `5 rounds` */
export function roundsText(n: number): string {
  return n === 1 ? '1 round' : `${n} rounds`;
}

/** Run once and take the time. */
export async function timed<V>(work: () => V | Promise<V>): Promise<{ readonly ms: number; readonly value: V }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}
