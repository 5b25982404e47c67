import type { Column } from './column.js';

/** What is known of a source or a choice of rows of the toolkit: the fields that it reads, and what comes of it. */
export interface Known {
  readonly reads: Readonly<Record<string, Column['kind']>>;
  /** Of a source. */
  readonly kind?: Column['kind'];
  /** Of a choice of rows: the columns that stand beside them. */
  readonly beside?: Readonly<Record<string, Column['kind']>>;
}

const known = new WeakMap<object, Known>();

/** Undefined for a function of the user's. */
export function knownOf(made: unknown): Known | undefined {
  return typeof made === 'function' ? known.get(made) : undefined;
}

/** Remember what is known of a function. */
export function knowing<T extends object>(made: T, what: Known): T {
  known.set(made, what);
  return made;
}
