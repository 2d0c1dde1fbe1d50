import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { systemClock } from '../../../src/support/clock.ts';
import { connectBolt } from './bolt-app.ts';
import { actions, button, call } from './call.ts';

/**
 * Goal: whoever reads a payload of the stand-in can read Slack's.
 * Method: the names that Slack's own envelopes have, per kind.
 */
const keysOf = (value: unknown) => Object.keys(value as object);

test('payloads have every field that Slack’s have', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  // An app that acknowledges everything: a press or a command that nobody answers would be waited for.
  await using _app = await connectBolt(slack, (bolt) => {
    bolt.action(/.*/, async ({ ack }) => ack());
    bolt.command(/.*/, async ({ ack }) => ack());
  });
  await slack.say({ as: 'oncall', channel: '#alerts', text: '<@U0STOCKOPS> status' });
  await slack.openHome({ as: 'oncall' });
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [actions('card', button('go'))] });
  await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'diagnostics', thread_ts: body['ts'], blocks: [actions('more', button('again'))] });
  await slack.press({ as: 'oncall', channel: '#alerts', ts: body['ts'] as string, actionId: 'go' });
  await slack.press({ as: 'oncall', channel: '#alerts', ts: slack.thread('alerts', body['ts'] as string)[0]?.ts as string, actionId: 'again' });
  await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' });

  const payloads = slack.deliveries.map(({ payload }) => payload as any);
  const [mention] = payloads.filter((payload) => payload.event?.type === 'app_mention');
  expect(keysOf(mention)).toEqual(expect.arrayContaining(['token', 'team_id', 'api_app_id', 'type', 'event_id', 'event_time', 'authorizations', 'is_ext_shared_channel', 'event_context', 'event']));
  expect(keysOf(mention.event)).toEqual(expect.arrayContaining(['type', 'text', 'user', 'ts', 'team', 'channel', 'event_ts']));
  expect(payloads.find((payload) => payload.event?.type === 'app_home_opened').event).toMatchObject({ user: 'U0ONCALL', tab: 'home', channel: 'D0ONCALL' });

  const [pressed, inThread] = payloads.filter((payload) => payload.type === 'block_actions');
  expect(keysOf(pressed)).toEqual(
    expect.arrayContaining(['type', 'user', 'api_app_id', 'token', 'container', 'trigger_id', 'team', 'enterprise', 'is_enterprise_install', 'channel', 'message', 'state', 'response_url', 'actions']),
  );
  expect(keysOf(pressed.message)).toEqual(expect.arrayContaining(['type', 'user', 'ts', 'bot_id', 'app_id', 'text', 'team', 'blocks']));
  expect(keysOf(pressed.actions[0])).toEqual(expect.arrayContaining(['action_id', 'block_id', 'text', 'value', 'type', 'action_ts']));
  expect(inThread.container).toMatchObject({ thread_ts: body['ts'] });
  expect(inThread.message).toMatchObject({ thread_ts: body['ts'] });

  expect(keysOf(payloads.find((payload) => payload.command))).toEqual(
    expect.arrayContaining(['token', 'team_id', 'team_domain', 'channel_id', 'channel_name', 'user_id', 'user_name', 'command', 'text', 'api_app_id', 'is_enterprise_install', 'response_url', 'trigger_id']),
  );
});
