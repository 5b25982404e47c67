/**
 * dist/server/settings.js once more, with the packages that it imports in it. Every command reads the settings, and zod comes
 * in 95 modules, 64 of them languages: to load them takes several times as long as to load the part that is used, in one.
 */
import { defineConfig } from 'vite';

const ENTRY = 'server/settings.ts';

export default defineConfig({
  ssr: { noExternal: true },
  build: {
    ssr: ENTRY,
    outDir: 'dist/server',
    emptyOutDir: false,
    sourcemap: true,
    // Of our own modules there must be one only: errors are known by their class.
    rolldownOptions: { external: (id, importer) => id.startsWith('.') && importer?.endsWith(ENTRY) },
  },
});
