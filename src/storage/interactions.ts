/** What people did, stored before Slack is told; carried out afterwards. */
import { sql } from 'kysely';
import type { Db, Tx } from './database.ts';
import { claimDue, finishLeased, leaseMs, nextDueAt, putBackLeased } from './lease.ts';
import type { Row } from './tables.ts';

export type StoredInteraction = Row<'interactions'>;

/** Takes the interaction that was just stored. `undefined`: somebody else has it. */
export async function claimInteraction(db: Db, key: string, owner: string, now: Date): Promise<StoredInteraction | undefined> {
  const { rows } = await sql<StoredInteraction>`
    update interactions set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
    where key = ${key} and state = 'stored' and (lease_until is null or lease_until <= ${now}) returning *`.execute(db);
  return rows[0];
}

/** Takes one that whoever stored it did not get to. */
export function claimLeftInteraction(db: Db, owner: string, now: Date): Promise<StoredInteraction | undefined> {
  return claimDue<StoredInteraction>(db, 'interactions', owner, now);
}

export function nextLeftInteractionAt(db: Db): Promise<Date | undefined> {
  return nextDueAt(db, 'interactions');
}

export async function finishInteraction(db: Db, stored: StoredInteraction): Promise<void> {
  await finishLeased(db, 'interactions', stored, 'handled');
}

/**
 * Holds what a person did until the transaction of its act ends. `null`: it has been carried out meanwhile, by whoever took it over while this process stood
 * still; a second time it would undo what others did since (F-40).
 */
export async function holdForAct(tx: Tx, interactionKey: string): Promise<{ readonly receivedAt: Date } | null> {
  const row = await tx.selectFrom('interactions').select('received_at').where('key', '=', interactionKey).where('state', '=', 'stored').forUpdate().executeTakeFirst();
  return row === undefined ? null : { receivedAt: row.received_at };
}

/** Ends an interaction in the transaction of the act itself: what was carried out and committed is never carried out again, nor told that it came too late. */
export async function finishWithAct(tx: Tx, interactionKey: string): Promise<void> {
  await tx.updateTable('interactions').set({ state: 'handled', lease_owner: null, lease_until: null }).where('key', '=', interactionKey).where('state', '=', 'stored').execute();
}

export async function failInteraction(db: Db, stored: StoredInteraction, error: string, now: Date): Promise<void> {
  await putBackLeased(db, 'interactions', stored, error, now);
}
