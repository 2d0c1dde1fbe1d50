/**
 * The outbox of Slack messages. A change of state says in its own transaction that a message is wanted (`wantMessage`); a lane sends what is
 * behind, at the channel's pace.
 *
 *   wanted ──claim──▶ posting ──answer──▶ posted ──wanted again──▶ behind ──claim──▶ edited
 *                        │
 *                        └─ answer lost: looked up by its key in the channel's history before anything is posted again (G-3)
 */
import { sql } from 'kysely';
import type { Json } from '../support/json.ts';
import type { Db, DbOrTx } from './database.ts';
import { leaseMs } from './lease.ts';
import type { Row } from './tables.ts';

export type Message = Row<'messages'>;

export interface WantedMessage {
  readonly key: string;
  readonly channel: string;
  readonly threadKey?: string;
  /** Which renderer makes it, and what of. */
  readonly kind: string;
  readonly subject: string;
  readonly content?: Json;
  /** The lower first: 5 is what a person waits for, 7 and 8 a storm, 11 to 14 the cards by rank, 15 and more what belongs to them. */
  readonly priority: number;
  readonly pinned?: boolean;
}

/**
 * Says that a message should exist and show the state of now. Called again, it only becomes due again: what is not yet sent is never sent twice. One that
 * Slack did not take gets another chance, because what it says has changed and what was wrong may be mended.
 */
export async function wantMessage(db: DbOrTx, message: WantedMessage, now: Date): Promise<void> {
  await sql`
    insert into messages (key, channel_id, thread_key, kind, subject, content, priority, due_at, created_at, pin_wanted)
    values (${message.key}, ${message.channel}, ${message.threadKey ?? null}, ${message.kind}, ${message.subject},
            ${message.content === undefined ? null : JSON.stringify(message.content)}, ${message.priority}, ${now}, ${now}, ${message.pinned ?? false})
    on conflict (key, channel_id) do update set
      wanted_version = messages.wanted_version + 1,
      content = coalesce(excluded.content, messages.content),
      pin_wanted = excluded.pin_wanted,
      priority = least(messages.priority, excluded.priority),
      state = 'open',
      tries = case when messages.state = 'open' then messages.tries else 0 end,
      due_at = case when messages.state = 'open' and messages.wanted_version > messages.sent_version then messages.due_at else excluded.due_at end`.execute(db);
  if (message.threadKey === undefined) return;
  // A reply cannot be seen before what it replies to: somebody's run does not wait until the card of its incident has had its turn.
  await sql`
    update messages set priority = ${message.priority}
    where key = ${message.threadKey} and channel_id = ${message.channel} and posted_ts is null and priority > ${message.priority}`.execute(db);
}

/** Marks every message of a subject as behind, if it exists. */
export async function refreshMessages(db: DbOrTx, kind: string, subject: string, now: Date): Promise<void> {
  await sql`
    update messages set wanted_version = wanted_version + 1,
      due_at = case when wanted_version > sent_version then due_at else ${now} end
    where kind = ${kind} and subject = ${subject} and state = 'open'`.execute(db);
}

const isBehind = sql<boolean>`(m.wanted_version > m.sent_version or m.pin_wanted <> m.pinned)`;

/**
 * Takes the most urgent message that is behind and may be sent now: not leased, its channel not paused, and its thread's first message
 * already posted. `except` are channels whose pace allows nothing at the moment.
 */
export async function claimMessage(db: Db, owner: string, now: Date, kind: 'post' | 'edit', except: readonly string[]): Promise<Message | undefined> {
  const { rows } = await sql<Message>`
    update messages set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}
    where id = (
      select m.id from messages m
      where m.state = 'open' and ${isBehind} and m.due_at <= ${now}
        and (m.lease_until is null or m.lease_until <= ${now})
        and (m.posted_ts is null) = ${kind === 'post'}
        and not (m.channel_id = any (${[...except]}))
        and (m.thread_key is null or exists (
          select 1 from messages p where p.key = m.thread_key and p.channel_id = m.channel_id and p.posted_ts is not null))
      order by m.priority, m.due_at, m.id limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

/** Per channel, when the next message to post (or edit) may be claimed, paces left aside. */
export async function nextMessagesAt(db: Db, kind: 'post' | 'edit'): Promise<readonly { readonly channel: string; readonly at: Date }[]> {
  const { rows } = await sql<{ channel: string; at: Date }>`
    select m.channel_id as channel, min(greatest(m.due_at, coalesce(m.lease_until, m.due_at))) as at from messages m
    where m.state = 'open' and ${isBehind} and (m.posted_ts is null) = ${kind === 'post'}
      and (m.thread_key is null or exists (
        select 1 from messages p where p.key = m.thread_key and p.channel_id = m.channel_id and p.posted_ts is not null))
    group by m.channel_id`.execute(db);
  return rows;
}

/** Notes that a post is about to be made; from here on a lost answer is looked up. */
export async function markPosting(db: DbOrTx, message: Message, now: Date): Promise<void> {
  await db.updateTable('messages').set({ posting_since: now }).where('id', '=', message.id).where('posting_since', 'is', null).execute();
}

/** Slack shows the message as of `sentVersion`; a later wish stays open. Said of whoever's lease it was: it is a fact. */
export async function markSent(db: DbOrTx, message: Message, sent: { readonly version: number; readonly channel: string; readonly ts: string; readonly sha256: string | null }): Promise<void> {
  await sql`
    update messages set posted_ts = ${sent.ts}, posted_channel = nullif(${sent.channel}, channel_id), posting_since = null, sent_version = greatest(sent_version, ${sent.version}), 
      sent_sha256 = case when lease_owner = ${message.lease_owner} then ${sent.sha256}::text end,
      lease_owner = null, lease_until = null, tries = 0, last_error = null
    where id = ${message.id}`.execute(db);
}

export async function markPinned(db: DbOrTx, message: Message, pinned: boolean): Promise<void> {
  await db.updateTable('messages').set({ pinned }).where('id', '=', message.id).execute();
}

/** Gives the message back untouched: it was not its turn. */
export async function giveBack(db: DbOrTx, message: Message): Promise<void> {
  await db.updateTable('messages').set({ lease_owner: null, lease_until: null }).where('id', '=', message.id).where('lease_owner', '=', message.lease_owner).execute();
}

/** It was tried in vain; the next try is at `retryAt`. `happened: 'no'`: this try has certainly left nothing behind that would have to be looked for. */
export async function markFailed(db: DbOrTx, message: Message, retryAt: Date, error: string, happened: 'no' | 'perhaps'): Promise<void> {
  await db
    .updateTable('messages')
    .set({ lease_owner: null, lease_until: null, due_at: retryAt, last_error: error, tries: sql<number>`tries + 1`, ...(happened === 'no' && { posting_since: message.posting_since }) })
    .where('id', '=', message.id)
    .where('lease_owner', '=', message.lease_owner)
    .execute();
}

/** Slack will never take it. Kept, and counted in the metrics. */
export async function markUndeliverable(db: DbOrTx, message: Message, error: string): Promise<void> {
  await db.updateTable('messages').set({ state: 'undeliverable', last_error: error, lease_owner: null, lease_until: null }).where('id', '=', message.id).execute();
}

/** What was posted is gone, or its channel does not take it: it is posted anew, in `channel` where one is given (F-14, F-16). */
export async function postAnew(db: DbOrTx, message: Message, channel: string | null = message.posted_channel): Promise<void> {
  await db
    .updateTable('messages')
    .set({ posted_ts: null, posted_channel: channel, posting_since: null, sent_sha256: null, sent_version: 0, pinned: false, lease_owner: null, lease_until: null })
    .where('id', '=', message.id)
    .execute();
}

/** After a restore: what seems never to have been posted may have been, since the copy was made. It is looked for first (F-37, G-3). */
export async function lookForLostPosts(db: DbOrTx): Promise<void> {
  await db.updateTable('messages').set((column) => ({ posting_since: column.ref('created_at') })).where('posted_ts', 'is', null).where('posting_since', 'is', null).execute();
}

/** The message of this key; its `channel_id` is where it really is. */
export async function findMessage(db: DbOrTx, key: string): Promise<Message | undefined> {
  const message = await db.selectFrom('messages').selectAll().where('key', '=', key).orderBy('id').executeTakeFirst();
  return message && { ...message, channel_id: placeOf(message) };
}

export const placeOf = (message: Message): string => message.posted_channel ?? message.channel_id;
