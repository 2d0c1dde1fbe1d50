import { expect, test } from 'vitest';
import { startSlackStandIn, type SlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { createSlackPort } from '../../../src/connectors/slack/slack-port.ts';
import { systemClock } from '../../../src/support/clock.ts';

/** Goal: one call is one call, every answer is one of four, and an answer that does not come is never a yes. Method: the stand-in of Slack on bad days. */
const content = { text: 'A message', blocks: [] };

async function arrange(): Promise<{ slack: SlackStandIn; port: ReturnType<typeof createSlackPort>; measured: string[] } & AsyncDisposable> {
  const slack = await startSlackStandIn({ clock: systemClock });
  const measured: string[] = [];
  const port = createSlackPort({ botToken: slack.botToken, apiUrl: `${slack.url}/api/` }, (method, answer) => void measured.push(`${method} ${answer}`));
  return { slack, port, measured, [Symbol.asyncDispose]: () => slack.close() };
}
const posts = (slack: SlackStandIn) => slack.requests.filter((request) => request.method === 'chat.postMessage').length;

for (const [why, fault, expected] of [
  ['takes it', null, { status: 'done' }],
  ['takes it and the answer is lost', { mode: 'lost-answer' }, { status: 'lost' }],
  ['breaks the connection', { mode: 'reset' }, { status: 'lost' }],
  ['answers with a page of HTML', { mode: 'unavailable' }, { status: 'lost' }],
  ['wants us to wait', { mode: 'ratelimited', retryAfter: 7 }, { status: 'limited', retryAfterMs: 7_000 }],
  ['refuses for good', { mode: 'error', error: 'invalid_blocks' }, { status: 'refused', error: 'invalid_blocks', permanent: true }],
  ['has trouble of its own', { mode: 'error', error: 'internal_error' }, { status: 'refused', error: 'internal_error', permanent: false }],
] as const) {
  test(`P-4: a post that Slack ${why} is ${expected.status}, and is sent once`, async () => {
    await using world = await arrange();
    if (fault !== null) world.slack.fail({ method: 'chat.postMessage', ...fault });
    expect(await world.port.post({ channel: '#alerts', threadTs: null, content, key: 'card:1' })).toMatchObject(expected);
    expect(posts(world.slack)).toBe(1);
    expect(world.measured.at(-1)).toBe(`chat.postMessage ${expected.status}`);
  });
}

test('a channel that does not exist is a refusal, and nothing is sent', async () => {
  await using world = await arrange();
  expect(await world.port.post({ channel: '#nowhere', threadTs: null, content, key: 'card:1' })).toEqual({ status: 'refused', error: 'channel_not_found', permanent: true });
  expect(posts(world.slack)).toBe(0);
});

test('G-3: a post whose answer was lost is found again by its key; one that never arrived is not; and silence is not "no"', async () => {
  await using world = await arrange();
  const since = new Date(Date.now() - 1_000);
  world.slack.fail({ method: 'chat.postMessage', mode: 'lost-answer' });
  await world.port.post({ channel: '#alerts', threadTs: null, content, key: 'card:1' });
  expect(await world.port.find({ channel: '#alerts', threadTs: null, key: 'card:1', since })).toBe(world.slack.channel('alerts').messages()[0]?.ts);
  expect(await world.port.find({ channel: '#alerts', threadTs: null, key: 'card:2', since })).toBeNull();
  world.slack.fail({ method: 'conversations.history', mode: 'unavailable' });
  expect(await world.port.find({ channel: '#alerts', threadTs: null, key: 'card:1', since })).toBeUndefined();
});

test('T-05: only full members of our own workspace are members', async () => {
  await using world = await arrange();
  const kinds = await Promise.all(['U0ONCALL', 'U0GUEST', 'U0PARTNER', 'U0FORMER', 'U0STOCKOPS'].map(async (id) => (await world.port.person(id))?.kind));
  expect(kinds).toEqual(['member', 'guest', 'stranger', 'deactivated', 'bot']);
  expect((await world.port.person('U0GUEST'))?.isFullMember).toBe(false);
});

for (const mode of ['error', 'unavailable', 'reset', 'ratelimited'] as const) {
  test(`T-05: a person, or groups, that Slack answers with "${mode}" are not known`, async () => {
    await using world = await arrange();
    world.slack.fail({ method: 'users.info', mode, ...(mode === 'error' && { error: 'user_not_found' }) });
    world.slack.fail({ method: 'usergroups.list', mode, ...(mode === 'error' && { error: 'internal_error' }) });
    expect(await world.port.person('U0ONCALL')).toBeNull();
    expect(await world.port.groups()).toBeNull();
  });
}
