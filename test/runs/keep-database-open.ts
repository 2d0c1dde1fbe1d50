/**
 * One PGlite for many runs of the tests: to open one takes longer than to try a mutant. `vitest.mutation-runs.config.ts` keeps it in the process that starts
 * the tests; they run in threads of that process and reach it through a channel.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/storage/database.ts';
import type { Tables } from '../../src/storage/tables.ts';
import { answers, questions, type Answer, type Question } from './shared-database.ts';

/** For the process that starts the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pglite = await PGlite.create({ parsers: { [pg.types.builtins.INT8]: Number } });
  await migrate(new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }));
  const asked = new BroadcastChannel(questions);
  const answering = new BroadcastChannel(answers);
  asked.onmessage = async (message) => {
    const { id, text, parameters } = (message as { readonly data: Question }).data;
    const answer = await pglite.query(text, parameters).then(
      ({ rows, affectedRows }): Answer => ({ id, rows, ...(affectedRows !== undefined && { affectedRows }) }),
      (error: { message: string; code?: string }): Answer => ({ id, failed: { message: error.message, code: error.code } }),
    );
    answering.postMessage(answer);
  };
  project.provide('hasSharedDatabase', true);
  return async () => {
    asked.close();
    answering.close();
    await pglite.close();
  };
}
