import { readSettings, type Environment, type SettingName } from '../config/settings.ts';
import { openDatabase, type Db } from '../storage/database.ts';
import { DataDirectoryHeld, lockDataDirectory } from '../storage/data-directory-lock.ts';
import { storageOf } from './storage-of.ts';

/** All that a command on the database is told: whoever migrates or checks it has no business with Slack’s tokens. */
const names: readonly SettingName[] = ['DATABASE_URL', 'STOCKOPS_DATA_DIR'];
const notAskedFor = { ALERTMANAGER_TOKEN: 'x'.repeat(32), SLACK_BOT_TOKEN: 'x', SLACK_APP_TOKEN: 'x' } satisfies Partial<Record<SettingName, string>>;

/** Does something with the database of the settings, and closes it. @returns what `work` says; 2 for wrong settings, 3 when another process has the data directory */
export async function withDatabase(environment: Environment, work: (db: Db) => Promise<number>): Promise<number> {
  const read = readSettings({ ...notAskedFor, ...Object.fromEntries(names.flatMap((name) => [[name, environment[name]], [`${name}_FILE`, environment[`${name}_FILE`]]])) });
  if (!read.ok) {
    console.error(read.problems.join('\n'));
    return 2;
  }
  const storage = storageOf(read.settings);
  try {
    await using _lock = storage.kind === 'pglite' && storage.dataDirectory !== 'memory' ? await lockDataDirectory(storage.dataDirectory) : null;
    const db = await openDatabase(storage);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  } catch (error) {
    if (!(error instanceof DataDirectoryHeld)) throw error;
    console.error(`${error.message} Stop it first, or set DATABASE_URL to share PostgreSQL.`);
    return 3;
  }
}
