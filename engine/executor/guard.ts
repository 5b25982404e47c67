import { syncBuiltinESMExports } from 'node:module';
import { fail } from '../errors.js';

/** What everything in a thread is made of: the objects whose own properties nobody may change without harm to the rest of it. */
const BUILT_IN = [
  'Object',
  'Function',
  'Array',
  'String',
  'Number',
  'Symbol',
  'Promise',
  'Error',
  'Map',
  'Set',
  'WeakMap',
  'RegExp',
  'Date',
].concat([
  'ArrayBuffer',
  'DataView',
  'Uint8Array',
  'Uint32Array',
  'Int32Array',
  'Float64Array',
  'BigInt',
  'Math',
  'JSON',
  'Reflect',
  'Buffer',
]);

/** What ends the process or the thread, or is a signal to the process. */
const ENDS = ['exit', 'reallyExit', 'abort', 'kill'] as const;

/**
 * For a thread that runs modules of somebody else's: what would end the process is an error of the call, with its place, and what is
 * written to standard output, which is for the results of a command, goes to standard error.
 */
export function guardThread(): void {
  for (const name of ENDS) {
    const value = (...given: unknown[]): never => {
      throw fail('TM_ERR_WORKER_LOST', `process.${name}(${given.map(String).join(', ')}) was called, which a processor may not do`);
    };
    Object.defineProperty(process, name, { value, writable: false, configurable: false });
  }
  process.stdout.write = process.stderr.write.bind(process.stderr);
  syncBuiltinESMExports();
}

/** Begin to watch the built-in objects. Returns what tells which of their properties have been changed since, such as Array.prototype.map. */
export function watchBuiltIns(): () => string[] {
  const { getOwnPropertyDescriptor, is } = Object;
  const at = (owner: object, key: PropertyKey): unknown => {
    const found = getOwnPropertyDescriptor(owner, key);
    return found?.get ?? (found?.value as unknown);
  };
  const watched = builtIns().flatMap(({ name, owner }) =>
    Reflect.ownKeys(owner).map((key) => ({ name: `${name}.${String(key)}`, owner, key, value: at(owner, key) })),
  );
  return () => {
    // With nothing of what it looks at.
    const changed: string[] = [];
    for (let i = 0; i < watched.length; i++) {
      const { name, owner, key, value } = watched[i] as (typeof watched)[number];
      if (!is(at(owner, key), value)) changed[changed.length] = name;
    }
    return changed;
  };
}

function builtIns(): { name: string; owner: object }[] {
  const typedArray = { name: 'TypedArray', owner: Object.getPrototypeOf(Uint8Array) as object };
  const globals = BUILT_IN.map((name) => ({ name, owner: (globalThis as unknown as Record<string, object>)[name] as object }));
  return [...globals, typedArray].flatMap(({ name, owner }) => {
    const { prototype } = owner as { prototype?: object };
    return prototype === undefined
      ? [{ name, owner }]
      : [
          { name, owner },
          { name: `${name}.prototype`, owner: prototype },
        ];
  });
}
