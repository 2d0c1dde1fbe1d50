import { readSettings, type Environment } from '../config/settings.ts';
import { migrate, openDatabase } from '../storage/database.ts';
import { lockDataDirectory } from '../storage/data-directory-lock.ts';
import { storageOf } from './storage-of.ts';

/** @returns 0, or 2 for wrong settings */
export async function migrateDatabase(environment: Environment): Promise<number> {
  const read = readSettings(environment);
  if (!read.ok) {
    console.error(read.problems.join('\n'));
    return 2;
  }
  const storage = storageOf(read.settings);
  await using _lock = storage.kind === 'pglite' && storage.dataDirectory !== 'memory' ? await lockDataDirectory(storage.dataDirectory) : null;
  const db = await openDatabase(storage);
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
  console.log('The schema is up to date.');
  return 0;
}
