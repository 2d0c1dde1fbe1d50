import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { call } from './call.ts';

const clock = () => manualClock(new Date('2026-03-02T02:14:00Z'));
const post = (slack: SlackStandIn, text: string) => call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text });
const texts = (slack: SlackStandIn) => slack.channel('alerts').messages().map((message) => message.text);

test('F-11: a lost answer is one where the message stands in the channel and the caller does not know', async () => {
  await using slack = await startSlackStandIn({ clock: clock() });
  const fault = slack.fail({ method: 'chat.postMessage', mode: 'lost-answer' });
  await expect(post(slack, 'P1')).rejects.toThrow();
  expect(texts(slack)).toEqual(['P1']);
  expect(fault.hits).toBe(1);
  expect(slack.requests).toMatchObject([{ method: 'chat.postMessage', answer: null, fault: 'lost-answer' }]);
  expect((await post(slack, 'P2')).body.ok).toBe(true);
});

test('a broken connection, an error, a limit and a sick proxy leave nothing behind', async () => {
  await using slack = await startSlackStandIn({ clock: clock() });
  slack.fail({ mode: 'reset' });
  await expect(post(slack, 'P1')).rejects.toThrow();
  slack.fail({ mode: 'error', error: 'fatal_error' });
  expect((await post(slack, 'P1')).body).toEqual({ ok: false, error: 'fatal_error' });
  slack.fail({ mode: 'ratelimited', retryAfter: 30 });
  expect(await post(slack, 'P1')).toMatchObject({ status: 429, retryAfter: '30' });
  slack.fail({ mode: 'unavailable' });
  await expect(post(slack, 'P1')).rejects.toThrow(SyntaxError);
  expect(texts(slack)).toEqual([]);
});

test('a call that is never answered ends when its caller gives up', async () => {
  await using slack = await startSlackStandIn({ clock: clock() });
  slack.fail({ method: 'auth.test', mode: 'timeout' });
  const giveUp = new AbortController();
  const waiting = fetch(`${slack.url}/api/auth.test`, { method: 'POST', signal: giveUp.signal });
  await slack.until(() => slack.requests.some((request) => request.fault === 'timeout'));
  giveUp.abort();
  await expect(waiting).rejects.toThrow();
});

test('a fault strikes only the calls that it is for, and as often as it says', async () => {
  await using slack = await startSlackStandIn({ clock: clock() });
  const fault = slack.fail({ method: 'chat.postMessage', match: (args) => args['text'] === 'P1', mode: 'error', error: 'fatal_error', times: 2 });
  expect((await post(slack, 'P2')).body.ok).toBe(true);
  expect([(await post(slack, 'P1')).body.ok, (await post(slack, 'P1')).body.ok, (await post(slack, 'P1')).body.ok]).toEqual([false, false, true]);
  expect(fault.hits).toBe(2);
});

test('a slow Slack answers when its time has come, and not before', async () => {
  const time = clock();
  await using slack = await startSlackStandIn({ clock: time });
  slack.slowDown(5000, 'chat.postMessage');
  const posting = post(slack, 'P1');
  await slack.until(() => slack.requests.length === 1);
  expect(texts(slack)).toEqual([]);
  time.moveTo(new Date(time.now().getTime() + 5000));
  expect((await posting).body.ok).toBe(true);
  slack.heal();
  expect((await post(slack, 'P2')).body.ok).toBe(true);
});
