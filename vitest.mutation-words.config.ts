import { defineConfig } from 'vitest/config';

/** Names, command lines, addresses and text for Slack. Where texts are made at random, a hundred: every mutant of a pattern meets all of these tests. */
export default defineConfig({
  test: {
    include: ['test/actions/parameters.test.ts', 'test/support/{as-seen,command-line,web-address}.test.ts', 'test/views/mrkdwn.test.ts'],
    env: { STOCKOPS_FUZZ_RUNS: '100' },
    testTimeout: 60_000,
  },
});
