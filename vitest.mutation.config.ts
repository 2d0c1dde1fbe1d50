import { defineConfig } from 'vitest/config';

/** Who may, and what becomes of a run: fast tests without a database, which a mutant can be held against a thousand times. */
export default defineConfig({
  test: {
    include: ['test/approvals/**/*.test.ts', 'test/runs/{helped,parameter-facts,target-key,transitions,what-changed}.test.ts', 'test/catalog/reach.test.ts'],
    testTimeout: 60_000,
  },
});
