import { expect, test } from 'vitest';
import { wantMessage } from '../../src/storage/outbox.ts';
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import { notificationOf, startTestBot, type TestBot } from '../harness/test-bot.ts';

const down = { system: 'stock-service', namespace: 'stock-service', severity: 'critical' };
const posted = (bot: TestBot) => bot.slack.requests.filter((request) => request.method === 'chat.postMessage' && request.fault === null && request.answer?.['ok'] === true);
const tops = (bot: TestBot, channel = 'alerts') => bot.slack.channel(channel).messages();
/** Cards of rank 3: they have no diagnostics, so every post is a card. */
const group = (number: number, at: Date, endsAt: Date | null = null) =>
  notificationOf([{ labels: { alertname: 'HighLatency', system: 'stock-service', severity: 'warning', path: `/${number}` }, startsAt: at, endsAt }], { groupKey: `{}:{path="/${number}"}` });

test('one message per incident, edited in place; diagnostics, resolution and offers where they belong', async () => {
  await using bot = await startTestBot();
  const fired = await bot.fires('ServiceDown', down);
  await bot.advance({ seconds: 30 });
  expect(tops(bot)).toHaveLength(1);
  const ts = tops(bot)[0]!.ts;
  const thread = () => bot.slack.thread('alerts', ts);
  expect(textOf(thread()[0])).toContain('Diagnostics');
  expect(bot.kubernetes.writes.filter((request) => !request.dryRun)).toEqual([]);

  await fired.repeats();
  const before = bot.slack.requests.filter((request) => request.method === 'chat.update').length;
  await bot.advance({ seconds: 10 });
  expect(bot.slack.requests.filter((request) => request.method === 'chat.update')).toHaveLength(before);

  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts, actionId: buttonOf(tops(bot)[0], 'Acknowledge') });
  await bot.settle();
  await fired.ends();
  await bot.advance({ seconds: 10 });
  expect(tops(bot)[0]!.text).toContain('alerts ended, not yet resolved');
  expect(labelsOf(tops(bot)[0])).toContain('Resolve…');
  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts, actionId: buttonOf(tops(bot)[0], 'Resolve…') });
  await bot.settle();
  await bot.slack.submit({ as: 'U0ONCALL', values: { cause: 'A bad limit', impact: 'Some' } });
  await bot.advance({ seconds: 10 });
  expect(tops(bot)).toHaveLength(1);
  expect(tops(bot)[0]!.text).toContain('🟢');
  expect(thread().map((message) => message.text).join('\n')).toContain('INCIDENT RESOLVED');
});

test('SV-18: only what is bad gets diagnostics by itself', async () => {
  await using bot = await startTestBot();
  await bot.fires('HighLatency', { ...down, severity: 'warning' });
  await bot.advance({ minutes: 1 });
  expect(bot.slack.thread('alerts', tops(bot)[0]!.ts)).toEqual([]);
});

test('F-11: of 20 posts whose answers are lost, none is made twice', async () => {
  await using bot = await startTestBot();
  bot.slack.fail({ method: 'chat.postMessage', mode: 'lost-answer', times: 20 });
  for (let number = 0; number < 5; number += 1) await bot.send(group(number, bot.clock.now()));
  await bot.advance({ minutes: 1 });
  for (let number = 5; number < 20; number += 1) {
    await bot.send(group(number, bot.clock.now()));
    await bot.advance({ seconds: 20 });
  }
  await bot.advance({ minutes: 5 });
  const cards = tops(bot).filter((message) => !message.text.includes('Storm'));
  expect(cards).toHaveLength(20);
  expect(new Set(cards.map((message) => /INC-\d+/.exec(textOf(message))?.[0])).size).toBe(20);
  expect(bot.slack.requests.filter((request) => request.fault === 'lost-answer')).toHaveLength(20);
});

test('F-12: with the history away too, the card waits a minute at most; a twin then points at the one that lives', async () => {
  await using bot = await startTestBot();
  bot.slack.fail({ method: 'chat.postMessage', mode: 'lost-answer' });
  const history = bot.slack.fail({ method: 'conversations.history', mode: 'unavailable', times: 1_000 });
  await bot.send(group(1, bot.clock.now()));
  await bot.advance({ seconds: 40 });
  expect(tops(bot)).toHaveLength(1);
  await bot.advance({ minutes: 2 });
  expect(tops(bot)).toHaveLength(2);
  history.stop();
  await bot.advance({ minutes: 2 });
  const [twin, live] = tops(bot);
  expect(twin!.text).toContain('Posted twice by mistake');
  expect(twin!.blocks ?? []).toEqual([]);
  expect(live!.text).toContain('🔴');
});

test('F-13: Slack’s "wait" pauses its channel alone', async () => {
  await using bot = await startTestBot();
  bot.slack.fail({ method: 'chat.postMessage', mode: 'ratelimited', retryAfter: 30, times: 1 });
  await bot.send(group(1, bot.clock.now()));
  await bot.settle();
  expect(tops(bot)).toEqual([]);
  await wantMessage(bot.running.db, { key: 'elsewhere', channel: '#incidents', kind: 'said', subject: 'x', content: { text: 'elsewhere', blocks: [] }, priority: 20 }, bot.clock.now());
  await bot.settle();
  expect(tops(bot, 'incidents')).toHaveLength(1);
  await bot.advance({ seconds: 29 });
  expect(tops(bot)).toEqual([]);
  await bot.advance({ seconds: 3 });
  expect(tops(bot)).toHaveLength(1);
});

for (const error of ['invalid_blocks', 'msg_too_long', 'msg_blocks_too_long'])
  test(`F-14: ${error} makes the card plain text`, async () => {
    await using bot = await startTestBot();
    bot.expectError('Slack refused a message');
    bot.slack.fail({ method: 'chat.postMessage', mode: 'error', error, match: (args) => JSON.stringify(args['blocks'] ?? '').length > 10, times: 1_000 });
    await bot.send(group(1, bot.clock.now()));
    await bot.advance({ minutes: 2 });
    expect(tops(bot)).toMatchObject([{ text: expect.stringContaining('Stock Service · production') }]);
    expect(bot.slack.requests.filter((request) => request.method === 'chat.postMessage').length).toBeLessThanOrEqual(2);
  });

test('F-14: a channel that does not take it: the card, its thread and its edits are in the channel for whatever has no other place', async () => {
  await using bot = await startTestBot();
  bot.expectError('Slack refused a message');
  for (const [channel, act] of [
    ['incidents', () => bot.slack.archiveChannel({ as: 'U0ONCALL', channel: 'incidents' })],
    ['stakeholders', () => bot.slack.removeBotFrom('stakeholders')],
    ['never-there', () => {}],
  ] as const) {
    act();
    const want = (key: string, text: string, threadKey?: string) =>
      wantMessage(bot.running.db, { key: `${channel} ${key}`, channel: `#${channel}`, ...(threadKey !== undefined && { threadKey }), kind: 'said', subject: key, content: { text, blocks: [] }, priority: 5 }, bot.clock.now());
    await want('first', `first of ${channel}`);
    await want('reply', `reply of ${channel}`, `${channel} first`);
    await bot.advance({ seconds: 10 });
    const first = tops(bot).find((message) => message.text === `first of ${channel}`);
    expect(first, channel).toBeDefined();
    await want('first', `first of ${channel}, changed`);
    await want('reply', `reply of ${channel}, changed`, `${channel} first`);
    await bot.advance({ seconds: 10 });
    expect(tops(bot).find((message) => message.ts === first!.ts)?.text).toBe(`first of ${channel}, changed`);
    expect(bot.slack.thread('alerts', first!.ts).map((message) => message.text)).toEqual([`reply of ${channel}, changed`]);
  }
  const calls = bot.slack.requests.length;
  await bot.advance({ minutes: 30 });
  expect(bot.slack.requests.length).toBe(calls);
});

test('F-14: a card that nobody takes is set aside, and gets another chance when it has something new to say', async () => {
  await using bot = await startTestBot();
  bot.expectError('Slack refused a message');
  const refusal = bot.slack.fail({ method: 'chat.postMessage', mode: 'error', error: 'restricted_action', times: 1_000 });
  const fired = group(1, bot.clock.now());
  await bot.send(fired);
  await bot.advance({ minutes: 30 });
  expect(bot.slack.requests.filter((request) => request.method === 'chat.postMessage').length).toBeLessThanOrEqual(3);
  refusal.stop();
  await bot.send(group(1, bot.clock.now(), bot.clock.now()));
  await bot.advance({ minutes: 1 });
  expect(tops(bot)).toMatchObject([{ text: expect.stringContaining('🟢') }]);
});

test('F-14: a revoked token costs one call a minute, and all is made good when it is mended', async () => {
  await using bot = await startTestBot();
  bot.expectError('Slack refused a message');
  const revoked = bot.slack.fail({ method: 'chat.postMessage', mode: 'error', error: 'token_revoked', times: 1_000 });
  for (let number = 0; number < 5; number += 1) await bot.send(group(number, bot.clock.now()));
  await bot.advance({ minutes: 10 });
  expect(bot.slack.requests.filter((request) => request.method === 'chat.postMessage').length).toBeLessThanOrEqual(12);
  revoked.stop();
  await bot.advance({ minutes: 8 });
  expect(tops(bot)).toHaveLength(5);
});

test('F-16: a card that a person deleted is posted once more', async () => {
  await using bot = await startTestBot();
  await bot.send(group(1, bot.clock.now()));
  await bot.settle();
  const first = tops(bot)[0]!;
  bot.slack.deleteMessage({ as: 'U0ONCALL', channel: 'alerts', ts: first.ts });
  await bot.send(group(1, bot.clock.now(), bot.clock.now()));
  await bot.advance({ minutes: 5 });
  expect(tops(bot).filter((message) => message.text.includes('🟢'))).toHaveLength(1);
  expect(posted(bot)).toHaveLength(2);
});

test('F-17: when Slack is away for half an hour, everything else goes on, and on its return only what is true now is said', async () => {
  await using bot = await startTestBot();
  await bot.send(group(0, bot.clock.now()));
  await bot.settle();
  const away = bot.slack.fail({ mode: 'unavailable', times: 100_000 });
  await bot.send(notificationOf([{ labels: { alertname: 'ServiceDown', ...down }, startsAt: bot.clock.now(), endsAt: null }]));
  for (let round = 0; round < 6; round += 1) {
    for (let number = 0; number < 4; number += 1) expect(await bot.send(group(number, bot.clock.now(), round % 2 === 0 ? null : bot.clock.now()))).toBe(200);
    await bot.advance({ minutes: 5 });
  }
  expect(bot.pagerduty.received.filter((event) => event.action === 'trigger').length).toBeGreaterThanOrEqual(3);
  away.stop();
  const calls = bot.slack.requests.length;
  await bot.advance({ minutes: 3 });
  const after = bot.slack.requests.slice(calls);
  expect(tops(bot)).toHaveLength(5);
  expect(tops(bot).filter((message) => message.text.includes('🟢'))).toHaveLength(4);
  // 4 cards, 1 edit, the diagnostics and what belongs to them: nothing of what was true in between.
  expect(after.filter((request) => request.method === 'chat.postMessage').length).toBeLessThanOrEqual(6);
  expect(after.filter((request) => request.method === 'chat.update').length).toBeLessThanOrEqual(4);
});
