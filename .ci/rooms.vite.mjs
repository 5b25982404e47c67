/**
 * The modules of a room in one file: to find, read and compile each by itself takes 0.7 ms, and a run has four threads (measured: a
 * worker has all that it needs after 60 ms in place of 130). At a module's place stands what hands on its part of the room's file,
 * so that there is one of each, whoever imports it.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { ROOMS, roomFile } from './rooms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * A module by its path from the root, without its ending.
 * @param {string} file
 */
const moduleOf = (file) =>
  file
    .slice(root.length)
    .split(sep)
    .join('/')
    .replace(/\.[jt]s$/, '');

/** @param {string} module */
const folderOf = (module) => ROOMS.find(({ folder, but }) => module.startsWith(`${folder}/`) && !but.test(module))?.folder;

const modules = ROOMS.flatMap(({ folder }) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.split(sep).includes('wasm'))
    .map((file) => moduleOf(join(root, folder, file))),
).filter((module) => folderOf(module) !== undefined);

export default defineConfig({
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: false,
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(modules.map((module) => [module, `${module}.ts`])),
      external: (id, importer) => {
        if (importer === undefined) return false;
        if (!id.startsWith('.')) return !id.startsWith(root);
        return folderOf(moduleOf(join(dirname(importer), id))) !== folderOf(moduleOf(importer));
      },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        codeSplitting: {
          groups: ROOMS.map(({ folder }) => ({ name: roomFile(folder), test: (id) => folderOf(moduleOf(id)) === folder })),
        },
      },
    },
  },
});
