import { inspect } from 'node:util';
import { fail } from './errors.js';
import { didYouMean } from './nearest.js';

/*
 * Modules that no compiler has checked declare too: what each value has to be is looked at as it is given. `what` names it in the
 * message of the error, TM_ERR_DECLARATION.
 */

export function wrong(message: string): Error {
  return fail('TM_ERR_DECLARATION', message);
}

/** An object that has no other keys than these. */
export function objectOf(what: string, given: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(`${what} is ${shown(given)}, not an object`);
  for (const key of Object.keys(given))
    if (!keys.includes(key)) throw wrong(`${what} has '${key}', which is none of ${keys.join(', ')}${didYouMean(key, keys)}`);
  return given as Readonly<Record<string, unknown>>;
}

export function oneOf(what: string, given: unknown, known: readonly string[]): void {
  if (!known.includes(given as string))
    throw wrong(`${what} is ${shown(given)}, which is not one of ${known.join(', ')}${didYouMean(given, known)}`);
}

export function listOf(what: string, given: unknown): readonly unknown[] {
  if (!Array.isArray(given)) throw wrong(`${what} is ${shown(given)}, not a list`);
  return given;
}

export function functionOf(what: string, given: unknown): void {
  if (typeof given !== 'function') throw wrong(`${what} is ${shown(given)}, not a function`);
}

export function stringOf(what: string, given: unknown): string {
  if (typeof given !== 'string') throw wrong(`${what} is ${shown(given)}, not a string`);
  return given;
}

/** A number above 0, of the whole ones where `whole` says so. */
export function positive(what: string, given: unknown, whole = false): void {
  if (!(typeof given === 'number' && given > 0 && given < Infinity && (!whole || Number.isInteger(given))))
    throw wrong(`${what} is ${shown(given)}, not a ${whole ? 'whole ' : ''}number above 0`);
}

/** The value of one of the names that there are. */
export function named<T>(names: Readonly<Record<string, T>>, name: string, otherwise: string): T {
  if (Object.hasOwn(names, name)) return names[name] as T;
  const known = Object.keys(names);
  throw wrong(`${otherwise}, but ${known.join(', ') || 'nothing'}${didYouMean(name, known)}`);
}

export function shown(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 }).slice(0, 100);
}
