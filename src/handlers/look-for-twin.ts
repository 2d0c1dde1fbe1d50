/** Two cards are better than none, but not for long: when a post had to be made again, the other one is looked for and made to point at the live one (G-3). */
import type { DbOrTx } from '../storage/database.ts';
import { addDuty, type Duty } from '../storage/duties.ts';
import { findMessage } from '../storage/outbox.ts';
import type { Bot } from './bot.ts';

const lookEveryMs = 30_000;
const lookForMs = 60 * 60_000;

interface Twin {
  readonly key: string;
  readonly channel: string;
  readonly threadTs: string | null;
  /** When the first post was made, whose answer was lost. */
  readonly since: Date;
}

export async function lookForTwin(db: DbOrTx, { key, channel, threadTs, since }: Twin, now: Date): Promise<void> {
  await addDuty(db, { kind: 'message.reconcile', key, payload: { channel, threadTs, since: since.toISOString() }, dueAt: new Date(now.getTime() + lookEveryMs) });
}

export async function pointTwinAtMessage(bot: Bot, duty: Duty, now: Date): Promise<void> {
  const payload = duty.payload as { readonly channel: string; readonly threadTs: string | null; readonly since: string };
  const twin: Twin = { ...payload, key: duty.key, since: new Date(payload.since) };
  const live = await findMessage(bot.db, twin.key);
  if (live === undefined || now.getTime() - twin.since.getTime() > lookForMs) return;
  const found = live.posted_ts === null ? undefined : await bot.slack.find({ ...twin, except: live.posted_ts });
  if (found === null) return;
  if (found === undefined) return lookForTwin(bot.db, twin, now);
  const address = await bot.slack.permalink(twin.channel, live.posted_ts ?? '');
  const text = address === null ? 'Posted twice by mistake; the other one is live.' : `Posted twice by mistake; <${address}|the other one> is live.`;
  const answer = await bot.slack.update({ channel: twin.channel, ts: found, content: { text, blocks: [] }, key: `twin of ${twin.key}` });
  if (answer.status === 'lost' || answer.status === 'limited') return lookForTwin(bot.db, twin, now);
}
