import { expect, test } from 'vitest';
import { wantMessage } from '../../src/storage/outbox.ts';
import { textOf } from '../harness/messages.ts';
import { notificationOf, startTestBot, type TestBot } from '../harness/test-bot.ts';

const systems = [
  { labels: { system: 'stock-service', alertname: 'ServiceDown', severity: 'critical' }, name: 'Stock Service' },
  { labels: { system: 'stock-service', alertname: 'HighLatency', severity: 'warning' }, name: 'Stock Service' },
  { labels: { system: 'stock-api', alertname: 'TargetDown', severity: 'critical' }, name: 'Stock API' },
  { labels: { system: 'crypto-volatility', alertname: 'StreamStale', severity: 'warning' }, name: 'Crypto' },
  { labels: { system: 'nobody', alertname: 'KubePodCrashLooping', severity: 'warning' }, name: 'Unknown system' },
];

/** One of many groups: Alertmanager groups by instance, so each is a group, and an incident, of its own. */
function group(number: number, startsAt: Date, endsAt: Date | null = null): object {
  const labels = { ...systems[number % systems.length]!.labels, instance: `10.0.${Math.floor(number / 250)}.${number % 250}:9100` };
  return notificationOf([{ labels, annotations: { summary: `Group ${number} is in trouble` }, startsAt, endsAt }], { groupKey: `{}:{instance="${labels.instance}"}` });
}

const posts = (bot: TestBot) => bot.slack.requests.filter((request) => request.method === 'chat.postMessage');
const edits = (bot: TestBot) => bot.slack.requests.filter((request) => request.method === 'chat.update');

/** State by incident, as the channel tells it: from the storm's thread, and from the incidents' own cards. */
function toldStates(bot: TestBot): { readonly inThread: Map<number, string>; readonly onCards: Map<number, string> } {
  const messages = bot.slack.channel('alerts').messages();
  const storm = messages.find((message) => message.text.includes('Storm'));
  const inThread = new Map<number, string>();
  for (const page of storm === undefined ? [] : bot.slack.thread('alerts', storm.ts))
    for (const [, id, state] of textOf(page).matchAll(/INC-(\d+) \*?(open|acknowledged|resolved)/g)) {
      expect(inThread.has(Number(id)), `INC-${id} is named once`).toBe(false);
      inThread.set(Number(id), state === 'open' ? 'triggered' : state!);
    }
  const symbols: Record<string, string> = { '🔴': 'triggered', '🟠': 'acknowledged', '🟢': 'resolved' };
  const onCards = new Map<number, string>();
  for (const message of messages) {
    const id = /INC-(\d+)/.exec(textOf(message))?.[1];
    const state = symbols[[...message.text][0] ?? ''];
    if (message !== storm && id !== undefined && state !== undefined) {
      expect(onCards.has(Number(id)), `INC-${id} has one card`).toBe(false);
      onCards.set(Number(id), state);
    }
  }
  return { inThread, onCards };
}

async function states(bot: TestBot): Promise<Map<number, string>> {
  const rows = await bot.running.db.selectFrom('incidents').select(['id', 'state']).execute();
  return new Map(rows.map((row) => [row.id, row.state]));
}

/**
 * Goal: of 200 groups at once, with Slack at one post a second and channel, a reader of the channel knows all within a minute, and in the end each has its card.
 * Method: 200 notifications, of which 40 end after 20 s; the channel is read after 60 s, and again when it is calm.
 */
test('G-4: 200 groups at once are all named in their right state within a minute, at Slack’s pace', async () => {
  await using bot = await startTestBot({ slack: { rateLimits: { posts: { perSecond: 1, burst: 1 } } } });
  const count = 200;
  const startsAt = bot.clock.now();
  for (let number = 0; number < count; number += 1) expect(await bot.send(group(number, startsAt))).toBe(200);
  await bot.advance({ seconds: 20 });
  for (let number = 0; number < 40; number += 1) await bot.send(group(number, startsAt, bot.clock.now()));
  await bot.advance({ seconds: 40 });

  const truth = await states(bot);
  expect(truth.size).toBe(count);
  expect([...truth.values()].filter((state) => state === 'resolved')).toHaveLength(40);
  expect(toldStates(bot).inThread).toEqual(truth);
  expect(posts(bot).length).toBeLessThanOrEqual(60);
  expect(edits(bot).length).toBeLessThanOrEqual(50);
  const limited = bot.slack.requests.filter((request) => request.status === 429);
  expect(limited.length).toBeLessThanOrEqual(bot.slack.requests.length / 100);
  const [storm] = bot.slack.channel('alerts').pins();
  expect(storm?.text).toContain('Storm: 200 alert groups');

  await bot.advance({ minutes: 8 });
  const { inThread, onCards } = toldStates(bot);
  expect(onCards).toEqual(truth);
  expect(inThread).toEqual(truth);
  expect(bot.slack.channel('alerts').pins()).toEqual([]);
  expect(bot.slack.channel('alerts').messages().some((message) => message.text.includes('Storm over'))).toBe(true);
  expect(bot.slack.requests.filter((request) => request.status === 429).length).toBeLessThanOrEqual(bot.slack.requests.length / 100);

  // What happens to its incidents later is still told in its thread.
  await bot.send(group(100, startsAt, bot.clock.now()));
  await bot.advance({ minutes: 1 });
  expect(toldStates(bot).inThread).toEqual(await states(bot));
});

/**
 * Goal: a person who does something in a storm is answered before the cards that nobody has asked for, and another channel is as quick as ever.
 * Method: 60 groups at once; then an answer in the thread of the incident whose card would come last, and a message for another channel.
 */
test('what a person waits for does not wait behind the cards of a storm', async () => {
  await using bot = await startTestBot({ slack: { rateLimits: { posts: { perSecond: 1, burst: 1 } } } });
  for (let number = 0; number < 60; number += 1) await bot.send(group(number * 5 + 1, bot.clock.now()));
  await bot.advance({ seconds: 10 });
  const last = (await bot.running.db.selectFrom('messages').select('subject').where('kind', '=', 'card').where('posted_ts', 'is', null).orderBy('id', 'desc').executeTakeFirstOrThrow()).subject;
  const said = (key: string, channel: string, threadKey?: string) =>
    wantMessage(bot.running.db, { key, channel, ...(threadKey !== undefined && { threadKey }), kind: 'said', subject: key, content: { text: key, blocks: [] }, priority: 5 }, bot.clock.now());
  await said('mine', '#alerts', `card:${last}`);
  await said('elsewhere', '#incidents');
  await bot.settle();
  expect(bot.slack.channel('incidents').messages().map((message) => message.text)).toEqual(['elsewhere']);
  await bot.advance({ seconds: 3 });
  const card = bot.slack.channel('alerts').messages().find((message) => textOf(message).includes(`INC-${last}\n`) || textOf(message).endsWith(`INC-${last}`));
  expect(bot.slack.thread('alerts', card?.ts ?? '').map((message) => message.text)).toContain('mine');
});
