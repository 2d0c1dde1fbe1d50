import type { Settings } from '../config/settings.ts';
import type { StorageSettings } from '../storage/database.ts';

/** PostgreSQL where it is named, else PGlite in its directory. */
export function storageOf(settings: Settings): StorageSettings {
  return settings.DATABASE_URL === undefined ? { kind: 'pglite', dataDirectory: settings.STOCKOPS_DATA_DIR } : { kind: 'postgres', url: settings.DATABASE_URL };
}
