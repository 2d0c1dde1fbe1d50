import type { Tx } from './database.ts';

/** Ends an interaction in the transaction of the act itself: what was carried out and committed is never carried out again, nor told that it came too late. */
export async function finishWithAct(tx: Tx, interactionKey: string): Promise<void> {
  await tx.updateTable('interactions').set({ state: 'handled', lease_owner: null, lease_until: null }).where('key', '=', interactionKey).where('state', '=', 'stored').execute();
}
