import { defineConfig } from 'vitest/config';

/** The fuzz tests of `test/fuzz/` with the counts of a long campaign; `npm test` runs a few thousand of each. */
export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.test.ts'],
    env: { STOCKOPS_FUZZ_RUNS: process.env['STOCKOPS_FUZZ_RUNS'] ?? '200000' },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 3_600_000,
    hookTimeout: 180_000,
  },
});
