/**
 * Compile the kernels to WebAssembly: AssemblyScript reads TypeScript sources, but for those in a folder wasm/, which are its
 * own. Of the scan's sources wasm/machine.ts stands for machine.ts; the engine's are all in wasm/.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = new URL('../', import.meta.url);
/** Pages of 64 KiB: those of a task's region, see engine/region.ts, and of the kernel's own data. */
const REGION_PAGES = '2049';
const kernels = [
  { folder: 'server/import/kernel/', sources: '', own: { 'machine.ts': 'wasm/machine.ts' }, target: 'kernel.wasm', flags: [] },
  { folder: 'engine/', sources: 'wasm/', own: {}, target: 'wasm/kernel.wasm', flags: ['--initialMemory', REGION_PAGES] },
];

for (const { folder, sources, own, target, flags } of kernels) {
  const out = fileURLToPath(new URL(`dist/${folder}${target}`, root));
  mkdirSync(dirname(out), { recursive: true });
  const { error } = await asc.main(
    ['kernel.ts', '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort=', ...flags],
    {
      // `./rows.js` is what TypeScript calls `./rows.ts`, and AssemblyScript `./rows.js.ts`.
      readFile: (/** @type {string} */ name) => {
        const file = name.replace(/\.js\.ts$/, '.ts');
        const path = new URL(`${folder}${sources}${/** @type {Record<string, string>} */ (own)[file] ?? file}`, root);
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile: (/** @type {string} */ _, /** @type {Uint8Array} */ code) => writeFileSync(out, code),
      listFiles: () => [],
      stdout: process.stderr,
      stderr: process.stderr,
    },
  );
  if (error !== null) process.exitCode = 1;
}
