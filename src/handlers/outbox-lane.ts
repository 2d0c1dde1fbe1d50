import { claimMessage, findMessage, giveBack, markFailed, markPinned, markPosting, markSent, markUndeliverable, nextMessagesAt, placeOf, postAnew, type Message } from '../storage/outbox.ts';
import { blockPace, editPace, postPace, takeToken } from '../storage/pace.ts';
import { backOffMs, hasSlept, triesBeforeQuarantine } from '../storage/lease.ts';
import { failpoint } from '../support/failpoints.ts';
import { isPersonId } from '../support/ids.ts';
import { sha256 } from '../support/json.ts';
import { messageOf } from '../support/log.ts';
import type { MessageContent } from '../views/blocks.ts';
import type { SlackAnswer } from '../views/slack-port.ts';
import { triageChannel } from '../incidents/apply-alert-group.ts';
import type { Bot } from './bot.ts';
import type { Lane } from './lanes.ts';
import { lookForTwin } from './look-for-twin.ts';
import { messageContent } from './message-content.ts';

/** A post whose answer was lost, and of which Slack's history says nothing for this long, is made again: two cards are better than none (G-3, F-12). */
const reconcileMs = 60_000;
/** While the app itself is refused, one call a minute asks whether it still is. */
const refusedAppPauseMs = 60_000;

/** Two that post: a call to Slack that hangs holds up neither the other channels nor what a person waits for. */
export const slackLanes = ['slack posts 1', 'slack posts 2', 'slack edits'] as const;

/**
 * Until when a channel's pace ('*': of all) allows nothing; only a memory of what the database and Slack said, to save asking again. One for all lanes that
 * post, so that what Slack told one of them the other one knows.
 */
export type Pauses = Map<string, Date>;

/** The lanes that talk to Slack. */
export function outboxLanes(bot: Bot): Lane[] {
  const posts: Pauses = new Map();
  return slackLanes.map((name) => (name === 'slack edits' ? outboxLane(bot, 'edit', name, new Map()) : outboxLane(bot, 'post', name, posts)));
}

/**
 * Posts new messages, or edits those that are behind, at the pace that Slack allows. What a message says is made at this moment, so whatever has
 * changed while it waited is in it, and an older state never follows a newer one.
 */
export function outboxLane(bot: Bot, kind: 'post' | 'edit', name: string, paused: Pauses): Lane {
  const pace = kind === 'post' ? postPace : editPace;

  return {
    name,
    step: async (now) => {
      for (const [channel, until] of paused) if (until <= now) paused.delete(channel);
      if (paused.has('*')) return false;
      const message = await claimMessage(bot.db, bot.owner, now, kind, [...paused.keys()]);
      if (message === undefined) return false;
      try {
        failpoint('card.after-claim');
        const delivery = await prepare(bot, message);
        if (delivery === null) return true;
        // Asked for last: Slack counts the time between two calls where they arrive, and nothing slow may come between the permission and the call.
        const paceKey = kind === 'post' ? `post ${await paceChannelOf(bot, message)}` : 'edit';
        const waitUntil = await takeToken(bot.db, paceKey, pace, now);
        if (waitUntil !== null) {
          paused.set(kind === 'post' ? message.channel_id : '*', waitUntil);
          await giveBack(bot.db, message);
          return true;
        }
        const pauseUntil = await deliver(bot, message, delivery, now, paceKey);
        if (pauseUntil !== null) paused.set('*', pauseUntil);
      } catch (error) {
        await afterFault(bot, message, messageOf(error), now);
      }
      return true;
    },
    nextAt: async () => {
      const times = (await nextMessagesAt(bot.db, kind)).map(({ channel, at }) => Math.max(at.getTime(), (paused.get(channel) ?? at).getTime(), (paused.get('*') ?? at).getTime()));
      return times.length === 0 ? undefined : new Date(Math.min(...times));
    },
  };
}

/** Slack counts by the channel, whatever name it was called by. */
async function paceChannelOf(bot: Bot, message: Message): Promise<string> {
  const place = placeOf(message);
  return (await bot.slack.channelId(place).catch(() => null)) ?? place;
}

/** What the message says now. `null`: nothing has to be said to Slack, and that is on record. */
async function prepare(bot: Bot, message: Message): Promise<Omit<Delivery, 'channel'> | null> {
  // Taken from the claim, before the content is made: a wish that comes in meanwhile stays open.
  const version = message.wanted_version;
  const content = await messageContent(bot, message);
  if (content === null) return conclude(markUndeliverable(bot.db, message, 'what it was about is gone'));
  const contentSha256 = sha256(JSON.stringify(content));
  // A file is what it was when it was uploaded. And what Slack shows already need not be said again.
  const isShown = message.posted_ts !== null && (message.kind === 'file' || message.sent_sha256 === contentSha256);
  if (!isShown || message.pin_wanted !== message.pinned) return { version, content, sha256: contentSha256, isShown };
  return conclude(markSent(bot.db, message, { version, channel: placeOf(message), ts: message.posted_ts ?? '', sha256: contentSha256 }));
}

/** Returns until when nothing else need be tried, where the answer says so. */
async function deliver(bot: Bot, message: Message, delivery: Omit<Delivery, 'channel'>, now: Date, paceKey: string): Promise<Date | null> {
  const { content } = delivery;
  if (message.posted_ts !== null) {
    failpoint('card.before-update');
    if (hasSlept(bot.clock, now)) return conclude(giveBack(bot.db, message));
    const answer: SlackAnswer = delivery.isShown ? { status: 'done', ts: message.posted_ts } : await bot.slack.update({ channel: placeOf(message), ts: message.posted_ts, content, key: message.key });
    return receive(bot, message, { ...delivery, channel: placeOf(message) }, answer, now, paceKey);
  }

  const parent = message.thread_key === null ? undefined : await findMessage(bot.db, message.thread_key);
  const threadTs = parent?.posted_ts ?? null;
  const place = parent?.channel_id ?? placeOf(message);
  if (message.posting_since !== null) {
    failpoint('card.before-lookup');
    const found = await bot.slack.find({ channel: place, threadTs, key: message.key, since: message.posting_since });
    // Found as it was then; whether it is behind is seen in the next round.
    if (typeof found === 'string') return conclude(markSent(bot.db, message, { version: 0, channel: place, ts: found, sha256: null }));
    if (found === undefined && now.getTime() - message.posting_since.getTime() < reconcileMs) return conclude(putBack(bot, message, 'Slack did not say whether it was posted', now, 'perhaps'));
    // A twin may be there. It is looked for once history answers again.
    if (found === undefined) await lookForTwin(bot.db, { key: message.key, channel: place, threadTs, since: message.posting_since }, now);
  }
  if (message.kind === 'file') {
    const standing = await bot.slack.channelStanding((await bot.slack.channelId(place)) ?? place);
    if (standing === null) return conclude(putBack(bot, message, 'Slack did not say who is in the channel', now, 'no'));
    // Long output is for our own people; what the message itself shows of it is all that others see (G-8, T-09).
    if (standing.isShared) return conclude(markUndeliverable(bot.db, message, 'the channel is shared with another organisation'));
  }
  await markPosting(bot.db, message, now);
  failpoint('card.before-post');
  if (hasSlept(bot.clock, now)) return conclude(markFailed(bot.db, message, bot.clock.now(), 'the bot stood still before it was posted', 'no'));
  const answer = message.kind === 'file' ? await upload(bot, message, content, place, threadTs) : await bot.slack.post({ channel: place, threadTs, content, key: message.key });
  return receive(bot, message, { ...delivery, channel: place }, answer, now, paceKey);
}

interface Delivery {
  readonly version: number;
  readonly channel: string;
  readonly content: MessageContent;
  readonly sha256: string;
  /** Slack shows it already; only its pin is not as it should be. */
  readonly isShown: boolean;
}

const conclude = (done: Promise<void>): Promise<null> => done.then(() => null);

async function receive(bot: Bot, message: Message, { version, channel, content, sha256: contentSha256 }: Delivery, answer: SlackAnswer, now: Date, paceKey: string): Promise<Date | null> {
  switch (answer.status) {
    case 'done': {
      const ts = answer.ts === '' ? (message.posted_ts ?? 'file') : answer.ts;
      await markSent(bot.db, message, { version, channel, ts, sha256: contentSha256 });
      failpoint('card.after-commit');
      bot.metrics.cardDelay.observe(Math.max(0, bot.clock.now().getTime() - message.due_at.getTime()) / 1_000);
      if (message.pin_wanted !== message.pinned) await pin(bot, message, ts);
      // What stands in its thread may follow.
      bot.wake(...slackLanes);
      return null;
    }
    case 'limited': {
      const until = new Date(now.getTime() + answer.retryAfterMs);
      await blockPace(bot.db, paceKey, until);
      return conclude(markFailed(bot.db, message, until, 'Slack asked to wait', 'no'));
    }
    case 'lost':
      return conclude(putBack(bot, message, answer.reason, now, 'perhaps'));
    case 'refused':
      return afterRefusal(bot, message, answer, content, now);
  }
}

// What is wrong is the app's access, not this message: nothing else would be taken either, and everything will be once a person has mended it.
const appIsRefused = new Set(['token_revoked', 'token_expired', 'invalid_auth', 'not_authed', 'account_inactive', 'org_login_required', 'ekm_access_denied', 'missing_scope', 'not_allowed_token_type', 'accesslimited', 'access_denied', 'no_permission']);
// Somebody deleted it, or Slack lets it be edited no more.
const messageIsGone = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);
const contentIsRefused = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long', 'block_mismatch', 'markdown_text_conflict', 'no_text', 'too_many_attachments', 'invalid_metadata_format', 'metadata_too_large', 'invalid_arguments']);

/** Some card beats no card: the same facts as plain text, or in the channel for whatever has no other place. Never the same call for ever (F-14). */
async function afterRefusal(bot: Bot, message: Message, answer: { readonly error: string; readonly permanent: boolean }, content: MessageContent, now: Date): Promise<Date | null> {
  const { error } = answer;
  if (!answer.permanent) return conclude(putBack(bot, message, error, now, 'no'));
  if (messageIsGone.has(error) && message.posted_ts !== null) return conclude(postAnew(bot.db, message));
  bot.log.error('Slack refused a message', { key: message.key, channel: placeOf(message), error });
  if (appIsRefused.has(error)) {
    const until = new Date(now.getTime() + refusedAppPauseMs);
    await markFailed(bot.db, message, until, error, 'no');
    return until;
  }
  if (contentIsRefused.has(error) && (await sayPlainly(bot, message, content))) return null;
  if (!contentIsRefused.has(error) && message.thread_key === null && !isPersonId(message.channel_id) && placeOf(message) !== triageChannel) return conclude(postAnew(bot.db, message, triageChannel));
  return conclude(markUndeliverable(bot.db, message, error));
}

async function sayPlainly(bot: Bot, message: Message, content: MessageContent): Promise<boolean> {
  const plain: MessageContent = { text: content.text.slice(0, 2_900), blocks: [] };
  const parent = message.thread_key === null ? undefined : await findMessage(bot.db, message.thread_key);
  const channel = message.posted_ts === null ? (parent?.channel_id ?? placeOf(message)) : placeOf(message);
  const answer =
    message.posted_ts === null
      ? await bot.slack.post({ channel, threadTs: parent?.posted_ts ?? null, content: plain, key: message.key })
      : await bot.slack.update({ channel, ts: message.posted_ts, content: plain, key: message.key });
  if (answer.status !== 'done') return false;
  await markSent(bot.db, message, { version: message.wanted_version, channel, ts: answer.ts, sha256: null });
  return true;
}

function putBack(bot: Bot, message: Message, error: string, now: Date, happened: 'no' | 'perhaps'): Promise<void> {
  return markFailed(bot.db, message, new Date(now.getTime() + backOffMs(message.tries + 1)), error, happened);
}

/** A fault of ours: it cannot even be written. After some tries it is set aside, so that it keeps nobody waiting; of an incident there is at least a line. */
async function afterFault(bot: Bot, message: Message, error: string, now: Date): Promise<void> {
  if (message.tries + 1 < triesBeforeQuarantine) return putBack(bot, message, error, now, 'perhaps');
  bot.log.error('A message could not be written', { key: message.key, error });
  const line: MessageContent = { text: `❓ INC-${message.subject}: its card could not be drawn. /stock incidents has it.`, blocks: [] };
  if (message.kind !== 'card' || !(await sayPlainly(bot, message, line))) await markUndeliverable(bot.db, message, error);
}

async function pin(bot: Bot, message: Message, ts: string): Promise<void> {
  const answer = await bot.slack.pin(placeOf(message), ts, message.pin_wanted);
  // Pins are a comfort: one that Slack refuses for good is not asked for again.
  if (answer.status === 'done' || (answer.status === 'refused' && answer.permanent)) await markPinned(bot.db, message, message.pin_wanted);
}

function upload(bot: Bot, message: Message, content: MessageContent, channel: string, threadTs: string | null): Promise<SlackAnswer> {
  const file = content as unknown as { readonly title: string; readonly body: string };
  return bot.slack.upload({ channel, threadTs, name: `${message.key.replace(/[^a-z0-9]+/gi, '-')}.txt`, title: file.title, body: file.body });
}
