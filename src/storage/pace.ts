/**
 * Permission to call Slack, shared by all replicas through the database. A bucket of tokens per channel for posts (one a second) and one per
 * workspace for edits (Slack allows 50 in any minute; a bucket of 5 that gains 45 a minute can never exceed that).
 */
import { sql } from 'kysely';
import type { Db } from './database.ts';

export interface Pace {
  readonly capacity: number;
  readonly perSecond: number;
}

// Slack counts the second between two posts where they arrive. A tenth is left for what holds one of them up on the way.
export const postPace: Pace = { capacity: 1, perSecond: 0.9 };
export const editPace: Pace = { capacity: 5, perSecond: 0.75 };

/** Takes one token of `key`. Returns `null` when it was taken, else the time when there will be one. */
export async function takeToken(db: Db, key: string, pace: Pace, now: Date): Promise<Date | null> {
  const filled = sql`least(${pace.capacity}, paces.tokens + greatest(0, extract(epoch from (${now}::timestamptz - paces.filled_at))) * ${pace.perSecond})`;
  const { rows } = await sql<{ tokens: number }>`
    insert into paces (key, tokens, filled_at) values (${key}, ${pace.capacity - 1}, ${now})
    on conflict (key) do update set tokens = ${filled} - 1, filled_at = ${now}
    where (paces.blocked_until is null or paces.blocked_until <= ${now}) and ${filled} >= 1
    returning tokens`.execute(db);
  if (rows[0] !== undefined) return null;
  const row = await sql<{ tokens: number; blocked_until: Date | null }>`select ${filled} as tokens, blocked_until from paces where key = ${key}`.execute(db);
  const state = row.rows[0];
  const missing = Math.max(0, 1 - (state?.tokens ?? 0));
  const refilledAt = now.getTime() + Math.ceil((missing / pace.perSecond) * 1_000);
  return new Date(Math.max(refilledAt, state?.blocked_until?.getTime() ?? 0, now.getTime() + 1));
}

/** Slack answered 429: nobody uses this key until `until`. */
export async function blockPace(db: Db, key: string, until: Date): Promise<void> {
  await sql`
    insert into paces (key, tokens, filled_at, blocked_until) values (${key}, 0, ${until}, ${until})
    on conflict (key) do update set blocked_until = greatest(coalesce(paces.blocked_until, excluded.blocked_until), excluded.blocked_until), tokens = 0, filled_at = excluded.filled_at`.execute(
    db,
  );
}
