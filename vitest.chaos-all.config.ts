import { defineConfig } from 'vitest/config';
import bounded from './vitest.chaos.config.ts';

/** Every fault in every family of writes, two replicas, shutdown and the largest body: some hours. Needs PostgreSQL, as replicas do. */
if (process.env['DATABASE_URL'] === undefined) {
  throw new Error('DATABASE_URL must name a PostgreSQL server where databases may be created, such as DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres');
}

export default defineConfig({ test: { ...bounded.test, include: ['test/chaos/**/*.test.ts'] } });
