import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.ts';

/**
 * The tests that touch the database, once more on a PostgreSQL server, and those of `test/postgres/`, which mean nothing without one. Which ones they are is read from the files, so that
 * a new one is not forgotten: they import the storage, the harness that starts the whole bot, or the workbench of `test/runs/`.
 */
if (process.env['DATABASE_URL'] === undefined) {
  throw new Error('DATABASE_URL must name a PostgreSQL server where databases may be created, such as DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres');
}

const touchesDatabase = /from '(?:\.\.?\/)+(?:(?:test\/)?harness\/|src\/storage\/|src\/commands\/|workbench)/;

export default defineConfig({
  test: {
    ...everyday.test,
    // Said below, file by file; what needs a server to itself (`test/postgres/`) is only tested here.
    exclude: [],
    include: globSync('test/**/*.test.ts')
      .filter((file) => !/^test\/(?:chaos|cluster|alertmanager|e2e)\//.test(file))
      .filter((file) => touchesDatabase.test(readFileSync(file, 'utf8'))),
  },
});
