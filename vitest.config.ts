import { defineConfig } from 'vitest/config';
import LongestFirst from './.ci/longest-first.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (lmdb, duckdb) do not bear vitest's threads.
    pool: 'forks',
    globalSetup: './test/support/run-folder.ts',
    // Runs for each file, which a module that has been loaded before does not.
    setupFiles: './test/support/clean-up.ts',
    // Tests wait for processes, browsers and the disk a third of their time: three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
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
