/**
 * Some modules of dist/ once more, with the packages that they import in them. To load a package in one piece takes a fraction
 * of the time that its many small modules take: zod has 95, 64 of them languages, and every command reads the settings; the
 * client of DuckDB has 60, which take five times as long as DuckDB itself, and are loaded in two threads.
 */
import { defineConfig } from 'vite';

const MODULES = ['server/settings', 'server/database/duckdb/node-api', 'server/terminal/text'];

export default defineConfig({
  ssr: { noExternal: true, external: ['@duckdb/node-bindings'] },
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: false,
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(MODULES.map((module) => [module, `${module}.ts`])),
      output: { entryFileNames: '[name].js' },
      makeAbsoluteExternalsRelative: false,
      // Of our own modules there must be one only: errors are known by their class.
      external: (id, importer) => id.startsWith('.') && MODULES.some((module) => importer?.endsWith(`${module}.ts`)),
    },
  },
});
