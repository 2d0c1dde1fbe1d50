import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock, systemClock } from '../../../src/support/clock.ts';
import { connectBolt } from './bolt-app.ts';
import { actions, button, call, section } from './call.ts';

/**
 * Goal: the app that production runs, on its real client, hears what people do, and the stand-in knows whether it answered in time.
 * Method: a Bolt app on Socket Mode for each test.
 */
const card = (text: string) => [section(text), actions('card', button('acknowledge', 'Acknowledge'))];
const post = async (slack: Parameters<typeof call>[0]) => (await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: card('P1') })).body['ts'] as string;

test('a press reaches the real Bolt app, which edits the card and is seen to acknowledge', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await using app = await connectBolt(slack, (bolt) => {
    bolt.action('acknowledge', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions' || !body.channel || !body.message) return;
      await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'acknowledged', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `<@${body.user.id}> has it` } }] });
    });
  });
  const posted = await app.client.chat.postMessage({ channel: 'C0ALERTS', text: 'P1', blocks: card('P1') as never });

  const answer = await slack.press({ as: 'oncall', channel: '#alerts', ts: posted.ts as string, actionId: 'acknowledge' });

  expect(answer).toMatchObject({ acked: true, problem: null });
  expect(answer.ackedAfterMs).not.toBeNull();
  const edited = await slack.until(() => slack.channel('alerts').messages().find((message) => message.text === 'acknowledged'));
  expect(edited.blocks?.[0]).toMatchObject({ text: { text: '<@U0ONCALL> has it' } });
});

test('a press that the app does not answer within three seconds is told as a timeout', async () => {
  const clock = manualClock(new Date('2026-03-02T02:14:00Z'));
  await using slack = await startSlackStandIn({ clock });
  const acks: (() => Promise<void>)[] = [];
  await using _app = await connectBolt(slack, (bolt) => bolt.action('acknowledge', async ({ ack }) => void acks.push(ack)));
  const ts = await post(slack);

  const pressing = slack.press({ as: 'oncall', channel: '#alerts', ts, actionId: 'acknowledge' });
  await slack.until(() => slack.deliveries.some((delivery) => delivery.type === 'interactive'));
  clock.moveTo(new Date(clock.now().getTime() + 3000));
  expect(await pressing).toMatchObject({ acked: false, problem: 'operation_timeout' });

  while (acks.length === 0) await wait(5);
  await acks[0]?.();
  expect(await slack.until(() => slack.deliveries.find((delivery) => delivery.type === 'interactive' && delivery.isLate))).toMatchObject({ type: 'interactive', payload: { type: 'block_actions' } });
});

test('a press while nobody is connected fails at once', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const ts = await post(slack);
  expect(await slack.press({ as: 'oncall', channel: '#alerts', ts, actionId: 'acknowledge' })).toMatchObject({ acked: false, problem: 'dispatch_failed' });
});

test('each payload goes to one of several connections, and all of them get some', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const heard: string[] = [];
  const listenAs = (name: string) => (bolt: import('@slack/bolt').App) => bolt.action('acknowledge', async ({ ack }) => (heard.push(name), await ack()));
  await using _first = await connectBolt(slack, listenAs('first'));
  await using _second = await connectBolt(slack, listenAs('second'));
  const ts = await post(slack);
  for (let count = 0; count < 4; count += 1) await slack.press({ as: 'oncall', channel: '#alerts', ts, actionId: 'acknowledge' });
  expect(heard.sort()).toEqual(['first', 'first', 'second', 'second']);
});

test('an app that is asked to reconnect comes back with a new connection', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await using _app = await connectBolt(slack, (bolt) => bolt.command('/stock', async ({ ack }) => ack()));
  slack.disconnect('refresh_requested');
  await slack.until(() => slack.connectionCount === 0);
  await slack.until(() => slack.connectionCount === 1, { withinMs: 20_000, what: 'the second connection' });
  expect(slack.requests.filter((request) => request.method === 'apps.connections.open')).toHaveLength(2);
  expect(await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' })).toMatchObject({ acked: true });
});

test('a ticket for a connection is good for one', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const { body } = await call(slack, 'apps.connections.open', {}, slack.appToken);
  const open = () =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(body['url'] as string);
      socket.onmessage = (event) => (resolve(JSON.parse(String(event.data)).type as string), socket.close());
      socket.onerror = () => resolve('refused');
    });
  expect([await open(), await open()]).toEqual(['hello', 'refused']);
});

test('a mention arrives twice, as Slack sends it: as a message and as a mention', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const heard: string[] = [];
  await using _app = await connectBolt(slack, (bolt) => {
    bolt.event('app_mention', async ({ event }) => void heard.push(`mention ${event.ts}`));
    bolt.message(async ({ message }) => void heard.push(`message ${message.ts}`));
  });
  const { ts, answers } = await slack.say({ as: 'oncall', channel: '#alerts', text: '<@U0STOCKOPS> status' });
  expect(answers).toHaveLength(2);
  await slack.until(() => slack.deliveries.length === 2 && slack.deliveries.every((delivery) => delivery.ackedAt !== null));
  while (heard.length < 2) await wait(5);
  expect(heard.sort()).toEqual([`mention ${ts}`, `message ${ts}`]);
});

test('a wait that is in vain says what is there instead', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await post(slack);
  await expect(slack.until(() => false, { withinMs: 20, what: 'a green card' })).rejects.toThrow(/in vain for a green card[^]*#alerts \(1\):[^]*P1 \| Acknowledge/);
});
