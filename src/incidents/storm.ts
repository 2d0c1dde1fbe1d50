/**
 * A storm: more incidents open in a channel than Slack takes posts. One live card and its thread then name every group, while the cards of the
 * incidents follow at Slack's pace (D8).
 */
import { sql } from 'kysely';
import type { Db, DbOrTx, Tx } from '../storage/database.ts';
import { refreshMessages, wantMessage } from '../storage/outbox.ts';
import { addDuty } from '../storage/duties.ts';

/** So many cards may wait in a channel, at one a second, before they are called a storm. */
export const cardsBeforeStorm = 6;
/** A storm is over when nothing new has come for this long and every incident has its card. */
export const calmAfterMs = 60_000;
/** A live card is edited at most this often: the workspace's edits are few, and the groups' own states come first. */
export const stormEditEveryMs = 3_000;
export const groupsPerPage = 40;

export interface Storm {
  readonly id: number;
  readonly channelId: string;
  readonly startedAt: Date;
  readonly lastOpenedAt: Date;
  readonly endedAt: Date | null;
}

export const stormCardKey = (stormId: number): string => `storm:${stormId}`;
export const stormPageKey = (stormId: number, page: number): string => `storm:${stormId}:${page}`;

/** Called when an incident has opened in a channel. Begins a storm where one is due, or adds the incident to the one that is on. */
export async function noteOpened(tx: Tx, channelId: string, now: Date): Promise<void> {
  let storm = await openStorm(tx, channelId);
  if (storm === undefined) {
    const { waiting } = await tx
      .selectFrom('messages')
      .select(sql<number>`count(*)::int`.as('waiting'))
      .where('channel_id', '=', channelId)
      .where('kind', '=', 'card')
      .where('posted_ts', 'is', null)
      .where('state', '=', 'open')
      .executeTakeFirstOrThrow();
    if (waiting < cardsBeforeStorm) return;
    // Two transactions may find the same: the unique index lets one begin it, the other joins.
    await tx
      .insertInto('storms')
      .values({ channel_id: channelId, started_at: now, last_opened_at: now })
      .onConflict((conflict) => conflict.column('channel_id').where('ended_at', 'is', null).doNothing())
      .execute();
    storm = await openStorm(tx, channelId);
    if (storm === undefined) return;
    await addDuty(tx, { kind: 'storm.check', key: String(storm.id), dueAt: new Date(now.getTime() + calmAfterMs) });
  }
  await sql`
    update incidents set storm_id = ${storm.id} where storm_id is null and channel_id = ${channelId} and id in (
      select subject::bigint from messages where channel_id = ${channelId} and kind = 'card' and posted_ts is null)`.execute(tx);
  await tx.updateTable('storms').set({ last_opened_at: now }).where('id', '=', storm.id).execute();
  await showStorm(tx, storm.id, now);
}

/** The storm's card and its thread show the state of now; what is on screen already waits a moment for more to change. */
export async function showStorm(tx: DbOrTx, stormId: number, now: Date): Promise<void> {
  const storm = await findStorm(tx, stormId);
  if (storm === undefined) return;
  const { groups } = await tx.selectFrom('incidents').select(sql<number>`count(*)::int`.as('groups')).where('storm_id', '=', stormId).executeTakeFirstOrThrow();
  const soon = new Date(now.getTime() + stormEditEveryMs);
  const posted = await tx.selectFrom('messages').select(['key', 'posted_ts']).where('key', 'like', `storm:${stormId}%`).where('posted_ts', 'is not', null).execute();
  const isPosted = (key: string) => posted.some((row) => row.key === key);
  const cardKey = stormCardKey(stormId);
  await wantMessage(tx, { key: cardKey, channel: storm.channelId, kind: 'storm', subject: String(stormId), priority: 0, pinned: storm.endedAt === null }, isPosted(cardKey) ? soon : now);
  for (let page = 0; page < Math.ceil(groups / groupsPerPage); page += 1) {
    const key = stormPageKey(stormId, page);
    await wantMessage(tx, { key, channel: storm.channelId, threadKey: cardKey, kind: 'stormPage', subject: `${stormId}:${page}`, priority: 1 }, isPosted(key) ? soon : now);
  }
}

/** Ends the storm when it is calm. Returns when to look again, or `null` when it is over. */
export async function checkStorm(db: Db, stormId: number, now: Date): Promise<Date | null> {
  return db.transaction().execute(async (tx) => {
    const storm = await findStorm(tx, stormId);
    if (storm === undefined || storm.endedAt !== null) return null;
    const { waiting } = await tx
      .selectFrom('messages')
      .select(sql<number>`count(*)::int`.as('waiting'))
      .where('channel_id', '=', storm.channelId)
      .where('kind', '=', 'card')
      .where('posted_ts', 'is', null)
      .where('state', '=', 'open')
      .executeTakeFirstOrThrow();
    if (waiting > 0 || now.getTime() - storm.lastOpenedAt.getTime() < calmAfterMs) {
      await refreshMessages(tx, 'storm', String(stormId), now);
      return new Date(now.getTime() + 10_000);
    }
    await tx.updateTable('storms').set({ ended_at: now }).where('id', '=', stormId).execute();
    await showStorm(tx, stormId, now);
    return null;
  });
}

export async function findStorm(db: DbOrTx, id: number): Promise<Storm | undefined> {
  const row = await db.selectFrom('storms').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { id: row.id, channelId: row.channel_id, startedAt: row.started_at, lastOpenedAt: row.last_opened_at, endedAt: row.ended_at };
}

async function openStorm(db: DbOrTx, channelId: string): Promise<Storm | undefined> {
  const row = await db.selectFrom('storms').select('id').where('channel_id', '=', channelId).where('ended_at', 'is', null).executeTakeFirst();
  return row && findStorm(db, row.id);
}
