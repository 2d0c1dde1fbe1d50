/** Webhook bodies as they came: stored before they are answered, applied afterwards. */
import { sql } from 'kysely';
import { sha256 } from '../support/json.ts';
import type { Db, DbOrTx } from './database.ts';
import { claimDue, finishLeased, nextDueAt, putBackLeased } from './lease.ts';
import type { Row } from './tables.ts';

export type Notification = Row<'notifications'>;

/** Commits the body. From here on it is our duty (G-1). */
export async function storeNotification(db: DbOrTx, source: string, body: string, now: Date): Promise<void> {
  await db
    .insertInto('notifications')
    .values({
      source,
      // A text column holds no NUL. A body with a bare one is not JSON in any case, and is kept as near to what came as can be.
      body: body.replaceAll('\u0000', '\uFFFD'),
      body_sha256: sha256(body),
      order_key: orderKeyOf(source, body),
      received_at: now,
      state: 'stored',
      due_at: now,
    })
    .execute();
}

// Only a guess at the group, made without reading the body: a wrong one costs order or waiting, never content.
const groupKeyInBody = /"groupKey"\s*:\s*("(?:[^"\\]|\\.)*")/;

function orderKeyOf(source: string, body: string): string {
  return sha256(`${source} ${groupKeyInBody.exec(body)?.[1] ?? ''}`);
}

// Of one group only the oldest may be taken: with "firing" and "resolved" applied the wrong way round, a card would stay red for ever.
const isOldestOfGroup = sql<boolean>`not exists (
  select 1 from notifications earlier where earlier.order_key = candidate.order_key and earlier.state = 'stored' and earlier.id < candidate.id)`;

export function claimNotification(db: Db, owner: string, now: Date): Promise<Notification | undefined> {
  return claimDue<Notification>(db, 'notifications', owner, now, isOldestOfGroup);
}

export function nextNotificationAt(db: Db): Promise<Date | undefined> {
  return nextDueAt(db, 'notifications', isOldestOfGroup);
}

/** Returns whether it was still theirs. */
export function finishNotification(db: DbOrTx, notification: Notification, state: 'applied' | 'unreadable'): Promise<boolean> {
  return finishLeased(db, 'notifications', notification, state);
}

/** Returns whether it was still theirs. */
export function failNotification(db: DbOrTx, notification: Notification, error: string, now: Date): Promise<boolean> {
  return putBackLeased(db, 'notifications', notification, error, now);
}
