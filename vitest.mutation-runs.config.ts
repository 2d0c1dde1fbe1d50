import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** The fast tests of `src/runs/` that need a database, all on one that stays open while mutants come and go. */
export default defineConfig({
  test: {
    include: globSync('test/runs/*.test.ts').filter((file) => readFileSync(file, 'utf8').includes("from './workbench.ts'")),
    globalSetup: ['test/runs/keep-database-open.ts'],
    isolate: false,
    fileParallelism: false,
    testTimeout: 5_000,
  },
});
