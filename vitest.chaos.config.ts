import { defineConfig } from 'vitest/config';

/**
 * The bot as processes of their own, with a fault at every step. `npm run test:chaos` takes some minutes: every failpoint is killed once. With
 * STOCKOPS_CHAOS=all the whole campaign of some hours: every fault in every family of writes, replicas, shutdown and the largest body; see `test/chaos/`.
 */
export default defineConfig({
  test: {
    include: process.env['STOCKOPS_CHAOS'] === 'all' ? ['test/chaos/**/*.test.ts'] : ['test/chaos/crash.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 900_000,
    hookTimeout: 180_000,
  },
});
