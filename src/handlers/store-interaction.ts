import { sql } from 'kysely';
import type { Db } from '../storage/database.ts';
import { backOffMs, leaseMs, triesBeforeQuarantine } from '../storage/lease.ts';
import type { Row } from '../storage/tables.ts';
import { redact, redactAll } from '../support/redact/redact.ts';
import type { Interaction } from '../views/slack-port.ts';

export type StoredInteraction = Row<'interactions'>;

/** If whoever stored it does not get to it, another one does, this much later. */
const takeOverAfterMs = 10_000;

/** A secret that somebody typed into a command or a field by mistake goes no further than this (T-09). No command needs one. */
export function withoutTypedSecrets<I extends Interaction>(interaction: I): I {
  if (interaction.kind === 'command') return { ...interaction, text: redact(interaction.text) };
  return interaction.kind === 'submit' ? { ...interaction, values: redactAll(interaction.values) } : interaction;
}

/** The unique key is the replay guard: the same act delivered again is `duplicate`, on every replica (T-03, F-18). */
export async function storeInteraction(db: Db, interaction: Interaction, now: Date): Promise<'stored' | 'duplicate'> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('interactions')
    .values({
      key: interaction.key,
      kind: interaction.kind,
      user_id: interaction.userId,
      payload: JSON.stringify(interaction),
      received_at: now,
      state: 'stored',
      due_at: new Date(now.getTime() + takeOverAfterMs),
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n ? 'stored' : 'duplicate';
}

/** Takes the interaction that was just stored. `undefined`: somebody else has it. */
export async function claimInteraction(db: Db, key: string, owner: string, now: Date): Promise<StoredInteraction | undefined> {
  const { rows } = await sql<StoredInteraction>`
    update interactions set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
    where key = ${key} and state = 'stored' and (lease_until is null or lease_until <= ${now}) returning *`.execute(db);
  return rows[0];
}

export async function finishInteraction(db: Db, stored: StoredInteraction): Promise<void> {
  await db.updateTable('interactions').set({ state: 'handled', lease_owner: null, lease_until: null }).where('id', '=', stored.id).where('state', '=', 'stored').execute();
}

/** Returns whether it is given up. */
export async function failInteraction(db: Db, stored: StoredInteraction, error: string, now: Date): Promise<boolean> {
  const givenUp = stored.tries >= triesBeforeQuarantine;
  await db
    .updateTable('interactions')
    .set({ state: givenUp ? 'failed' : 'stored', last_error: error, due_at: new Date(now.getTime() + backOffMs(stored.tries)), lease_owner: null, lease_until: null })
    .where('id', '=', stored.id)
    .where('state', '=', 'stored')
    .execute();
  return givenUp;
}
