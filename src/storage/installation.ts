import type { Db } from './database.ts';

/** The name in the one row that names this installation; made at the first start. */
export async function readInstallation(db: Db, name: string): Promise<string> {
  await db.insertInto('installation').values({ id: 1, name, epoch: 1 }).onConflict((conflict) => conflict.column('id').doNothing()).execute();
  return (await db.selectFrom('installation').select('name').where('id', '=', 1).executeTakeFirstOrThrow()).name;
}

/**
 * Gives back every lease. Only for a database that no other process can be using: on PGlite the directory's lock says so, and waiting for dead leases
 * to run out would only lose time.
 */
export async function dropLeases(db: Db): Promise<void> {
  for (const table of ['notifications', 'messages', 'duties', 'pages', 'interactions'] as const)
    await db.updateTable(table).set({ lease_owner: null, lease_until: null }).where('lease_owner', 'is not', null).execute();
}
