import { BASE, ensure } from './machine.js';

let top: i32 = BASE;

/** Forget all that was allocated. */
export function clearRoom(): void {
  top = BASE;
}

/** A place for so many bytes, what they hold is not certain; divisible by 16. Some bytes behind it may be read too. */
export function allocate(length: i32): i32 {
  const at = top;
  top = (at + length + 15) & ~15;
  ensure(top + 64);
  return at;
}

/** Forget what was allocated from a place on. */
export function release(at: i32): void {
  top = at;
}
