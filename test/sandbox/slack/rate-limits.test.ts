import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { call } from './call.ts';

/**
 * Goal: a bot that posts or edits faster than Slack allows is refused as by Slack, and told how long to wait.
 * Method: calls without a client that would wait by itself, on a clock in the test's hands: the last that passes, the first that does not, and the first that passes again.
 */
const start = new Date('2026-03-02T02:14:00Z');
const post = (slack: SlackStandIn, channel = 'C0ALERTS') => call(slack, 'chat.postMessage', { channel, text: 'x' });

test('a channel takes a few posts at once, and then one per second', async () => {
  const clock = manualClock(start);
  await using slack = await startSlackStandIn({ clock });
  for (let index = 0; index < 4; index += 1) expect((await post(slack)).status).toBe(200);
  expect(await post(slack)).toMatchObject({ status: 429, retryAfter: '1', body: { ok: false, error: 'ratelimited' } });
  expect((await post(slack, 'C0INCIDENTS')).status).toBe(200);
  clock.moveTo(new Date(start.getTime() + 1000));
  expect((await post(slack)).status).toBe(200);
  expect((await post(slack)).status).toBe(429);
  expect(slack.channel('alerts').messages()).toHaveLength(5);
});

test('by the letter of the rule, the second post within a second is refused', async () => {
  const clock = manualClock(start);
  await using slack = await startSlackStandIn({ clock, rateLimits: { posts: { burst: 1 } } });
  expect((await post(slack)).status).toBe(200);
  clock.moveTo(new Date(start.getTime() + 999));
  expect((await post(slack)).status).toBe(429);
  clock.moveTo(new Date(start.getTime() + 1000));
  expect((await post(slack)).status).toBe(200);
});

test('fifty edits a minute are allowed in the whole workspace, and the 51st says how long to wait', async () => {
  const clock = manualClock(start);
  await using slack = await startSlackStandIn({ clock });
  const { body } = await post(slack);
  const update = () => call(slack, 'chat.update', { channel: 'C0ALERTS', ts: body['ts'], text: 'x' });
  for (let index = 0; index < 50; index += 1) expect((await update()).status).toBe(200);
  clock.moveTo(new Date(start.getTime() + 20_000));
  expect(await update()).toMatchObject({ status: 429, retryAfter: '40' });
  clock.moveTo(new Date(start.getTime() + 60_000));
  expect((await update()).status).toBe(200);
});

test('a workspace has a limit of posts per minute beside that of its channels', async () => {
  const clock = manualClock(start);
  await using slack = await startSlackStandIn({ clock, rateLimits: { posts: { workspacePerMinute: 2 } } });
  expect((await post(slack, 'C0ALERTS')).status).toBe(200);
  expect((await post(slack, 'C0INCIDENTS')).status).toBe(200);
  expect((await post(slack, 'C0GENERAL')).status).toBe(429);
});
