import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
const NATIVE = 'MSGPACKR_NATIVE_ACCELERATION_DISABLED';

/**
 * A package as its author bundles it for `require`: one file, where an import reads fifteen of lmdb and six of msgpackr. Both come
 * without msgpackr's native part, which is for records that are mostly text and takes longer to load than all the rest (measured:
 * msgpackr 10 ms in place of 32, lmdb 22 in place of 50). Whoever else loads msgpackr gets what the environment says.
 */
export function bundled(name: string): unknown {
  const before = process.env[NATIVE];
  process.env[NATIVE] = 'true';
  try {
    return load(name);
  } finally {
    if (before === undefined) delete process.env[NATIVE];
    else process.env[NATIVE] = before;
  }
}
