import type { Db } from '../storage/database.ts';
import { redact, redactAll } from '../support/redact/redact.ts';
import type { Interaction } from '../views/slack-port.ts';

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
