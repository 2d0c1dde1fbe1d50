import { defineConfig } from 'vitest/config';

/** Fast tests without a database: those that a mutant can be held against a thousand times. A hundred random texts each, for the same reason. */
export default defineConfig({
  test: {
    include: [
      'test/approvals/**/*.test.ts',
      'test/runs/{helped,parameter-facts,target-key,transitions,what-changed}.test.ts',
      'test/catalog/reach.test.ts',
      'test/actions/parameters.test.ts',
      'test/support/{as-seen,command-line,web-address}.test.ts',
      'test/views/mrkdwn.test.ts',
    ],
    env: { STOCKOPS_FUZZ_RUNS: '100' },
    testTimeout: 60_000,
  },
});
