import { defineConfig } from 'vitest/config';

/** Tests with a real Prometheus and Alertmanager; see `test/alertmanager/`. */
export default defineConfig({
  test: {
    include: ['test/alertmanager/**/*.test.ts'],
    globalSetup: ['test/alertmanager/programs.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    sequence: { concurrent: false },
  },
});
