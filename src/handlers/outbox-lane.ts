import { claimMessage, findMessage, forgetPost, markPinned, markPosting, markSent, markUndeliverable, nextMessagesAt, releaseMessage, wantMessage, type Message } from '../storage/outbox.ts';
import { blockPace, editPace, postPace, takeToken } from '../storage/pace.ts';
import { backOffMs } from '../storage/lease.ts';
import type { MessageContent } from '../views/blocks.ts';
import type { SlackAnswer } from '../views/slack-port.ts';
import { triageChannel } from '../incidents/apply-alert-group.ts';
import type { Bot } from './bot.ts';
import type { Lane } from './lanes.ts';
import { messageContent } from './message-content.ts';

/** A message that Slack does not take for this long is said elsewhere, too. */
const patienceMs = 2 * 60_000;

/**
 * Posts new messages, or edits those that are behind, at the pace that Slack allows. What a message says is made at this moment, so whatever has
 * changed while it waited is in it, and an older state never follows a newer one.
 */
export function outboxLane(bot: Bot, kind: 'post' | 'edit'): Lane {
  // Until when each channel's pace allows nothing; only a memory of what the database said, to save asking again.
  const paused = new Map<string, Date>();
  const paceKey = (message: Message) => (kind === 'post' ? `post ${message.channel_id}` : 'edit');
  const pace = kind === 'post' ? postPace : editPace;

  return {
    name: `slack ${kind}s`,
    step: async (now) => {
      for (const [channel, until] of paused) if (until <= now) paused.delete(channel);
      if (paused.has('*')) return false;
      const message = await claimMessage(bot.db, bot.owner, now, kind, [...paused.keys()]);
      if (message === undefined) return false;
      const waitUntil = await takeToken(bot.db, paceKey(message), pace, now);
      if (waitUntil !== null) {
        paused.set(kind === 'post' ? message.channel_id : '*', waitUntil);
        await releaseMessage(bot.db, message, message.due_at, message.last_error);
        return true;
      }
      await deliver(bot, message, now, paceKey(message));
      return true;
    },
    nextAt: async () => {
      const times = (await nextMessagesAt(bot.db, kind)).map(({ channel, at }) => Math.max(at.getTime(), (paused.get(channel) ?? paused.get('*') ?? at).getTime()));
      return times.length === 0 ? undefined : new Date(Math.min(...times));
    },
  };
}

async function deliver(bot: Bot, message: Message, now: Date, paceKey: string): Promise<void> {
  // Taken from the claim, before the content is made: a wish that comes in meanwhile stays open.
  const version = message.wanted_version;
  const content = await messageContent(bot, message);
  if (content === null) return markUndeliverable(bot.db, message, 'what it was about is gone');
  const thread = message.thread_key === null ? undefined : await findMessage(bot.db, message.thread_key);
  const threadTs = thread?.posted_ts ?? null;

  if (message.posted_ts === null && message.posting_since !== null) {
    const found = await bot.slack.find({ channel: message.channel_id, threadTs, key: message.key, since: message.posting_since });
    if (found === undefined) return releaseMessage(bot.db, message, later(message, now), 'Slack did not say whether it was posted');
    if (found !== null) return markSent(bot.db, message, 0, found);
  }
  if (message.posted_ts === null) {
    await markPosting(bot.db, message, now);
    const answer =
      message.kind === 'file' ? await upload(bot, message, content, threadTs) : await bot.slack.post({ channel: message.channel_id, threadTs, content, key: message.key });
    return conclude(bot, message, version, answer, now, paceKey);
  }
  const answer =
    message.wanted_version > message.sent_version
      ? await bot.slack.update({ channel: message.channel_id, ts: message.posted_ts, content, key: message.key })
      : ({ status: 'done', ts: message.posted_ts } as const);
  return conclude(bot, message, version, answer, now, paceKey);
}

async function conclude(bot: Bot, message: Message, version: number, answer: SlackAnswer, now: Date, paceKey: string): Promise<void> {
  switch (answer.status) {
    case 'done': {
      await markSent(bot.db, message, version, answer.ts === '' ? (message.posted_ts ?? 'file') : answer.ts);
      bot.metrics.cardDelay.observe(Math.max(0, bot.clock.now().getTime() - message.due_at.getTime()) / 1_000);
      if (message.pin_wanted !== message.pinned) await pin(bot, message, answer.ts);
      bot.wake();
      return;
    }
    case 'limited': {
      const until = new Date(now.getTime() + answer.retryAfterMs);
      await blockPace(bot.db, paceKey, until);
      return releaseMessage(bot.db, message, until, 'Slack asked to wait');
    }
    case 'lost':
      return releaseMessage(bot.db, message, later(message, now), answer.reason);
    case 'refused':
      if (answer.error === 'message_not_found' && message.posted_ts !== null) return forgetPost(bot.db, message);
      if (!answer.permanent) return releaseMessage(bot.db, message, later(message, now), answer.error);
      return sayOtherwise(bot, message, answer.error, now);
  }
}

/**
 * Slack refuses the message as it is. Some card beats no card: the same facts as plain text, and if the channel is the trouble, in the channel for
 * whatever has no other place (F-14).
 */
async function sayOtherwise(bot: Bot, message: Message, error: string, now: Date): Promise<void> {
  bot.log.error('Slack refused a message', { key: message.key, channel: message.channel_id, error });
  const content = await messageContent(bot, message);
  const plain = content && { text: content.text.slice(0, 2_900), blocks: [] };
  const blocksAreTheTrouble = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long', 'block_mismatch'].includes(error);
  if (plain !== null && blocksAreTheTrouble) {
    const answer =
      message.posted_ts === null
        ? await bot.slack.post({ channel: message.channel_id, threadTs: null, content: plain, key: message.key })
        : await bot.slack.update({ channel: message.channel_id, ts: message.posted_ts, content: plain, key: message.key });
    if (answer.status === 'done') return markSent(bot.db, message, message.wanted_version, answer.ts);
  }
  await markUndeliverable(bot.db, message, error);
  if (plain !== null && message.kind === 'card' && message.channel_id !== triageChannel)
    await wantMessage(bot.db, { key: message.key, channel: triageChannel, kind: message.kind, subject: message.subject, priority: message.priority }, now);
}

async function pin(bot: Bot, message: Message, ts: string): Promise<void> {
  const answer = await bot.slack.pin(message.channel_id, ts, message.pin_wanted);
  // Pins are a comfort: one that Slack refuses for good is not asked for again.
  if (answer.status === 'done' || (answer.status === 'refused' && answer.permanent)) await markPinned(bot.db, message, message.pin_wanted);
}

function upload(bot: Bot, message: Message, content: MessageContent, threadTs: string | null): Promise<SlackAnswer> {
  const file = content as unknown as { readonly title: string; readonly body: string };
  return bot.slack.upload({ channel: message.channel_id, threadTs, name: `${message.key.replace(/[^a-z0-9]+/gi, '-')}.txt`, title: file.title, body: file.body });
}

const later = (message: Message, now: Date) => new Date(now.getTime() + Math.min(patienceMs, backOffMs(message.tries)));
