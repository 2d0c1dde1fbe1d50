import { afterAll, beforeAll } from 'vitest';
import { openDatabase, type Db } from '../../src/storage/database.ts';
import { freshStorage } from './storage.ts';

/** A database for the tests of one file: handed over before the first of them, gone behind the last. */
export function withOwnDatabase(handOver: (db: Db) => void): void {
  const open = new AsyncDisposableStack();
  beforeAll(async () => {
    const storage = open.use(await freshStorage());
    const db = await openDatabase(storage.settings);
    open.defer(() => db.destroy());
    handOver(db);
  });
  afterAll(() => open.disposeAsync());
}
