import { defineConfig } from 'vitest/config';

/** The bot as a process of its own, killed once at every failpoint: some minutes. The whole campaign is in `vitest.chaos-all.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/chaos/crash.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 900_000,
    hookTimeout: 180_000,
  },
});
