import type { DbOrTx } from '../storage/database.ts';
import { textOfEntry, type AuditEntry } from './entry.ts';

/**
 * Writes an entry into the record, in the caller's transaction: both are committed or neither is (G-10). The database gives it its place in the
 * chain when the transaction commits, so it may be called at any point of it, whatever is locked later.
 * @throws what the database says; a change whose entry cannot be written does not happen
 */
export async function record(tx: DbOrTx, entry: AuditEntry): Promise<void> {
  await tx.insertInto('audit_inbox').values({ entry: textOfEntry(entry) }).execute();
}
