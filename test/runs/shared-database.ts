/** The way to the database that `keep-database-open.ts` keeps open. */
import { BroadcastChannel } from 'node:worker_threads';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { inject } from 'vitest';
import type { Db } from '../../src/storage/database.ts';
import type { Tables } from '../../src/storage/tables.ts';

declare module 'vitest' {
  interface ProvidedContext {
    hasSharedDatabase?: boolean;
  }
}

export interface Question {
  readonly id: number;
  readonly text: string;
  readonly parameters: unknown[];
}
export type Answer = { readonly id: number; readonly rows: unknown[]; readonly affectedRows?: number } | { readonly id: number; readonly failed: { readonly message: string; readonly code: string | undefined } };

export const questions = 'stockops-shared-database-questions';
export const answers = 'stockops-shared-database-answers';

/** For the tests; `null` where each file has a database of its own. */
export async function sharedDatabase(): Promise<Db | null> {
  if (inject('hasSharedDatabase') !== true) return null;
  const asking = new BroadcastChannel(questions);
  const answered = new BroadcastChannel(answers);
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  answered.onmessage = (message) => {
    const { data } = message as { readonly data: Answer };
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  const query = async (text: string, parameters: unknown[] = []) => {
    const id = (asked += 1);
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      asking.postMessage({ id, text, parameters } satisfies Question);
    });
    if ('failed' in answer) throw Object.assign(new Error(answer.failed.message), { code: answer.failed.code });
    return answer;
  };
  let last: Promise<unknown> = Promise.resolve();
  const transaction = <T>(work: (tx: { query: typeof query }) => Promise<T>): Promise<T> => {
    const mine = last.then(async () => {
      await query('begin');
      try {
        const result = await work({ query });
        await query('commit');
        return result;
      } catch (error) {
        await query('rollback');
        throw error;
      }
    });
    last = mine.catch(() => {});
    return mine;
  };
  const close = async () => {
    asking.close();
    answered.close();
  };
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: { query, transaction, close, closed: false, ready: true, waitReady: Promise.resolve() } as never }) });
  // Whoever was here before may have been stopped in the middle.
  await sql`rollback`.execute(db);
  return db;
}
