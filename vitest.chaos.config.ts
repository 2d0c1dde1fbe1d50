import { defineConfig } from 'vitest/config';

/** The bot as a process of its own, killed at every step. A campaign of some minutes; see `test/chaos/`. */
export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 900_000,
    hookTimeout: 180_000,
  },
});
