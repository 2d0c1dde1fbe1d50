/**
 * Pages as rows. For one dedup_key PagerDuty is told things strictly in order, and never of a trigger after its resolve: PagerDuty would open a new
 * alert and wake somebody for a problem that is over (P-9, G-7).
 */
import { sql } from 'kysely';
import type { System } from '../catalog/system.ts';
import type { Incident, PageSummary } from '../incidents/incident.ts';
import type { Db, DbOrTx, Tx } from '../storage/database.ts';
import { leaseMs } from '../storage/lease.ts';
import type { Row } from '../storage/tables.ts';
import { planSteps } from './plan-steps.ts';

export type Page = Row<'pages'>;

/** PagerDuty's name for one episode of one incident of this installation. At most 255 characters. */
export function dedupKeyOf(installation: string, incident: Incident): string {
  return `stockops:${installation}:${incident.id}:${incident.reopenedCount}`.slice(0, 255);
}

/** Writes the steps of a newly opened or reopened incident. */
export async function startEscalation(tx: Tx, installation: string, system: System, incident: Incident, now: Date): Promise<void> {
  const steps = planSteps(system, incident, now);
  if (steps.length === 0) return;
  await tx
    .insertInto('pages')
    .values(
      steps.map((step) => ({
        incident_id: incident.id,
        action: 'trigger' as const,
        dedup_key: dedupKeyOf(installation, incident),
        routing_key_setting: system.escalation.routingKeySetting,
        step: step.step,
        role: step.role,
        until: step.until,
        due_at: step.dueAt,
        state: 'waiting' as const,
      })),
    )
    .execute();
}

/**
 * Somebody took the incident, or it is over: takes back the steps that this ends and tells PagerDuty, if it was ever told of a trigger.
 * A step that is being sent at this moment is not taken back; what follows is sent after it.
 */
export async function endEscalation(tx: Tx, incident: Incident, reason: 'acknowledged' | 'resolved', now: Date): Promise<void> {
  await sql`
    update pages set state = 'cancelled' where incident_id = ${incident.id} and state = 'waiting' and action = 'trigger'
      and (${reason} = 'resolved' or until = 'acknowledged') and (lease_until is null or lease_until <= ${now})`.execute(tx);
  const told = await tx
    .selectFrom('pages')
    .selectAll()
    .where('incident_id', '=', incident.id)
    .where('action', '=', 'trigger')
    .where((eb) => eb.or([eb('state', '=', 'accepted'), eb('tries', '>', 0)]))
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (told === undefined) return;
  await tx
    .insertInto('pages')
    .values({
      incident_id: incident.id,
      action: reason === 'acknowledged' ? 'acknowledge' : 'resolve',
      dedup_key: told.dedup_key,
      routing_key_setting: told.routing_key_setting,
      step: told.step,
      role: told.role,
      until: told.until,
      due_at: now,
      state: 'waiting',
    })
    .execute();
}

/** Takes the page that is due longest and has no earlier one of its dedup_key before it. */
export async function claimPage(db: Db, owner: string, now: Date): Promise<Page | undefined> {
  const { rows } = await sql<Page>`
    update pages set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1,
      first_try_at = coalesce(first_try_at, ${now})
    where id = (
      select p.id from pages p
      where p.state = 'waiting' and p.due_at <= ${now} and coalesce(p.next_try_at, ${now}) <= ${now}
        and (p.lease_until is null or p.lease_until <= ${now})
        and not exists (select 1 from pages q where q.dedup_key = p.dedup_key and q.state = 'waiting' and q.id < p.id and q.due_at <= ${now})
      order by p.due_at, p.id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

export async function nextPageAt(db: Db): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(due_at, coalesce(next_try_at, due_at), coalesce(lease_until, due_at))) as at from pages where state = 'waiting'`.execute(db);
  return rows[0]?.at ?? undefined;
}

export async function markAccepted(db: DbOrTx, page: Page, now: Date): Promise<void> {
  await db
    .updateTable('pages')
    .set({ state: 'accepted', accepted_at: now, lease_owner: null, lease_until: null, last_error: null, next_try_at: null })
    .where('id', '=', page.id)
    .execute();
}

/** Not accepted: tried again at `nextTryAt`, until it is accepted or no longer true. */
export async function markFailed(db: DbOrTx, page: Page, error: string, nextTryAt: Date): Promise<void> {
  await db
    .updateTable('pages')
    .set({ last_error: error, next_try_at: nextTryAt, lease_owner: null, lease_until: null })
    .where('id', '=', page.id)
    .where('lease_owner', '=', page.lease_owner)
    .execute();
}

/** PagerDuty will never take it as it is (400). Said on the card. */
export async function markRefused(db: DbOrTx, page: Page, error: string): Promise<void> {
  await db.updateTable('pages').set({ state: 'refused', last_error: error, lease_owner: null, lease_until: null }).where('id', '=', page.id).execute();
}

export async function cancelPage(db: DbOrTx, page: Page): Promise<void> {
  await db.updateTable('pages').set({ state: 'cancelled', lease_owner: null, lease_until: null }).where('id', '=', page.id).execute();
}

/** What the card tells about paging: the triggers of the present episode, in order. */
export async function pagesOf(db: DbOrTx, incident: Incident): Promise<PageSummary[]> {
  const rows = await db
    .selectFrom('pages')
    .selectAll()
    .where('incident_id', '=', incident.id)
    .where('action', '=', 'trigger')
    .where('dedup_key', 'like', `%:${incident.id}:${incident.reopenedCount}`)
    .orderBy('due_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    role: row.role,
    dueAt: row.due_at,
    state: row.state === 'waiting' && row.last_error !== null ? 'undelivered' : row.state,
    acceptedAt: row.accepted_at,
    tries: row.tries,
    lastError: row.last_error,
    nextTryAt: row.next_try_at,
    until: row.until,
  }));
}
