import { defineConfig } from 'vitest/config';

/** Fast tests without a database: those that a mutant can be held against a thousand times. */
export default defineConfig({ test: { include: ['test/approvals/**/*.test.ts'], testTimeout: 60_000 } });
