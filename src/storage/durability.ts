import { sql } from 'kysely';
import type { Db } from './database.ts';

/**
 * Why this server could lose what it has confirmed, or `null`. A webhook is answered 200 when it is committed (G-1), which means nothing where
 * commits are not written through.
 */
export async function whyNotDurable(db: Db): Promise<string | null> {
  const { rows } = await sql<{ fsync: string; commit: string }>`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`.execute(db);
  const [settings] = rows;
  if (settings?.fsync !== 'on') return 'fsync is off: a crash of the server loses what it has confirmed. Set fsync = on.';
  if (settings.commit === 'off') return 'synchronous_commit is off: a crash of the server loses the last commits. Set synchronous_commit = on.';
  return null;
}
