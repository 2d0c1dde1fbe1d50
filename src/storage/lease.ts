import { sql, type RawBuilder } from 'kysely';
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
const always = sql<boolean>`true`;

/**
 * Takes the row that is due longest, for `owner`, until `now + leaseMs`. Safe to call from several processes: a row that another one
 * is taking is skipped, not waited for; a row whose lease has run out may be taken again.
 * @param waiting the table's state that means "not done yet"
 * @param isFree what else must hold for a row, as SQL over `candidate`
 */
export async function claimDue<R>(db: Db, table: LeasedTable, waiting: string, owner: string, now: Date, isFree: RawBuilder<boolean> = always): Promise<R | undefined> {
  const { rows } = await sql<R>`
    update ${sql.table(table)} set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
    where id = (
      select candidate.id from ${sql.table(table)} as candidate
      where candidate.state = ${waiting} and candidate.due_at <= ${now} and (candidate.lease_until is null or candidate.lease_until <= ${now}) and ${isFree}
      order by candidate.due_at, candidate.id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

/** When the next row of `table` can be claimed; `undefined` when none waits. */
export async function nextDueAt(db: DbOrTx, table: LeasedTable, waiting: string, isFree: RawBuilder<boolean> = always): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(candidate.due_at, coalesce(candidate.lease_until, candidate.due_at))) as at from ${sql.table(table)} as candidate
    where candidate.state = ${waiting} and ${isFree}`.execute(db);
  return rows[0]?.at ?? undefined;
}
