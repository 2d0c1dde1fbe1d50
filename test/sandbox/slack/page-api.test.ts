import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { systemClock } from '../../../src/support/clock.ts';
import { connectBolt } from './bolt-app.ts';
import { actions, button, call, section } from './call.ts';

const read = async (slack: SlackStandIn, path: string): Promise<any> => (await fetch(`${slack.url}/sandbox/${path}`)).json();
const act = async (slack: SlackStandIn, path: string, body: object): Promise<any> =>
  (await fetch(`${slack.url}/sandbox/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();

test('the page reads the workspace as one person sees it', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const mine = await read(slack, 'workspace?as=U0ONCALL');
  expect(mine).toMatchObject({ team: { name: 'Harbor Trading' }, me: 'U0ONCALL', users: expect.arrayContaining([expect.objectContaining({ id: 'U0ONCALL', realName: 'On-call engineer', kind: 'member' })]), commands: [{ command: '/stock' }] });
  const names = (workspace: { channels: { name: string }[] }) => workspace.channels.map((channel) => channel.name);
  expect(names(mine)).toContain('incidents');
  expect(names(mine)).not.toContain('postmortem-private');
  expect(names(await read(slack, 'workspace?as=U0GUEST'))).toEqual(['alerts', 'general']);
});

test('messages come with their threads, and with what only this person sees', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [section('P1')] });
  await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'diagnostics', thread_ts: body['ts'] });
  await call(slack, 'chat.postEphemeral', { channel: 'C0ALERTS', user: 'U0ONCALL', text: 'only you' });
  await call(slack, 'pins.add', { channel: 'C0ALERTS', timestamp: body['ts'] });
  const { messages } = await read(slack, 'messages?channel=C0ALERTS&as=U0ONCALL');
  expect(messages).toMatchObject([{ ts: body['ts'], replyCount: 1, pinned: true, botId: 'B0STOCKOPS' }, { text: 'diagnostics', threadTs: body['ts'] }, { text: 'only you', ephemeralFor: 'U0ONCALL' }]);
  expect((await read(slack, 'messages?channel=C0ALERTS&as=U0APPROVER')).messages).toHaveLength(2);
  expect(await read(slack, 'messages?channel=C0INCIDENTS&as=U0GUEST')).toEqual({ error: 'There is no channel C0INCIDENTS for guest.' });
});

test('the page presses, types, submits and closes, and sees what comes of it', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const plain = (text: string) => ({ type: 'plain_text' as const, text });
  await using _app = await connectBolt(slack, (bolt) => {
    bolt.action('scale', async ({ ack, body, client }) => {
      await ack();
      const element = { type: 'number_input' as const, action_id: 'count', is_decimal_allowed: false, max_value: '20' };
      await client.views.open({ trigger_id: (body as { trigger_id: string }).trigger_id, view: { type: 'modal', callback_id: 'scale', title: plain('Scale'), submit: plain('Go on'), blocks: [{ type: 'input', block_id: 'replicas', label: plain('Replicas'), element }] } });
    });
    bolt.view('scale', async ({ ack, view, client }) => {
      await ack();
      await client.chat.postMessage({ channel: 'C0ALERTS', text: `scaled to ${view.state.values['replicas']?.['count']?.value}` });
    });
  });
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [actions('card', button('scale'))] });
  expect(await act(slack, 'press', { as: 'U0ONCALL', channel: 'C0ALERTS', ts: body['ts'], actionId: 'scale', blockId: 'card' })).toMatchObject({ acked: true });
  await slack.until(() => slack.views('oncall').length > 0);
  const { stack } = await read(slack, 'views?as=U0ONCALL');
  expect(stack).toMatchObject([{ type: 'modal', title: { text: 'Scale' } }]);
  expect(await act(slack, 'submit', { as: 'U0ONCALL', viewId: stack[0].id, values: { replicas: { count: '500' } } })).toEqual({ errors: { replicas: 'Please enter 20 or less.' } });
  expect((await read(slack, 'views?as=U0ONCALL')).stack[0].errors).toEqual({ replicas: 'Please enter 20 or less.' });
  expect(await act(slack, 'submit', { as: 'U0ONCALL', viewId: stack[0].id, values: { replicas: { count: { type: 'number_input', value: '5' } } } })).toEqual({ ok: true });
  await slack.until(() => slack.channel('alerts').messages().some((message) => message.text === 'scaled to 5'));
  expect((await read(slack, 'calls?last=2')).calls).toMatchObject([{ method: 'views.open', ok: true }, { method: 'chat.postMessage', ok: true, summary: 'C0ALERTS · scaled to 5' }]);
  expect(await act(slack, 'press', { as: 'U0ONCALL', channel: 'C0ALERTS', ts: body['ts'], actionId: 'stop' })).toEqual({ error: expect.stringContaining('it has: scale') });
});

test('a stream tells each person what changes for them', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const stop = new AbortController();
  const events: any[] = [];
  const response = await fetch(`${slack.url}/sandbox/events?as=U0ONCALL`, { signal: stop.signal });
  const reading = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      for (const line of Buffer.from(chunk).toString().split('\n')) if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)));
      if (events.length === 3) return;
    }
  })();
  await slack.say({ as: 'cto', channel: '#postmortem-private', text: 'not for them' });
  await call(slack, 'chat.postEphemeral', { channel: 'C0ALERTS', user: 'U0APPROVER', text: 'not for them either' });
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1' });
  await call(slack, 'chat.update', { channel: 'C0ALERTS', ts: body['ts'], text: 'P1 acknowledged' });
  await call(slack, 'chat.delete', { channel: 'C0ALERTS', ts: body['ts'] });
  await reading;
  stop.abort();
  expect(events).toMatchObject([
    { type: 'message', channel: 'C0ALERTS', ts: body['ts'], message: { text: 'P1' } },
    { type: 'changed', message: { text: 'P1 acknowledged' } },
    { type: 'deleted', channel: 'C0ALERTS', ts: body['ts'] },
  ]);
});

const knock = (slack: SlackStandIn, path: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(`${slack.url}${path}`, { headers }, (response) => (response.resume(), resolve(response.statusCode))).on('error', reject).end();
  });

for (const [who, headers] of [
  ['a page whose name was made to resolve to this machine', { host: 'evil.example' }],
  ['a page of another site that the browser has open', { origin: 'https://evil.example' }],
  ['a page without an origin', { origin: 'null' }],
] as const) {
  test(`refuses ${who}`, async () => {
    await using slack = await startSlackStandIn({ clock: systemClock });
    expect(await knock(slack, '/sandbox/workspace?as=U0ONCALL', headers)).toBe(403);
    expect(await knock(slack, '/api/auth.test', headers)).toBe(403);
    expect(await knock(slack, '/sandbox/workspace?as=U0ONCALL', {})).toBe(200);
  });
}

test('a form of another page cannot act, for it cannot send JSON', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const response = await fetch(`${slack.url}/sandbox/say`, { method: 'POST', body: JSON.stringify({ as: 'U0ONCALL', channel: 'C0ALERTS', text: 'x' }) });
  expect(response.status).toBe(400);
  expect(slack.channel('alerts').messages()).toEqual([]);
});
