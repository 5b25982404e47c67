/**
 * Compile the sources into dist/, copy what is not TypeScript beside it, and drop modules that have no source any more. Vite
 * bundles the status panel, whose folder it empties itself, the modules that have packages in them, see packages.vite.mjs, and
 * those that all threads load, see rooms.vite.mjs.
 * dist/.built holds a digest of everything the build read; it is written last, so that a build that broke is not taken for whole.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOM_FILES } from './rooms.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['engine', 'processors', 'server', 'bench'];
const PANEL = 'server/panel/';
/** What only AssemblyScript reads. */
const WASM = ['server/import/kernel/wasm/', 'engine/wasm/'];
const KERNEL = '.ci/kernel.mjs';
const PACKAGES = '.ci/packages.vite.mjs';
const ROOMS = '.ci/rooms.vite.mjs';
const stamp = join(root, 'dist/.built');

/**
 * All files below a folder, by their paths with `/` from the root.
 * @param {string} folder
 */
function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).split(sep).join('/'))
    .toSorted();
}

function digest() {
  const hash = createHash('sha256');
  const scripts = ['.ci/build.mjs', '.ci/rooms.mjs', KERNEL, PACKAGES, ROOMS];
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', ...scripts, ...FOLDERS.flatMap(filesIn)]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest();
}

/**
 * Run a program, by its path from the root.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} otherwise what is wrong where it fails
 */
function run(program, args, otherwise) {
  const file = join(root, program);
  if (!existsSync(file)) throw new Error('the packages are not installed: npm ci');
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(otherwise);
}

/**
 * @param {string} config of Vite
 * @param {string} otherwise what is wrong where it fails
 */
function bundle(config, otherwise) {
  run('node_modules/vite/bin/vite.js', ['build', '--config', config, '--logLevel', 'warn'], otherwise);
}

/** Throws where a source does not compile. */
export function build() {
  rmSync(stamp, { force: true });
  const before = digest();
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json'], 'the sources do not compile');
  run(KERNEL, [], 'the kernels do not compile');
  bundle(`${PANEL}vite.config.ts`, 'the panel cannot be bundled');
  bundle(PACKAGES, 'the packages cannot be bundled');
  bundle(ROOMS, 'the rooms cannot be bundled');

  const wanted = new Set(ROOM_FILES.flatMap((file) => [`${file}.js`, `${file}.js.map`]));
  for (const file of FOLDERS.flatMap(filesIn)) {
    if (file.startsWith(PANEL) || WASM.some((folder) => file.startsWith(folder))) continue;
    const module = /^(.*)\.ts$/.exec(file)?.[1];
    if (module !== undefined) for (const ext of ['.js', '.js.map', '.d.ts']) wanted.add(`${module}${ext}`);
    else if (!file.endsWith('.md')) {
      wanted.add(file);
      cpSync(join(root, file), join(root, 'dist', file));
    }
  }
  for (const file of filesIn('dist')) {
    const made = file.slice('dist/'.length);
    if (/\.(js|js\.map|d\.ts)$/.test(file) && !wanted.has(made) && !made.startsWith(PANEL)) rmSync(join(root, file));
  }
  writeFileSync(stamp, before);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    build();
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
