/**
 * Compile the scan kernel to WebAssembly. AssemblyScript reads the same sources as TypeScript does, but for machine.ts, of
 * which it has a version of its own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const sources = new URL('../server/import/kernel/', import.meta.url);
const target = new URL('../dist/server/import/kernel/kernel.wasm', import.meta.url);

const { error } = await asc.main(
  ['kernel.ts', '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort='],
  {
    // `./rows.js` is what TypeScript calls `./rows.ts`, and AssemblyScript `./rows.js.ts`.
    readFile: (/** @type {string} */ name) => {
      const file = name.replace(/\.js\.ts$/, '.ts');
      const path = new URL(file === 'machine.ts' ? 'wasm/machine.ts' : file, sources);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile: (/** @type {string} */ _, /** @type {Uint8Array} */ code) => writeFileSync(fileURLToPath(target), code),
    listFiles: () => [],
    stdout: process.stderr,
    stderr: process.stderr,
  },
);
if (error !== null) process.exitCode = 1;
