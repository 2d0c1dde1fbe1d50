import { sql, type RawBuilder } from 'kysely';
import type { Db, DbOrTx } from './database.ts';
import type { Clock } from '../support/clock.ts';
import type { Row } from './tables.ts';

/** How long a claimed row belongs to its claimer. A process that dies gives its rows back after this. */
export const leaseMs = 30_000;

/**
 * Whether so much time has passed since a row was claimed that it may be another process's by now, and what is in hand out of date: nothing is sent
 * then (F-40). Well below the lease, so that what is begun before ends before.
 */
export const hasSlept = (clock: Clock, claimedAt: Date): boolean => clock.now().getTime() - claimedAt.getTime() > leaseMs / 3;

/** A row that fails this often is set aside and shown, so that it never holds up the others (F-10). */
export const triesBeforeQuarantine = 5;

/** 1 s, 2 s, 4 s … at most a minute. */
export function backOffMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.max(0, tries - 1));
}

/** What each table calls a row that is not done yet, and one that is set aside. */
const states = {
  duties: { waiting: 'waiting', setAside: 'quarantined' },
  interactions: { waiting: 'stored', setAside: 'failed' },
  notifications: { waiting: 'stored', setAside: 'quarantined' },
} as const;

type LeasedTable = keyof typeof states;
/** A row as it was when it was claimed. */
type Leased = Pick<Row<LeasedTable>, 'id' | 'lease_owner' | 'tries'>;

const always = sql<boolean>`true`;

/**
 * Takes the row that is due longest, for `owner`, until `now + leaseMs`. Safe to call from several processes: a row that another one
 * is taking is skipped, not waited for; a row whose lease has run out may be taken again.
 * @param isFree what else must hold for a row, as SQL over `candidate`
 */
export async function claimDue<R>(db: Db, table: LeasedTable, owner: string, now: Date, isFree: RawBuilder<boolean> = always): Promise<R | undefined> {
  const { rows } = await sql<R>`
    update ${sql.table(table)} set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
    where id = (
      select candidate.id from ${sql.table(table)} as candidate
      where candidate.state = ${states[table].waiting} and candidate.due_at <= ${now} and (candidate.lease_until is null or candidate.lease_until <= ${now}) and ${isFree}
      order by candidate.due_at, candidate.id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

/** When the next row of `table` can be claimed; `undefined` when none waits. */
export async function nextDueAt(db: DbOrTx, table: LeasedTable, isFree: RawBuilder<boolean> = always): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(candidate.due_at, coalesce(candidate.lease_until, candidate.due_at))) as at from ${sql.table(table)} as candidate
    where candidate.state = ${states[table].waiting} and ${isFree}`.execute(db);
  return rows[0]?.at ?? undefined;
}

/** Whether the row is set aside if it fails now. */
export const isLastTry = ({ tries }: Pick<Leased, 'tries'>): boolean => tries >= triesBeforeQuarantine;

/**
 * Writes that the row is done. Only the holder of the lease may: a process that slept through its lease writes nothing over what belongs to another
 * one (F-40). Returns whether it was still theirs.
 */
export async function finishLeased(db: DbOrTx, table: LeasedTable, row: Leased, state: Row<LeasedTable>['state']): Promise<boolean> {
  return writeHeld(db, table, row, { state });
}

/** Puts a row that failed back for later, or sets it aside after its last try; like `finishLeased`, only where it is still theirs. */
export async function putBackLeased(db: DbOrTx, table: LeasedTable, row: Leased, error: string, now: Date): Promise<boolean> {
  const { waiting, setAside } = states[table];
  return writeHeld(db, table, row, { state: isLastTry(row) ? setAside : waiting, last_error: error, due_at: new Date(now.getTime() + backOffMs(row.tries)) });
}

async function writeHeld(db: DbOrTx, table: LeasedTable, row: Leased, values: { readonly state: Row<LeasedTable>['state']; readonly last_error?: string; readonly due_at?: Date }): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable(table)
    .set({ ...values, lease_owner: null, lease_until: null })
    .where('id', '=', row.id)
    .where('state', '=', states[table].waiting)
    .where('lease_owner', '=', row.lease_owner)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
