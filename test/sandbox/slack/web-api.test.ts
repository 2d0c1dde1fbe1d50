import { expect, test } from 'vitest';
import { fullInstallation } from '../../../sandbox/slack/manifest.ts';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { call, section } from './call.ts';

const start = () => manualClock(new Date('2026-03-02T02:14:00Z'));
const quiet = (clock = start()) => startSlackStandIn({ clock, rateLimits: 'none' });
const postTo = async (slack: SlackStandIn, args: object = {}) => (await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', ...args })).body['ts'] as string;

test('a message can be posted, found by its metadata, edited, answered and deleted', async () => {
  await using slack = await quiet();
  const metadata = { event_type: 'incident', event_payload: { id: 42 } };
  const ts = await postTo(slack, { blocks: [section('P1')], metadata });

  await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'diagnostics', thread_ts: ts });
  expect((await call(slack, 'conversations.history', { channel: 'C0ALERTS', include_all_metadata: true })).body['messages']).toMatchObject([{ ts, metadata, reply_count: 1 }]);
  expect((await call(slack, 'conversations.history', { channel: 'C0ALERTS' })).body['messages'][0]).not.toHaveProperty('metadata');
  expect((await call(slack, 'conversations.replies', { channel: 'C0ALERTS', ts })).body['messages']).toMatchObject([{ ts }, { text: 'diagnostics', thread_ts: ts }]);

  const acknowledged = { channel: 'C0ALERTS', ts, text: 'P1 acknowledged', blocks: [section('P1 acknowledged')] };
  expect((await call(slack, 'chat.update', acknowledged)).body).toMatchObject({ ok: true, message: { text: 'P1 acknowledged', metadata, blocks: [{ text: { text: 'P1 acknowledged' } }] } });
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts, text: 'only text' })).body['message']).not.toHaveProperty('blocks');
  expect((await call(slack, 'chat.getPermalink', { channel: 'C0ALERTS', message_ts: ts })).body['permalink']).toBe(`https://harbor-trading.slack.com/archives/C0ALERTS/p${ts.replace('.', '')}`);

  expect((await call(slack, 'chat.delete', { channel: 'C0ALERTS', ts })).body.ok).toBe(true);
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts, text: 'x' })).body.error).toBe('message_not_found');
});

test('history is read in pages, newest first, between two times', async () => {
  await using slack = await quiet();
  const all: string[] = [];
  for (let index = 0; index < 5; index += 1) all.push(await postTo(slack, { text: `card ${index}` }));
  const first = (await call(slack, 'conversations.history', { channel: 'C0ALERTS', limit: 2 })).body;
  expect(first['messages'].map((message: { ts: string }) => message.ts)).toEqual([all[4], all[3]]);
  const second = (await call(slack, 'conversations.history', { channel: 'C0ALERTS', limit: 2, cursor: first['response_metadata'].next_cursor })).body;
  expect(second['messages'].map((message: { ts: string }) => message.ts)).toEqual([all[2], all[1]]);
  const between = (await call(slack, 'conversations.history', { channel: 'C0ALERTS', oldest: all[1], latest: all[3] })).body;
  expect(between['messages'].map((message: { ts: string }) => message.ts)).toEqual([all[2]]);
});

const deep = { event_type: 'incident', event_payload: { a: { b: { c: 1 } } } };
const many = (length: number) => 'x'.repeat(length);
const refusals: readonly (readonly [string, string, object, string])[] = [
  ['a method that is none', 'chat.shout', {}, 'unknown_method'],
  ['an argument that the method does not have', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', thread: '1' }, 'invalid_arguments'],
  ['a missing argument', 'chat.update', { channel: 'C0ALERTS', text: 'x' }, 'invalid_arguments'],
  ['an unknown channel', 'chat.postMessage', { channel: 'C9', text: 'x' }, 'channel_not_found'],
  ['a private channel without the bot', 'chat.postMessage', { channel: 'C0POSTMORT', text: 'x' }, 'channel_not_found'],
  ['a message without content', 'chat.postMessage', { channel: 'C0ALERTS', text: ' ' }, 'no_text'],
  ['blocks beyond a limit', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', blocks: [section(many(3001))] }, 'invalid_blocks'],
  ['blocks that are not JSON', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', blocks: '[{' }, 'invalid_blocks_format'],
  ['markdown beside text', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', markdown_text: 'x' }, 'markdown_text_conflict'],
  ['metadata without a type', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', metadata: { event_payload: {} } }, 'invalid_metadata_format'],
  ['metadata that is nested too deep', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', metadata: deep }, 'invalid_metadata_schema'],
  ['metadata as long as a book', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', metadata: { event_type: 'x', event_payload: { a: many(20_000) } } }, 'metadata_too_large'],
  ['a thread that is not there', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
  ['a name of its own without the scope', 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', username: 'boss' }, 'missing_scope'],
  ['an ephemeral message to one who is not there', 'chat.postEphemeral', { channel: 'C0ALERTS', user: 'U0FORMER', text: 'x' }, 'user_not_in_channel'],
  ['an unknown trigger', 'views.open', { trigger_id: '1.2.x', view: {} }, 'invalid_trigger_id'],
  ['a view that is not there', 'views.update', { view_id: 'V9', view: {} }, 'not_found'],
  ['an unknown person', 'users.info', { user: 'U9' }, 'user_not_found'],
  ['an unknown address', 'users.lookupByEmail', { email: 'nobody@harbor-trading.example' }, 'users_not_found'],
  ['an unknown group', 'usergroups.users.list', { usergroup: 'S9' }, 'no_such_subteam'],
  ['a channel name with capitals', 'conversations.create', { name: 'Incident-42' }, 'invalid_name_specials'],
  ['a channel name of 81 characters', 'conversations.create', { name: many(81) }, 'invalid_name_maxlength'],
  ['a channel name that is taken', 'conversations.create', { name: 'alerts' }, 'name_taken'],
  ['a topic of 251 characters', 'conversations.setTopic', { channel: 'C0ALERTS', topic: many(251) }, 'too_long'],
  ['inviting oneself', 'conversations.invite', { channel: 'C0ALERTS', users: 'U0STOCKOPS' }, 'cant_invite_self'],
  ['inviting a member', 'conversations.invite', { channel: 'C0ALERTS', users: 'U0ONCALL' }, 'already_in_channel'],
  ['inviting a stranger', 'conversations.invite', { channel: 'C0ALERTS', users: 'U0PARTNER' }, 'no_external_invite_permission'],
  ['a pin without a message', 'pins.add', { channel: 'C0ALERTS' }, 'no_item_specified'],
  ['a bookmark that leads nowhere', 'bookmarks.add', { channel_id: 'C0ALERTS', type: 'link', title: 'x', link: 'javascript:1' }, 'invalid_link'],
  ['an upload of nothing', 'files.getUploadURLExternal', { filename: 'a.txt', length: 0 }, 'invalid_arguments'],
];
for (const [what, method, args, error] of refusals) {
  test(`refuses ${what}`, async () => {
    await using slack = await quiet();
    expect((await call(slack, method, args)).body).toMatchObject({ ok: false, error });
    expect(slack.channel('alerts').messages()).toEqual([]);
  });
}

test('says where the blocks are wrong', async () => {
  await using slack = await quiet();
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'x', blocks: [section('')] });
  expect(body['response_metadata'].messages).toEqual(['[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]']);
});

test('text beyond 40,000 characters is cut with a warning, and an edit beyond 4,000 is refused', async () => {
  await using slack = await quiet();
  const { body } = await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: many(40_001) });
  expect(body).toMatchObject({ ok: true, warning: 'message_truncated' });
  expect(slack.channel('alerts').messages()[0]?.text).toHaveLength(40_000);
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts: body['ts'], text: many(4001) })).body.error).toBe('msg_too_long');
});

test('only the bot’s own messages can be edited, and no ephemeral one', async () => {
  await using slack = await quiet();
  const { ts } = await slack.say({ as: 'oncall', channel: '#alerts', text: 'looking' });
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts, text: 'x' })).body.error).toBe('cant_update_message');
  const ephemeral = (await call(slack, 'chat.postEphemeral', { channel: 'C0ALERTS', user: 'U0ONCALL', text: 'only you' })).body['message_ts'];
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts: ephemeral, text: 'x' })).body.error).toBe('message_not_found');
  expect(slack.ephemerals('oncall')).toMatchObject([{ text: 'only you' }]);
  expect(slack.channel('alerts').messages()).toMatchObject([{ text: 'looking' }]);
});

test('an archived channel takes nothing more', async () => {
  await using slack = await quiet();
  const ts = await postTo(slack);
  slack.archiveChannel({ as: 'oncall', channel: '#alerts' });
  expect((await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'x' })).body.error).toBe('is_archived');
  expect((await call(slack, 'chat.update', { channel: 'C0ALERTS', ts, text: 'x' })).body.error).toBe('is_archived');
});

test('a bot that was removed may post in public with the scope for it, and not without', async () => {
  const withoutPublic = { ...fullInstallation, botScopes: fullInstallation.botScopes.filter((scope) => scope !== 'chat:write.public') };
  await using slack = await quiet();
  await using strict = await startSlackStandIn({ clock: start(), installation: withoutPublic });
  slack.removeBotFrom('alerts');
  strict.removeBotFrom('alerts');
  expect((await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'x' })).body.ok).toBe(true);
  expect((await call(slack, 'conversations.history', { channel: 'C0ALERTS' })).body.error).toBe('not_in_channel');
  expect((await call(strict, 'chat.postMessage', { channel: 'C0ALERTS', text: 'x' })).body.error).toBe('not_in_channel');
});

test('a call needs the right kind of token, and its scope', async () => {
  await using slack = await startSlackStandIn({ clock: start(), installation: { ...fullInstallation, botScopes: ['chat:write'] } });
  expect((await call(slack, 'auth.test', {}, null)).body.error).toBe('not_authed');
  expect((await call(slack, 'auth.test', {}, 'xoxb-other')).body.error).toBe('invalid_auth');
  expect((await call(slack, 'apps.connections.open')).body.error).toBe('not_allowed_token_type');
  expect((await call(slack, 'pins.list', { channel: 'C0ALERTS' })).body).toMatchObject({ error: 'missing_scope', needed: 'pins:read', provided: 'chat:write' });
});

test('arguments come in a form as well as in JSON', async () => {
  await using slack = await quiet();
  const form = new URLSearchParams({ token: slack.botToken, channel: '#alerts', text: 'P1', blocks: JSON.stringify([section('P1')]), unfurl_links: 'false' });
  const response = await fetch(`${slack.url}/api/chat.postMessage`, { method: 'POST', body: form });
  expect(await response.json()).toMatchObject({ ok: true, channel: 'C0ALERTS', message: { blocks: [{ type: 'section' }] } });
  expect(slack.requests).toMatchObject([{ method: 'chat.postMessage', token: 'bot', args: { channel: '#alerts' }, answer: { ok: true } }]);
});

test('timestamps grow and never repeat while the clock stands still', async () => {
  await using slack = await quiet();
  const all = [await postTo(slack), await postTo(slack), await postTo(slack)];
  expect(all).toEqual([...new Set(all)].sort());
});

test('people are told apart: guests, strangers, deactivated, the bot', async () => {
  await using slack = await quiet();
  const info = async (user: string) => (await call(slack, 'users.info', { user })).body['user'];
  expect(await info('U0ONCALL')).toMatchObject({ is_restricted: false, deleted: false, is_bot: false, team_id: 'T0HARBOR' });
  expect(await info('U0GUEST')).toMatchObject({ is_restricted: true });
  expect(await info('U0PARTNER')).toMatchObject({ is_stranger: true, team_id: 'T0PARTNER' });
  expect(await info('U0FORMER')).toMatchObject({ deleted: true });
  expect(await info('U0STOCKOPS')).toMatchObject({ is_bot: true });
});

test('groups, channels, pins, reactions and bookmarks can be read and changed', async () => {
  await using slack = await quiet();
  const groups = (await call(slack, 'usergroups.list', { include_users: true })).body['usergroups'];
  expect(groups).toContainEqual(expect.objectContaining({ handle: 'oncall', users: ['U0ONCALL'] }));

  const created = (await call(slack, 'conversations.create', { name: 'inc-42' })).body['channel'];
  expect((await call(slack, 'conversations.invite', { channel: created.id, users: 'U0ONCALL,U0APPROVER' })).body.ok).toBe(true);
  expect((await call(slack, 'conversations.members', { channel: created.id })).body['members']).toEqual(['U0STOCKOPS', 'U0ONCALL', 'U0APPROVER']);
  expect((await call(slack, 'conversations.setTopic', { channel: created.id, topic: 'INC-42' })).body['channel'].topic.value).toBe('INC-42');
  expect((await call(slack, 'bookmarks.add', { channel_id: created.id, type: 'link', title: 'Runbook', link: 'https://example.com' })).body.ok).toBe(true);
  expect(slack.channel('inc-42').bookmarks()).toMatchObject([{ title: 'Runbook' }]);

  const ts = await postTo(slack);
  expect((await call(slack, 'pins.add', { channel: 'C0ALERTS', timestamp: ts })).body.ok).toBe(true);
  expect((await call(slack, 'pins.add', { channel: 'C0ALERTS', timestamp: ts })).body.error).toBe('already_pinned');
  expect(slack.channel('alerts').pins()).toMatchObject([{ ts }]);
  expect((await call(slack, 'pins.remove', { channel: 'C0ALERTS', timestamp: ts })).body.ok).toBe(true);
  expect((await call(slack, 'pins.list', { channel: 'C0ALERTS' })).body['items']).toEqual([]);
  expect((await call(slack, 'reactions.add', { channel: 'C0ALERTS', timestamp: ts, name: 'eyes' })).body.ok).toBe(true);
  expect((await call(slack, 'reactions.add', { channel: 'C0ALERTS', timestamp: ts, name: 'eyes' })).body.error).toBe('already_reacted');
});

test('a direct message begins when it is first needed', async () => {
  await using slack = await quiet();
  const opened = (await call(slack, 'conversations.open', { users: 'U0APPROVER' })).body['channel'].id;
  const posted = (await call(slack, 'chat.postMessage', { channel: 'U0APPROVER', text: 'please decide' })).body;
  expect(posted['channel']).toBe(opened);
  expect(slack.channel(opened).messages()).toMatchObject([{ text: 'please decide' }]);
});
