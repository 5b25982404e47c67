/*
 * What a module declares, for the threads that do not load it: plain data, with its functions as what they are called, since only
 * their own threads call them.
 *
 *   the module's thread: loadFlow ─▶ outlineFlow ── plain data ──▶ another thread: flowOfOutline ─▶ a Flow whose functions throw
 */
import { fail } from '../errors.js';
import type { Flow } from '../processor.js';
import { loadFlow } from './load-processor.js';

/** A key that no declaration has. */
const FUNCTION = '() =>';

/** The flow of a module, as plain data. Errors: those of `loadFlow`. */
export async function outlineFlow(module: string): Promise<unknown> {
  return copied(await loadFlow(module), (value) => {
    if (typeof value === 'symbol') return [String(value), {}];
    return typeof value === 'function' ? [{ [FUNCTION]: value.name }, value] : undefined;
  });
}

/** The flow of an outline, not checked any further. Its functions have what belongs to them, such as `map.reads`, and cannot be called. */
export function flowOfOutline(outline: unknown, module: string): Flow {
  return copied(outline, (value) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, FUNCTION)) return undefined;
    const { [FUNCTION]: name, ...own } = value as Record<string, unknown>;
    const uncalled = (): never => {
      throw fail('TM_ERR_DECLARATION', `${String(name)} of the module ${module} is called in the threads of the module only`);
    };
    return [uncalled, own];
  }) as Flow;
}

/** A deep copy. `replace` says what takes the place of a value, and whose properties that gets. */
function copied(
  value: unknown,
  replace: (value: unknown) => readonly [made: unknown, owner: object] | undefined,
  seen = new Map<unknown, unknown>(),
): unknown {
  if (seen.has(value)) return seen.get(value);
  const isObject = typeof value === 'object' && value !== null;
  const [made, owner] = replace(value) ?? (isObject ? [Array.isArray(value) ? [] : {}, value] : [value, {}]);
  seen.set(value, made);
  for (const [key, own] of Object.entries(owner)) (made as Record<string, unknown>)[key] = copied(own, replace, seen);
  return made;
}
