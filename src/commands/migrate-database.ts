import type { Environment } from '../config/settings.ts';
import { migrate } from '../storage/database.ts';
import { withDatabase } from './with-database.ts';

/** @returns 0; 2 for wrong settings; 3 when another process has the data directory */
export async function migrateDatabase(environment: Environment): Promise<number> {
  return withDatabase(environment, async (db) => {
    await migrate(db);
    console.log('The schema is up to date.');
    return 0;
  });
}
