import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (lmdb, duckdb) do not bear vitest's threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // What is waited for is there soon, on a machine that has nothing else to do.
    expect: { poll: { timeout: 10_000 } },
    // Tests run on the built code, as Node loads it: workers and tests then share the same modules.
    server: { deps: { external: [/\/dist\//] } },
    reporters: ['default', './.ci/closing-line.mjs'],
  },
});
