import { setTimeout as pause } from 'node:timers/promises';
import type { ApiRequest } from '../sandbox/slack/http/web-api.ts';
import type { Message } from '../sandbox/slack/state.ts';
import type { SlackStandIn } from '../sandbox/slack/stand-in.ts';
import { textOf } from '../test/harness/messages.ts';
import { bodyOf, groups, type Group } from './alerts.ts';
import { startBotProcess } from './bot.ts';
import type { Engine } from './engine.ts';
import { samplesOf, type Samples } from './figures.ts';
import { sendUntilTaken } from './load.ts';
import type { World } from './world.ts';

export interface BurstFigures {
  /** How long until the bot had taken all of them, and how often it asked to come again. */
  readonly takenMs: number;
  readonly refused: number;
  /** Until every group could be read in the channel in the state that it has; `null` when the watch ended before. */
  readonly namedMs: number | null;
  /** How many were there in their right state when the watch ended. */
  readonly named: number;
  readonly posts: number;
  readonly edits: number;
  readonly calls: number;
  /** The methods of the calls that Slack answered 429. */
  readonly limited: readonly string[];
  /** Groups that had a card of their own when the watch ended, and when the last one came, if that was waited for. */
  readonly ownCards: number;
  readonly lastCardMs: number | null;
  readonly clicks: Samples;
  readonly windows: Samples;
  readonly residentBytes: number;
}

export const burstSize = 200;
/** So many of them end while most have no card yet. */
const ending = 20;
const endAfterMs = 10_000;
export const watchMs = 60_000;
const clickEveryMs = 750;
const lastCardPatienceMs = 300_000;

/**
 * 200 alert groups at the same moment, with Slack as strict as its rule; after ten seconds some of them end. Meanwhile a person keeps pressing a button on
 * the cards that are there. Read is the channel, as a person would: a group is in its right state when its own card says so, or, while it has none, the
 * storm's thread.
 */
export async function measureBurst(engine: Engine, world: World, toTheLastCard: boolean): Promise<BurstFigures> {
  const database = await engine.fresh();
  try {
    const { slack } = world.standIns;
    await using bot = await startBotProcess({ ...world.environment, ...database.environment });
    await slack.untilConnected();
    const target = { url: bot.webhookUrl, token: world.standIns.alertmanagerToken };
    const all = groups(burstSize, `burst-${engine.name}`);
    const ended = new Set(all.filter((_, index) => index % (burstSize / ending) === ending / 4).map((group) => group.name));
    const callsBefore = slack.requests.length;
    const since = () => slack.requests.slice(callsBefore);

    const start = performance.now();
    const elapsed = () => performance.now() - start;
    const counts = await Promise.all(all.map((group) => sendUntilTaken(target, bodyOf(group))));
    const takenMs = elapsed();

    const clicking = new AbortController();
    const clicks = click(slack, all, clicking.signal);
    await pause(Math.max(0, endAfterMs - elapsed()));
    const resolvedAt = new Date();
    await Promise.all(all.filter((group) => ended.has(group.name)).map((group) => sendUntilTaken(target, bodyOf(group, { resolvedAt }))));

    let namedMs: number | null = null;
    let seen = look(slack, all, ended);
    let atNamed: readonly ApiRequest[] | undefined;
    while (elapsed() < watchMs) {
      seen = look(slack, all, ended);
      if (namedMs === null && seen.right === burstSize) {
        namedMs = elapsed();
        atNamed = since();
      }
      await pause(200);
    }
    const watched = since();
    const counted = atNamed ?? watched;
    clicking.abort();
    const { acknowledged, shown } = await clicks;
    const { residentBytes } = await bot.usage();
    const ownCards = seen.ownCards;

    let lastCardMs: number | null = null;
    while (toTheLastCard && lastCardMs === null && elapsed() < lastCardPatienceMs) {
      if (look(slack, all, ended).ownCards === burstSize) lastCardMs = elapsed();
      await pause(500);
    }
    return {
      takenMs,
      refused: counts.reduce((sum, count) => sum + count, 0),
      namedMs,
      named: seen.right,
      posts: counted.filter(({ method, status }) => method === 'chat.postMessage' && status === 200).length,
      edits: counted.filter(({ method, status }) => method === 'chat.update' && status === 200).length,
      calls: watched.length,
      limited: watched.filter(({ status }) => status === 429).map(({ method }) => method),
      ownCards,
      lastCardMs,
      clicks: samplesOf(acknowledged),
      windows: samplesOf(shown),
      residentBytes,
    };
  } finally {
    await database.drop();
  }
}

function look(slack: SlackStandIn, all: readonly Group[], ended: ReadonlySet<string>): { readonly right: number; readonly ownCards: number } {
  const inThread = new Map<string, boolean>();
  const onCard = new Map<string, boolean>();
  for (const message of slack.workspace.messagesIn(slack.channel('alerts').id)) {
    const text = readable(message);
    const names = text.match(namePattern) ?? [];
    if (message.text.includes('Storm')) {
      for (const line of text.split('\n')) for (const name of line.match(namePattern) ?? []) inThread.set(name, / resolved · /.test(line));
    } else if (message.threadTs === null) for (const name of names) onCard.set(name, message.text.includes('resolved after'));
  }
  const right = all.filter(({ name }) => (onCard.get(name) ?? inThread.get(name)) === ended.has(name)).length;
  return { right, ownCards: all.filter(({ name }) => onCard.has(name)).length };
}

const namePattern = /burst-\w+-\d{4}/g;

const readable = (message: Message): string => `${message.text}\n${textOf(message)}`;

/** Presses More on one card after the other. Measured is what the presser waits for: the acknowledgement, and the window. */
async function click(slack: SlackStandIn, all: readonly Group[], signal: AbortSignal): Promise<{ acknowledged: number[]; shown: number[] }> {
  const names = new Set(all.map((group) => group.name));
  const acknowledged: number[] = [];
  const shown: number[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    await pause(clickEveryMs);
    const buttons = slack
      .channel('alerts')
      .messages()
      .filter((message) => (readable(message).match(namePattern) ?? []).some((name) => names.has(name)))
      .flatMap((message) => moreButtonOf(message) ?? []);
    const button = buttons[turn % Math.max(1, buttons.length)];
    if (button === undefined) continue;
    const start = performance.now();
    const opened = slack.until(() => slack.views('U0ONCALL').length > 0 && performance.now(), { what: 'a window' }).catch(() => null);
    const answer = await slack.press({ as: 'U0ONCALL', ...button });
    if (answer.acked) acknowledged.push(performance.now() - start);
    const openedAt = await opened;
    if (openedAt !== null) shown.push(openedAt - start);
    if (slack.views('U0ONCALL').length > 0) await slack.closeView({ as: 'U0ONCALL', isCleared: true });
  }
  return { acknowledged, shown };
}

function moreButtonOf(message: Message): { channel: string; ts: string; actionId: string } | undefined {
  const elements = (message.blocks ?? []).flatMap((block) => (block['elements'] ?? []) as { type?: string; action_id?: string; text?: { text?: string } }[]);
  const found = elements.find((element) => element.type === 'button' && element.text?.text === 'More');
  return found?.action_id === undefined ? undefined : { channel: message.channelId, ts: message.ts, actionId: found.action_id };
}
