import type { App } from '@slack/bolt';
import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock, systemClock } from '../../../src/support/clock.ts';
import { connectBolt } from './bolt-app.ts';
import { actions, button, call, section } from './call.ts';

/**
 * Goal: what a person does arrives at the app in Slack's shape, and what the app answers happens to that person.
 * Method: the real Bolt app; payloads are read where Bolt hands them to a listener.
 */
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const replicas = { type: 'input' as const, block_id: 'replicas', label: plain('Replicas'), element: { type: 'number_input' as const, action_id: 'count', is_decimal_allowed: false, min_value: '3', max_value: '20', initial_value: '3' } };
const reason = { type: 'input' as const, block_id: 'reason', label: plain('Why'), optional: true, element: { type: 'plain_text_input' as const, action_id: 'text' } };
const modal = (title = 'Scale') => ({ type: 'modal' as const, callback_id: 'scale', private_metadata: 'INC-1', title: plain(title), submit: plain('Go on'), close: plain('Cancel'), blocks: [replicas, reason] });
const choice = { type: 'static_select', action_id: 'environment', options: [{ text: plain('Production'), value: 'production' }, { text: plain('Staging'), value: 'staging' }] };

async function openedModal(listen: (bolt: App) => void) {
  const slack = await startSlackStandIn({ clock: systemClock });
  const app = await connectBolt(slack, (bolt) => {
    bolt.command('/stock', async ({ ack, body, client }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: modal() });
    });
    listen(bolt);
  });
  await slack.command({ as: 'oncall', channel: '#stock-service', command: '/stock', text: 'scale' });
  await slack.until(() => slack.views('oncall').length === 1);
  return { slack, [Symbol.asyncDispose]: async () => (await app[Symbol.asyncDispose](), await slack.close()) };
}

test('a command carries who, where and what, and its answer is for one person', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  let heard: object = {};
  await using _app = await connectBolt(slack, (bolt) => bolt.command('/stock', async ({ ack, body }) => ((heard = body), await ack({ text: 'All well.' }))));
  await slack.command({ as: 'oncall', channel: '#stock-service', command: '/stock', text: 'status' });
  expect(heard).toMatchObject({ command: '/stock', text: 'status', user_id: 'U0ONCALL', channel_id: 'C0STOCKSVC', channel_name: 'stock-service', team_id: 'T0HARBOR', is_enterprise_install: 'false' });
  expect(slack.ephemerals('oncall')).toMatchObject([{ text: 'All well.', ephemeralFor: 'U0ONCALL' }]);
  expect(slack.channel('stock-service').messages()).toEqual([]);
});

test('a command that is not installed never reaches the app', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await slack.command({ as: 'oncall', channel: '#alerts', command: '/kubectl' });
  expect(slack.deliveries).toEqual([]);
  expect(slack.ephemerals('oncall')).toMatchObject([{ text: '/kubectl is not a valid command.' }]);
});

test('a command that fails tells the person which way', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' });
  expect(slack.ephemerals('oncall')).toMatchObject([{ text: '/stock failed with the error "dispatch_failed"' }]);
});

test('a choice from a menu is in the action and in the state of the message', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const heard: any[] = [];
  await using _app = await connectBolt(slack, (bolt) => bolt.action(/.*/, async ({ ack, body }) => (heard.push(body), await ack())));
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [actions('card', choice, button('go'))] });
  const where = { as: 'oncall', channel: '#alerts', ts: body['ts'] as string };

  await slack.press({ ...where, actionId: 'environment', choice: 'staging' });
  expect(heard[0].actions).toMatchObject([{ type: 'static_select', action_id: 'environment', block_id: 'card', selected_option: { value: 'staging' } }]);
  await slack.press({ ...where, actionId: 'go' });
  expect(heard[1]).toMatchObject({
    type: 'block_actions',
    user: { id: 'U0ONCALL', team_id: 'T0HARBOR' },
    container: { type: 'message', message_ts: body['ts'], channel_id: 'C0ALERTS', is_ephemeral: false },
    message: { ts: body['ts'], bot_id: 'B0STOCKOPS' },
    state: { values: { card: { environment: { type: 'static_select', selected_option: { value: 'staging' } } } } },
    actions: [{ type: 'button', action_id: 'go', value: 'INC-1', text: { text: 'go' } }],
  });
  await slack.press({ as: 'approver', channel: '#alerts', ts: body['ts'] as string, actionId: 'go' });
  expect(heard[2].state.values.card.environment.selected_option).toBeNull();
});

test('nobody can press or choose what is not there for them', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0INCIDENTS', text: 'P1', blocks: [actions('card', choice, button('go'))] });
  const where = { as: 'oncall', channel: '#incidents', ts: body['ts'] as string };
  await expect(slack.press({ ...where, actionId: 'stop' })).rejects.toThrow('it has: environment, go');
  await expect(slack.press({ ...where, actionId: 'environment', choice: 'moon' })).rejects.toThrow('there are: production, staging');
  await expect(slack.press({ ...where, as: 'guest', actionId: 'go' })).rejects.toThrow('guest does not see #incidents');
  await expect(slack.press({ ...where, as: 'nobody', actionId: 'go' })).rejects.toThrow('There is no nobody');
});

test('a trigger opens one modal within three seconds, and none after', async () => {
  const clock = manualClock(new Date('2026-03-02T02:14:00Z'));
  await using slack = await startSlackStandIn({ clock });
  const triggers: string[] = [];
  await using _app = await connectBolt(slack, (bolt) => bolt.command('/stock', async ({ ack, body }) => (triggers.push(body.trigger_id), await ack())));
  const command = () => slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' });
  await command();
  await command();
  expect((await call(slack, 'views.open', { trigger_id: triggers[0], view: modal() })).body.ok).toBe(true);
  expect((await call(slack, 'views.open', { trigger_id: triggers[0], view: modal() })).body.error).toBe('exchanged_trigger_id');
  clock.moveTo(new Date(clock.now().getTime() + 3001));
  expect((await call(slack, 'views.open', { trigger_id: triggers[1], view: modal() })).body.error).toBe('expired_trigger_id');
});

test('a modal that is submitted carries what was entered, and closes when the app takes it', async () => {
  let heard: any;
  await using opened = await openedModal((bolt) => bolt.view('scale', async ({ ack, body }) => ((heard = body), await ack())));
  const { slack } = opened;
  const submission = await slack.submit({ as: 'oncall', values: { replicas: 5, reason: { text: 'load' } } });
  expect(submission).toMatchObject({ ok: true, errors: {} });
  expect(heard).toMatchObject({ type: 'view_submission', view: { callback_id: 'scale', private_metadata: 'INC-1', state: { values: { replicas: { count: { type: 'number_input', value: '5' } }, reason: { text: { type: 'plain_text_input', value: 'load' } } } } } });
  expect(slack.views('oncall')).toEqual([]);
});

test('what Slack’s own client objects to is never sent', async () => {
  await using opened = await openedModal(() => {});
  const { slack } = opened;
  const sent = slack.deliveries.length;
  expect((await slack.submit({ as: 'oncall', values: { replicas: 500 } })).errors).toEqual({ replicas: 'Please enter 20 or less.' });
  expect((await slack.submit({ as: 'oncall', values: { replicas: '' } })).errors).toEqual({ replicas: 'Please complete this required field.' });
  expect((await slack.submit({ as: 'oncall', values: { replicas: '4.5' } })).errors).toEqual({ replicas: 'Please enter a whole number.' });
  expect(slack.deliveries).toHaveLength(sent);
});

test('errors of the app stand at their fields, and the modal stays', async () => {
  await using opened = await openedModal((bolt) => bolt.view('scale', async ({ ack }) => ack({ response_action: 'errors', errors: { replicas: 'Too many for today.' } })));
  const { slack } = opened;
  expect(await slack.submit({ as: 'oncall', values: { replicas: 5 } })).toMatchObject({ ok: false, errors: { replicas: 'Too many for today.' } });
  expect(slack.views('oncall')).toMatchObject([{ errors: { replicas: 'Too many for today.' } }]);
});

test('an error at a field that is not there is a complaint about the app', async () => {
  await using opened = await openedModal((bolt) => bolt.view('scale', async ({ ack }) => ack({ response_action: 'errors', errors: { pods: 'x' } })));
  const { slack } = opened;
  await slack.submit({ as: 'oncall', values: { replicas: 5 } });
  expect(slack.complaints).toMatchObject([{ reason: expect.stringContaining('errors_for_unknown_blocks') }]);
});

test('a submission is answered with another modal, one on top, or none at all', async () => {
  const answers = [{ response_action: 'update', view: modal('Sure?') }, { response_action: 'push', view: { ...modal('Reason'), external_id: 'reason' } }, { response_action: 'clear' }];
  await using opened = await openedModal((bolt) => bolt.view('scale', async ({ ack }) => ack(answers.shift() as never)));
  const { slack } = opened;
  const titles = () => slack.views('oncall').map((view) => (view.content['title'] as { text: string }).text);
  const [first] = slack.views('oncall');
  await slack.submit({ as: 'oncall', values: { replicas: 7 } });
  expect(titles()).toEqual(['Sure?']);
  expect(slack.views('oncall')[0]?.id).toBe(first?.id);
  await slack.submit({ as: 'oncall' });
  expect(titles()).toEqual(['Sure?', 'Reason']);
  expect(slack.views('oncall')[1]).toMatchObject({ previousViewId: first?.id, rootViewId: first?.id });
  await slack.submit({ as: 'oncall' });
  expect(titles()).toEqual([]);
});

test('an edit of a modal keeps what was entered and loses to a newer one', async () => {
  await using opened = await openedModal((bolt) => bolt.view('scale', async ({ ack }) => ack({ response_action: 'errors', errors: { reason: 'Say why.' } })));
  const { slack } = opened;
  await slack.submit({ as: 'oncall', values: { replicas: 9 } });
  const view = slack.views('oncall')[0];
  const hash = view?.hash;
  const updated = await call(slack, 'views.update', { view_id: view?.id, hash, view: modal('Again') });
  expect(updated.body['view'].state.values.replicas.count.value).toBe('9');
  expect((await call(slack, 'views.update', { view_id: view?.id, hash, view: modal('Late') })).body.error).toBe('hash_conflict');
});

test('closing a modal is told to an app that asked for it', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  let closed: any;
  await using _app = await connectBolt(slack, (bolt) => {
    bolt.command('/stock', async ({ ack, body, client }) => (await ack(), void (await client.views.open({ trigger_id: body.trigger_id, view: { ...modal(), notify_on_close: true } }))));
    bolt.view({ callback_id: 'scale', type: 'view_closed' }, async ({ ack, body }) => ((closed = body), await ack()));
  });
  await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' });
  await slack.until(() => slack.views('oncall').length === 1);
  expect(await slack.closeView({ as: 'oncall' })).toMatchObject({ acked: true });
  expect(closed).toMatchObject({ type: 'view_closed', is_cleared: false, view: { callback_id: 'scale' } });
  expect(slack.views('oncall')).toEqual([]);
});

test('the home tab is published for one person, and its buttons work', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  let pressed: any;
  await using _app = await connectBolt(slack, (bolt) => {
    bolt.event('app_home_opened', async ({ event, client }) => void (await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [actions('menu', button('status')) as never] } })));
    bolt.action('status', async ({ ack, body }) => ((pressed = body), await ack()));
  });
  await slack.openHome({ as: 'approver' });
  await slack.until(() => slack.home('approver'));
  await slack.pressInView({ as: 'approver', actionId: 'status' });
  expect(pressed).toMatchObject({ container: { type: 'view' }, view: { type: 'home' }, user: { id: 'U0APPROVER' } });
  expect(slack.home('oncall')).toBeNull();
});

test('a response_url can be used five times within half an hour', async () => {
  const clock = manualClock(new Date('2026-03-02T02:14:00Z'));
  await using slack = await startSlackStandIn({ clock });
  const urls: string[] = [];
  await using _app = await connectBolt(slack, (bolt) => bolt.action('go', async ({ ack, body }) => (urls.push((body as { response_url: string }).response_url), await ack())));
  const { body } = await call(slack, 'chat.postEphemeral', { channel: 'C0ALERTS', user: 'U0ONCALL', text: 'sure?', blocks: [section('sure?'), actions('card', button('go'))] });
  const press = () => slack.press({ as: 'oncall', channel: '#alerts', ts: body['message_ts'] as string, actionId: 'go' });
  const respond = async (url: string | undefined, message: object) => (await fetch(url as string, { method: 'POST', body: JSON.stringify(message) })).status;
  await press();
  await press();
  expect(await respond(urls[0], { replace_original: true, text: 'done' })).toBe(200);
  expect(slack.ephemerals('oncall')).toMatchObject([{ text: 'done', blocks: null }]);
  for (let use = 2; use <= 5; use += 1) expect(await respond(urls[0], { text: 'more' })).toBe(200);
  expect(await respond(urls[0], { text: 'too much' })).toBe(404);
  clock.moveTo(new Date(clock.now().getTime() + 30 * 60_000));
  expect(await respond(urls[1], { text: 'too late' })).toBe(404);
});

test('a file goes up in three steps and stands in the thread', async () => {
  await using slack = await startSlackStandIn({ clock: systemClock });
  await using app = await connectBolt(slack, () => {});
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1' });
  await app.client.filesUploadV2({ channel_id: 'C0ALERTS', thread_ts: body['ts'] as string, filename: 'pod.log', content: 'OOMKilled', initial_comment: 'last lines' });
  const [reply] = slack.thread('alerts', body['ts'] as string);
  expect(reply).toMatchObject({ text: 'last lines' });
  const served = await fetch(`${slack.url}/sandbox/files/${reply?.fileIds[0]}`);
  expect(await served.text()).toBe('OOMKilled');
});
