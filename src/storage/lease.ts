import { sql } from 'kysely';
import type { Db, DbOrTx } from './database.ts';

/** How long a claimed row belongs to its claimer. A process that dies gives its rows back after this. */
export const leaseMs = 30_000;

/** A row that fails this often is set aside and shown, so that it never holds up the others (F-10). */
export const triesBeforeQuarantine = 5;

/** 1 s, 2 s, 4 s … at most a minute. */
export function backOffMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.max(0, tries - 1));
}

type LeasedTable = 'duties' | 'interactions' | 'notifications' | 'pages';

/**
 * Takes the row that is due longest, for `owner`, until `now + leaseMs`. Safe to call from several processes: a row that another one
 * is taking is skipped, not waited for; a row whose lease has run out may be taken again.
 * @param waiting the table's state that means "not done yet"
 */
export async function claimDue<R>(db: Db, table: LeasedTable, waiting: string, owner: string, now: Date): Promise<R | undefined> {
  const { rows } = await sql<R>`
    update ${sql.table(table)} set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
    where id = (
      select id from ${sql.table(table)}
      where state = ${waiting} and due_at <= ${now} and (lease_until is null or lease_until <= ${now})
      order by due_at, id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

/** When the next row of `table` can be claimed; `undefined` when none waits. */
export async function nextDueAt(db: DbOrTx, table: LeasedTable, waiting: string): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(due_at, coalesce(lease_until, due_at))) as at from ${sql.table(table)} where state = ${waiting}`.execute(db);
  return rows[0]?.at ?? undefined;
}
