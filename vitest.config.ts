import { defineConfig } from 'vitest/config';
import LongestFirst from './.ci/longest-first.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (lmdb, duckdb) do not bear vitest's threads.
    pool: 'forks',
    // Files share three processes, and what these have loaded and compiled: to begin anew would take longer than most files do.
    isolate: false,
    globalSetup: './test/support/run-folder.ts',
    // Runs for each file, which a module that has been loaded before does not.
    setupFiles: './test/support/clean-up.ts',
    // Tests wait for processes, browsers and the disk a third of their time: three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Limits are for what hangs and no measure of speed: the machine may have much else to do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    // Tests run on the built code, as Node loads it: workers and tests then share the same modules.
    server: { deps: { external: [/\/dist\//] } },
    reporters: ['default', './.ci/closing-line.mjs'],
  },
});
