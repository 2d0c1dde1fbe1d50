/**
 * What is over and old is deleted, so that the database does not grow without end (F-50). Never what is open, unknown or waits, what something still points to,
 * or whose entry in the record is missing. Incidents, their timeline, runs, approvals and the record itself stay.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Tx } from './database.ts';

/** So many rows of each table at a time: one transaction must not hold up the others. */
export const pruneAtOnce = 2_000;

type PrunedTable = 'notifications' | 'interactions' | 'duties' | 'pages' | 'messages';
export type Pruned = Readonly<Record<PrunedTable, number>>;

/** What may go, as SQL over `row`. */
const isOver: Readonly<Record<PrunedTable, (before: Date) => RawBuilder<boolean>>> = {
  // What could not be read is named on the card of an incident, and stays as long as that is open. What was set aside waits for a person.
  notifications: (before) => sql`row.received_at < ${before} and (row.state = 'applied' or (row.state = 'unreadable' and not exists (
    select 1 from incidents where incidents.source = row.source and incidents.origin = 'intake' and incidents.state <> 'resolved')))`,
  interactions: (before) => sql`row.received_at < ${before} and row.state = 'handled'`,
  duties: (before) => sql`row.due_at < ${before} and row.state in ('done', 'cancelled')`,
  // Of an incident all or none: what was told before decides what is told at its end.
  pages: (before) => sql`row.due_at < ${before} and row.state <> 'waiting'
    and exists (select 1 from incidents where incidents.id = row.incident_id and incidents.state = 'resolved' and incidents.resolved_at < ${before})
    and not exists (select 1 from pages other where other.incident_id = row.incident_id and (other.state = 'waiting' or other.due_at >= ${before}))
    and (row.state = 'cancelled' or exists (select 1 from audit_entries where audit_entries.subject = 'INC-' || row.incident_id and audit_entries.kind = 'page.' || row.state))`,
  // Cards and the messages of runs stay: they are what a thread hangs on, and they can change again.
  messages: (before) => sql`row.created_at < ${before} and row.kind in ('said', 'file', 'approval', 'diagnostics') and row.state = 'open'
    and row.wanted_version <= row.sent_version and row.pin_wanted = row.pinned and row.lease_owner is null
    and not exists (select 1 from incidents where row.thread_key = 'card:' || incidents.id and incidents.state <> 'resolved')
    and not exists (select 1 from runs where row.kind = 'approval' and row.subject = runs.id and runs.finished_at is null)
    and not exists (select 1 from messages reply where reply.thread_key = row.key and reply.channel_id = row.channel_id)`,
};

/** Deletes at most `atOnce` rows of each table that were over before `before`. What another transaction holds is left for the next time. */
export async function prune(tx: Tx, before: Date, atOnce = pruneAtOnce): Promise<Pruned> {
  const pruned: Record<PrunedTable, number> = { notifications: 0, interactions: 0, duties: 0, pages: 0, messages: 0 };
  for (const table of Object.keys(isOver) as PrunedTable[]) {
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)} where id in (
        select row.id from ${sql.table(table)} as row where ${isOver[table](before)} order by row.id limit ${atOnce} for update of row skip locked)`.execute(tx);
    pruned[table] = Number(numAffectedRows ?? 0n);
  }
  return pruned;
}
