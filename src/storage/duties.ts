import { sql } from 'kysely';
import type { Json } from '../support/json.ts';
import type { Db, DbOrTx } from './database.ts';
import { claimDue, finishLeased, nextDueAt, putBackLeased } from './lease.ts';
import type { Row } from './tables.ts';

export type Duty = Row<'duties'>;

export interface NewDuty {
  readonly kind: string;
  /** Names what the duty is about; one waiting duty per kind and key. */
  readonly key: string;
  readonly payload?: Json;
  readonly dueAt: Date;
}

/** Adds a duty, or moves the waiting one of the same kind and key to the new time and payload. */
export async function addDuty(db: DbOrTx, duty: NewDuty): Promise<void> {
  const payload = JSON.stringify(duty.payload ?? {});
  await sql`
    insert into duties (kind, key, payload, due_at) values (${duty.kind}, ${duty.key}, ${payload}, ${duty.dueAt})
    on conflict (kind, key) where state = 'waiting'
    do update set payload = excluded.payload, due_at = excluded.due_at, tries = 0, lease_owner = null, lease_until = null`.execute(db);
}

/** Adds a duty unless one of its kind and key waits already, whose time then stands. */
export async function addDutyOnce(db: DbOrTx, duty: NewDuty): Promise<void> {
  await sql`
    insert into duties (kind, key, payload, due_at) values (${duty.kind}, ${duty.key}, ${JSON.stringify(duty.payload ?? {})}, ${duty.dueAt})
    on conflict (kind, key) where state = 'waiting' do nothing`.execute(db);
}

/** Lets a waiting duty come at once. One that is in hand stays with whoever has it: taken from them, it would look as if they were gone. */
export async function hastenDuty(db: DbOrTx, kind: string, key: string, now: Date): Promise<void> {
  await sql`
    update duties set due_at = ${now} where kind = ${kind} and key = ${key} and state = 'waiting' and due_at > ${now} and (lease_until is null or lease_until <= ${now})`.execute(db);
}

/** Takes back a duty that is no longer true. Without effect when it is not waiting any more. */
export async function cancelDuty(db: DbOrTx, kind: string, key: string): Promise<void> {
  await db.updateTable('duties').set({ state: 'cancelled' }).where('kind', '=', kind).where('key', '=', key).where('state', '=', 'waiting').execute();
}

// In a storm hundreds of incidents want their diagnostics at once, each of which may take many seconds. What a person waits for goes first.
const background = 'incident.diagnose';
const backgroundAtOnce = 2;

/** Takes a duty that is due. Of those in the background each process has at most two in hand, so that there is always a hand free for the others. */
export function claimDuty(db: Db, owner: string, now: Date): Promise<Duty | undefined> {
  return claimDue<Duty>(db, 'duties', owner, now, hasAHandFree(owner, now));
}

const hasAHandFree = (owner: string, now: Date) => sql<boolean>`(candidate.kind <> ${background} or ${backgroundAtOnce} > (
  select count(*) from duties busy where busy.kind = ${background} and busy.state = 'waiting' and busy.lease_owner = ${owner} and busy.lease_until > ${now}))`;

export function nextDutyAt(db: Db, owner: string, now: Date): Promise<Date | undefined> {
  return nextDueAt(db, 'duties', hasAHandFree(owner, now));
}

export async function finishDuty(db: DbOrTx, duty: Duty): Promise<void> {
  await finishLeased(db, 'duties', duty, 'done');
}

export async function failDuty(db: DbOrTx, duty: Duty, error: string, now: Date): Promise<void> {
  await putBackLeased(db, 'duties', duty, error, now);
}
