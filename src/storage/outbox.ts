/**
 * The outbox of Slack messages. A change of state says in its own transaction that a message is wanted (`wantMessage`); a lane sends what is
 * behind, at the channel's pace (D8).
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
  /** 0 first. Storm cards 0, then cards by rank, then threads. */
  readonly priority: number;
  readonly pinned?: boolean;
}

/** Says that a message should exist and show the state of now. Called again, it only becomes due again: what is not yet sent is never sent twice. */
export async function wantMessage(db: DbOrTx, message: WantedMessage, now: Date): Promise<void> {
  await sql`
    insert into messages (key, channel_id, thread_key, kind, subject, content, priority, due_at, created_at, pin_wanted)
    values (${message.key}, ${message.channel}, ${message.threadKey ?? null}, ${message.kind}, ${message.subject},
            ${message.content === undefined ? null : JSON.stringify(message.content)}, ${message.priority}, ${now}, ${now}, ${message.pinned ?? false})
    on conflict (key, channel_id) do update set
      wanted_version = messages.wanted_version + 1,
      content = coalesce(excluded.content, messages.content),
      pin_wanted = excluded.pin_wanted,
      priority = excluded.priority,
      due_at = case when messages.wanted_version > messages.sent_version then messages.due_at else excluded.due_at end`.execute(db);
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
    update messages set lease_owner = ${owner}, lease_until = ${new Date(now.getTime() + leaseMs)}, tries = tries + 1
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

/** The message now shows `sentVersion`; a later wish stays open. */
export async function markSent(db: DbOrTx, message: Message, sentVersion: number, postedTs: string): Promise<void> {
  await sql`
    update messages set posted_ts = ${postedTs}, posting_since = null, sent_version = greatest(sent_version, ${sentVersion}),
      lease_owner = null, lease_until = null, tries = 0, last_error = null
    where id = ${message.id}`.execute(db);
}

export async function markPinned(db: DbOrTx, message: Message, pinned: boolean): Promise<void> {
  await db.updateTable('messages').set({ pinned }).where('id', '=', message.id).execute();
}

/** Gives the message back, to be tried again at `retryAt`. */
export async function releaseMessage(db: DbOrTx, message: Message, retryAt: Date, error: string | null): Promise<void> {
  await db
    .updateTable('messages')
    .set({ lease_owner: null, lease_until: null, due_at: retryAt, last_error: error })
    .where('id', '=', message.id)
    .where('lease_owner', '=', message.lease_owner)
    .execute();
}

/** Slack will never take it. Kept, and shown in `/readyz` and the metrics. */
export async function markUndeliverable(db: DbOrTx, message: Message, error: string): Promise<void> {
  await db.updateTable('messages').set({ state: 'undeliverable', last_error: error, lease_owner: null, lease_until: null }).where('id', '=', message.id).execute();
}

/** A person deleted the message: it is posted anew, once (F-16). */
export async function forgetPost(db: DbOrTx, message: Message): Promise<void> {
  await db
    .updateTable('messages')
    .set({ posted_ts: null, posting_since: null, pinned: false, lease_owner: null, lease_until: null })
    .where('id', '=', message.id)
    .execute();
}

export async function findMessage(db: DbOrTx, key: string): Promise<Message | undefined> {
  return db.selectFrom('messages').selectAll().where('key', '=', key).orderBy('id').executeTakeFirst();
}

export async function findMessageByTs(db: DbOrTx, postedTs: string): Promise<Message | undefined> {
  return db.selectFrom('messages').selectAll().where('posted_ts', '=', postedTs).orderBy('id').executeTakeFirst();
}
