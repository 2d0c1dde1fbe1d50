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
import { planSteps, type PlannedStep } from './plan-steps.ts';

export type Page = Row<'pages'>;

/** How this installation reaches PagerDuty. */
export interface Paging {
  readonly installation: string;
  /** Name of the setting with the routing key through which a role is paged: that of its own PagerDuty service, else the system's. */
  readonly routingKeySettingOf: (system: System, roleId: string) => string;
}

/** PagerDuty's name for one episode of one incident of this installation. At most 255 characters. */
export function dedupKeyOf(installation: string, incident: Incident): string {
  return `stockops:${installation}:${incident.id}:${incident.reopenedCount}`.slice(0, 255);
}

/** Writes the steps of an incident that has opened, or opened again. What is left of its earlier episodes ends in PagerDuty. */
export async function startEscalation(tx: Tx, paging: Paging, system: System, incident: Incident, now: Date): Promise<void> {
  if (incident.reopenedCount > 0) await endEarlierEpisodes(tx, paging.installation, incident, now);
  await insertSteps(tx, paging, system, incident, planSteps(system, incident, now));
}

/** The incident has become worse: the steps of its new severity take the place of those that wait. */
export async function raiseEscalation(tx: Tx, paging: Paging, system: System, incident: Incident, now: Date): Promise<void> {
  await cancelWaiting(tx, dedupKeyOf(paging.installation, incident), 'resolved', now);
  const steps = planSteps(system, incident, now).filter((step) => incident.state === 'triggered' || step.until === 'resolved');
  await insertSteps(tx, paging, system, incident, steps);
}

/**
 * Somebody took the incident, or it is over: takes back the steps that this ends and tells PagerDuty, if it was ever told of a trigger.
 * A step that is being sent at this moment is not taken back; what follows is sent after it.
 */
export async function endEscalation(tx: Tx, { installation }: Paging, incident: Incident, reason: 'acknowledged' | 'resolved', now: Date): Promise<void> {
  await endEpisode(tx, incident.id, dedupKeyOf(installation, incident), reason, now);
}

async function insertSteps(tx: Tx, { installation, routingKeySettingOf }: Paging, system: System, incident: Incident, steps: readonly PlannedStep[]): Promise<void> {
  if (steps.length === 0) return;
  await tx
    .insertInto('pages')
    .values(
      steps.map((step) => ({
        incident_id: incident.id,
        action: 'trigger' as const,
        dedup_key: dedupKeyOf(installation, incident),
        routing_key_setting: routingKeySettingOf(system, step.role),
        step: step.step,
        role: step.role,
        until: step.until,
        due_at: step.dueAt,
        state: 'waiting' as const,
      })),
    )
    .execute();
}

async function endEarlierEpisodes(tx: Tx, installation: string, incident: Incident, now: Date): Promise<void> {
  const earlier = await tx
    .selectFrom('pages')
    .select('dedup_key')
    .distinct()
    .where('incident_id', '=', incident.id)
    .where('dedup_key', '<>', dedupKeyOf(installation, incident))
    .execute();
  for (const { dedup_key: dedupKey } of earlier) await endEpisode(tx, incident.id, dedupKey, 'resolved', now);
}

async function endEpisode(tx: Tx, incidentId: number, dedupKey: string, reason: 'acknowledged' | 'resolved', now: Date): Promise<void> {
  await cancelWaiting(tx, dedupKey, reason, now);
  const sent = await tx.selectFrom('pages').selectAll().where('dedup_key', '=', dedupKey).orderBy('id', 'desc').execute();
  // A try that was not accepted may have arrived all the same; a cancelled or refused page that was never tried cannot have.
  const triggers = sent.filter((page) => page.action === 'trigger' && (page.state === 'accepted' || page.tries > 0));
  const isResolved = (page: Page) => sent.some(({ action, routing_key_setting: setting }) => action === 'resolve' && setting === page.routing_key_setting);
  // Every service of PagerDuty that was told of it has an alert of its own.
  const told = triggers.filter((page, index) => triggers.findIndex((other) => other.routing_key_setting === page.routing_key_setting) === index && !isResolved(page));
  if (told.length === 0) return;
  await tx
    .insertInto('pages')
    .values(
      told.map((page) => ({
        incident_id: incidentId,
        action: reason === 'acknowledged' ? ('acknowledge' as const) : ('resolve' as const),
        dedup_key: dedupKey,
        routing_key_setting: page.routing_key_setting,
        step: page.step,
        role: page.role,
        until: page.until,
        due_at: now,
        state: 'waiting' as const,
      })),
    )
    .execute();
}

/** Takes back what waits and is not being sent at this moment. */
async function cancelWaiting(tx: Tx, dedupKey: string, reason: 'acknowledged' | 'resolved', now: Date): Promise<void> {
  await sql`
    update pages set state = 'cancelled' where dedup_key = ${dedupKey} and state = 'waiting' and action = 'trigger'
      and (${reason} = 'resolved' or until = 'acknowledged') and (lease_until is null or lease_until <= ${now})`.execute(tx);
}

// A page waits for the earlier ones of its dedup_key that are due, also for those that PagerDuty has refused so far.
const isFirstOfItsKey = (now: Date) => sql<boolean>`not exists (
  select 1 from pages earlier where earlier.dedup_key = page.dedup_key and earlier.state = 'waiting' and earlier.id < page.id and earlier.due_at <= ${now})`;

/** Takes the page that is due longest and has no earlier one of its dedup_key before it. */
export async function claimPage(db: Db, owner: string, now: Date): Promise<Page | undefined> {
  const { rows } = await sql<Page>`
    update pages set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1,
      first_try_at = coalesce(first_try_at, ${now})
    where id = (
      select page.id from pages page
      where page.state = 'waiting' and page.due_at <= ${now} and coalesce(page.next_try_at, ${now}) <= ${now}
        and (page.lease_until is null or page.lease_until <= ${now}) and ${isFirstOfItsKey(now)}
      order by page.due_at, page.id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

export async function nextPageAt(db: Db, now: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(page.due_at, coalesce(page.next_try_at, page.due_at), coalesce(page.lease_until, page.due_at))) as at from pages page
    where page.state = 'waiting' and ${isFirstOfItsKey(now)}`.execute(db);
  return rows[0]?.at ?? undefined;
}

/** Lateness of up to this is as good as on time. */
const latenessMs = 60_000;

/**
 * A page that could not be sent in time moves the steps after it by as much: after an outage people are called one after the other, with the time
 * between them that the policy gives each to act, and never all at once (G-7, F-35).
 */
export async function keepSpacing(tx: Tx, page: Page, now: Date): Promise<void> {
  const lateMs = now.getTime() - page.due_at.getTime();
  if (page.action !== 'trigger' || lateMs <= latenessMs) return;
  await sql`
    update pages set due_at = due_at + ${lateMs} * interval '1 millisecond'
    where dedup_key = ${page.dedup_key} and action = 'trigger' and state = 'waiting' and id > ${page.id}`.execute(tx);
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

/** Nothing was sent this time. Without effect when another process has it by now. */
export async function giveBack(db: DbOrTx, page: Page): Promise<void> {
  await db.updateTable('pages').set({ tries: page.tries - 1, lease_owner: null, lease_until: null }).where('id', '=', page.id).where('lease_owner', '=', page.lease_owner).where('tries', '=', page.tries).execute();
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
  return rows.map((row, index) => ({
    repeats: rows.slice(0, index).some((earlier) => earlier.routing_key_setting === row.routing_key_setting && earlier.state !== 'cancelled' && earlier.state !== 'refused'),
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
