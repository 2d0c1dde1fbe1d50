import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { expect, test } from 'vitest';
import { signature } from '../../../sandbox/slack/delivery/signed-http.ts';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock, systemClock } from '../../../src/support/clock.ts';
import { actions, button, call } from './call.ts';

test('the signature is the one that Slack documents', () => {
  const body = 'token=x&team_id=T1&command=%2Fk8s&text=scale+payments%2Fapi+5&response_url=https%3A%2F%2Fhooks.slack.test%2F1&trigger_id=1.2.abc&user_id=U1&channel_id=C1';
  expect(signature('8f742231b10e8888abcd99yyyzzz85a5', 1763785200, body)).toBe('v0=f94c24efc6630236be2f38c154494be68b53149c7d16e8834b92d51e06e0953f');
});

/** An HTTP server whose answers the test decides; it remembers what it was asked. */
async function endpoint(answer: (request: { headers: Record<string, unknown>; body: string }) => number) {
  const requests: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ headers: request.headers, body });
    response.writeHead(answer({ headers: request.headers, body })).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`, requests, [Symbol.asyncDispose]: async () => void server.close() };
}

test('Bolt’s own receiver accepts what is signed with its secret, and nothing else', async () => {
  const receiver = new HTTPReceiver({ signingSecret: 'right', logLevel: LogLevel.ERROR });
  const heard: string[] = [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/slack/events`;
  await using slack = await startSlackStandIn({ clock: systemClock, delivery: { http: url, signingSecret: 'right' } });
  await using impostor = await startSlackStandIn({ clock: systemClock, delivery: { http: url, signingSecret: 'wrong' } });
  const app = new App({ token: slack.botToken, receiver, logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl: `${slack.url}/api/` } });
  app.action('go', async ({ ack, body }) => (heard.push(body.type), await ack()));
  app.command('/stock', async ({ ack, body }) => (heard.push(body.text), await ack('All well.')));
  app.event('app_mention', async ({ event }) => void heard.push(event.text));
  await app.start(port);
  try {
    const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [actions('card', button('go'))] });
    expect(await slack.press({ as: 'oncall', channel: '#alerts', ts: body['ts'] as string, actionId: 'go' })).toMatchObject({ acked: true });
    await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock', text: 'status' });
    expect(slack.ephemerals('oncall')).toMatchObject([{ text: 'All well.' }]);
    await slack.say({ as: 'oncall', channel: '#alerts', text: '<@U0STOCKOPS> hello' });
    expect(heard).toEqual(['block_actions', 'status', '<@U0STOCKOPS> hello']);
    expect(await impostor.command({ as: 'oncall', channel: '#alerts', command: '/stock' })).toMatchObject({ acked: false, problem: 'dispatch_failed' });
    expect(heard).toHaveLength(3);
  } finally {
    await app.stop();
  }
});

test('F-18: an event that is not taken comes again at once, after a minute and after five', async () => {
  const clock = manualClock(new Date('2026-03-02T02:14:00Z'));
  await using app = await endpoint(() => 503);
  await using slack = await startSlackStandIn({ clock, delivery: { http: app.url, signingSecret: 'right' } });
  await slack.say({ as: 'oncall', channel: '#alerts', text: 'hello' });
  const nextTryIn = (ms: number) => clock.nextWakeAt()?.getTime() === clock.now().getTime() + ms;
  await until(() => app.requests.length === 2 && nextTryIn(60_000));
  clock.moveTo(new Date(clock.now().getTime() + 60_000));
  await until(() => app.requests.length === 3 && nextTryIn(300_000));
  clock.moveTo(new Date(clock.now().getTime() + 300_000));
  await until(() => app.requests.length === 4);
  expect(app.requests.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']])).toEqual([[undefined, undefined], ['1', 'http_error'], ['2', 'http_error'], ['3', 'http_error']]);
  expect(new Set(app.requests.map(({ body }) => JSON.parse(body).event_id)).size).toBe(1);
});

test('an interaction is sent once, whatever the answer', async () => {
  await using app = await endpoint(() => 503);
  await using slack = await startSlackStandIn({ clock: systemClock, delivery: { http: app.url, signingSecret: 'right' } });
  expect(await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' })).toMatchObject({ acked: false, problem: 'dispatch_failed' });
  expect(app.requests).toHaveLength(1);
});

async function until(predicate: () => boolean): Promise<void> {
  while (!predicate()) await systemClock.sleep(5);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
