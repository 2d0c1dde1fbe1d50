/**
 * A storm: more incidents open in a channel than Slack takes posts. One live card and its thread then name every group, while the cards of the
 * incidents follow at Slack's pace.
 */
import { sql } from 'kysely';
import type { DbOrTx, Tx } from '../storage/database.ts';
import { addDutyOnce } from '../storage/duties.ts';
import type { Row } from '../storage/tables.ts';
import type { Incident } from './incident.ts';

/** So many cards may wait in a channel, at one a second, before they are called a storm. */
export const cardsBeforeStorm = 6;
/** A storm is over when nothing new has come for this long and every incident has its card. */
export const calmAfterMs = 60_000;

export interface Storm {
  readonly id: number;
  readonly channelId: string;
  readonly startedAt: Date;
  readonly lastOpenedAt: Date;
  readonly endedAt: Date | null;
}

/** Called when an incident has opened and its card is wanted. Begins a storm where one is due, or adds the incident to the one that is on. */
export async function noteOpened(tx: Tx, incident: Incident, now: Date): Promise<void> {
  const channelId = incident.channelId;
  const isOn = await join(tx, incident, now);
  if (isOn || (await cardsWaiting(tx, channelId)) < cardsBeforeStorm) return;
  // Two transactions may find the same: the unique index lets one begin it, the other joins.
  const begun = await tx
    .insertInto('storms')
    .values({ channel_id: channelId, started_at: now, last_opened_at: now })
    .onConflict((conflict) => conflict.column('channel_id').where('ended_at', 'is', null).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (begun === undefined) return void (await join(tx, incident, now));
  await sql`
    update incidents set storm_id = ${begun.id} where storm_id is null and channel_id = ${channelId} and id in (
      select subject::bigint from messages where channel_id = ${channelId} and kind = 'card' and posted_ts is null)`.execute(tx);
  await lookAfterStorm(tx, begun.id, now);
}

async function join(tx: Tx, incident: Incident, now: Date): Promise<boolean> {
  const storm = await tx.updateTable('storms').set({ last_opened_at: now }).where('channel_id', '=', incident.channelId).where('ended_at', 'is', null).returning('id').executeTakeFirst();
  if (storm === undefined) return false;
  await tx.updateTable('incidents').set({ storm_id: storm.id }).where('id', '=', incident.id).execute();
  await lookAfterStorm(tx, storm.id, now);
  return true;
}

/** Has the storm's messages brought up to date at `at`, or earlier where that is already due. */
export async function lookAfterStorm(db: DbOrTx, stormId: number, at: Date): Promise<void> {
  await addDutyOnce(db, { kind: 'storm.check', key: String(stormId), dueAt: at });
}

/** How many incidents of the channel have no card yet. */
export async function cardsWaiting(db: DbOrTx, channelId: string): Promise<number> {
  const { waiting } = await db
    .selectFrom('messages')
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('channel_id', '=', channelId)
    .where('kind', '=', 'card')
    .where('posted_ts', 'is', null)
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return waiting;
}

export function isCalm(storm: Storm, cardsToCome: number, now: Date): boolean {
  return cardsToCome === 0 && now.getTime() - storm.lastOpenedAt.getTime() >= calmAfterMs;
}

export async function endStorm(db: DbOrTx, stormId: number, now: Date): Promise<void> {
  await db.updateTable('storms').set({ ended_at: now }).where('id', '=', stormId).where('ended_at', 'is', null).execute();
}

export async function findStorm(db: DbOrTx, id: number): Promise<Storm | undefined> {
  const row = await db.selectFrom('storms').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toStorm(row);
}

/** The storm that an incident came in with, also when it is over. */
export async function stormOf(db: DbOrTx, incidentId: number): Promise<Storm | undefined> {
  const row = await db.selectFrom('storms').innerJoin('incidents', 'incidents.storm_id', 'storms.id').selectAll('storms').where('incidents.id', '=', incidentId).executeTakeFirst();
  return row && toStorm(row);
}

function toStorm(row: Row<'storms'>): Storm {
  return { id: row.id, channelId: row.channel_id, startedAt: row.started_at, lastOpenedAt: row.last_opened_at, endedAt: row.ended_at };
}
