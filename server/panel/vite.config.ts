import { defineConfig } from 'vite';

/** The status panel: static files that any server may serve from any path, with nothing inline and nothing from elsewhere. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/server/panel',
    emptyOutDir: true,
    // A `data:` URL is not of the same origin for the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    chunkSizeWarningLimit: 150,
  },
  // `npx vite server/panel` beside a running service: its API is where it is by default.
  server: { proxy: { '/api': process.env['TIDEMILL_API'] ?? 'http://127.0.0.1:7400' } },
});
