import { expect, test } from 'vitest';
import { textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, directMessages, fire, oncall, press, reply, told, type, writes } from './on-call.ts';
import { systemsThatChange } from './systems-that-change.ts';

/** Goal: only people of our own who hold a role cause an effect, and a role is what Slack and PagerDuty say now. Method: a request that waits for one approval, and who presses. */
const scaleDown = (bot: TestBot) => ask(bot, oncall, 'Scale…', { replicas: '2' });
const request = (bot: TestBot) => reply(bot, 'from 3 to 2');
const users = (bot: TestBot) => bot.slack.workspace.state.users;

test('T-05: guests, strangers, closed accounts and bots with every role approve nothing, ask for nothing, and are told so', async () => {
  await using bot = await startTestBot();
  const kinds = {
    U0APPROVER: { kind: 'guest' },
    U0SRELEAD: { kind: 'stranger', teamId: 'T0PARTNER' },
    // Of another workspace, although Slack does not call them a stranger.
    U0PLATFORM: { teamId: 'T0OTHER' },
    U0DEVOPS: { kind: 'deactivated' },
    U0DATABASE: { kind: 'bot' },
  } as const;
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  for (const group of bot.slack.workspace.state.userGroups) group.userIds.push(...Object.keys(kinds));
  for (const [id, change] of Object.entries(kinds)) Object.assign(users(bot).find((user) => user.id === id)!, change);
  await bot.advance({ minutes: 1 });
  for (const id of Object.keys(kinds)) {
    await press(bot, id, request(bot), 'Approve');
    expect(told(bot, id), id).toContain('only full members');
    await type(bot, id, 'alerts', 'mystocks restart');
    expect(told(bot, id), id).toContain('only full members');
  }
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('T-05, T-17: who could not approve is not asked in person either, and learns nothing of the plan: a guest in the group, the requester by another account', async () => {
  await using bot = await startTestBot();
  const email = users(bot).find(({ id }) => id === oncall)?.email;
  for (const group of bot.slack.workspace.state.userGroups) group.userIds.push('U0GUEST', 'U0DEVOPS');
  Object.assign(users(bot).find(({ id }) => id === 'U0DEVOPS')!, { email });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await bot.advance({ minutes: 1 });
  expect(directMessages(bot, approver).map(textOf).join()).toContain('from 3 to 2');
  for (const id of ['U0GUEST', 'U0DEVOPS', oncall]) expect(directMessages(bot, id), id).toEqual([]);
  expect(textOf(request(bot))).not.toMatch(/U0GUEST|U0DEVOPS/);
});

test('T-05: whatever becomes of users.info instead of an answer, nobody approves', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await bot.advance({ minutes: 1 });
  for (const fault of [{ mode: 'error', error: 'internal_error' }, { mode: 'unavailable' }, { mode: 'timeout' }, { mode: 'reset' }] as const) {
    const armed = bot.slack.fail({ method: 'users.info', ...fault, times: 100 });
    const before = bot.slack.ephemerals(approver).length;
    await press(bot, approver, request(bot), 'Approve');
    expect(bot.slack.ephemerals(approver).length, fault.mode).toBeGreaterThan(before);
    expect(told(bot, approver), fault.mode).toContain('Slack did not say who you are');
    armed.stop();
  }
  expect(await bot.running.db.selectFrom('approvals').selectAll().execute()).toEqual([]);
  expect(writes(bot)).toEqual([]);
});

test('T-14: two accounts that roles.yaml lists as one person cannot approve each other', async () => {
  await using systems = await systemsThatChange();
  await systems.replace('roles.yaml', /^roles:/m, 'samePerson:\n  - [U0ONCALL, U0APPROVER]\nroles:');
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, approver, request(bot), 'Approve');
  expect(told(bot, approver)).toContain('nobody approves a request of their own');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('T-14: two accounts with one address cannot approve each other', async () => {
  await using bot = await startTestBot();
  const email = users(bot).find(({ id }) => id === oncall)?.email;
  Object.assign(users(bot).find(({ id }) => id === approver)!, { email: email?.toUpperCase() });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, approver, request(bot), 'Approve');
  expect(told(bot, approver)).toContain('nobody approves a request of their own');
  expect(writes(bot)).toEqual([]);
});

test('T-15: whoever is on call in PagerDuty may ask and is asked; when the turn ends it counts within a minute; silence is no', async () => {
  await using systems = await systemsThatChange();
  await systems.replace('roles.yaml', /slackGroup: platform,/, 'pagerdutySchedule: PPLATFORM,');
  await using bot = await startTestBot({ systemsDirectory: systems.path, environment: { PAGERDUTY_API_TOKEN: 'a-token-of-the-stand-in' } });
  const lead = users(bot).find(({ id }) => id === 'U0DEVOPS')!;
  bot.pagerduty.onCall('PPLATFORM', [{ id: 'PUSER09', name: lead.realName, email: lead.email ?? '' }]);
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  expect(directMessages(bot, 'U0DEVOPS').at(-1)?.text).toContain('Approval');

  bot.pagerduty.restFault('unavailable');
  await bot.advance({ minutes: 1 });
  await press(bot, 'U0DEVOPS', request(bot), 'Approve');
  expect(told(bot, 'U0DEVOPS')).toContain('PagerDuty did not say who is on call now');
  bot.pagerduty.restFault(null);
  bot.pagerduty.onCall('PPLATFORM', []);
  await press(bot, 'U0DEVOPS', request(bot), 'Approve');
  expect(told(bot, 'U0DEVOPS')).toContain('it needs the role Platform team or SRE lead');
  expect(writes(bot)).toEqual([]);
  bot.pagerduty.onCall('PPLATFORM', [{ id: 'PUSER09', name: lead.realName, email: lead.email ?? '' }]);
  await bot.advance({ minutes: 1 });
  await press(bot, 'U0DEVOPS', request(bot), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('T-05: nothing is asked for or approved where people of another organisation are, unless policies.yaml allows that channel', async () => {
  await using systems = await systemsThatChange();
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const alerts = bot.slack.workspace.channel('alerts')!;
  Object.assign(alerts, { isExternal: true });
  await press(bot, approver, request(bot), 'Approve');
  expect(told(bot, approver)).toContain('people of another organisation are in this channel');
  await type(bot, oncall, 'alerts', 'mystocks restart --dry-run');
  expect(told(bot, oncall)).toContain('people of another organisation are in this channel');
  await systems.replace('policies.yaml', /^rules:/m, 'sharedChannels: ["#alerts"]\nrules:');
  expect(await bot.running.reload()).toEqual([]);
  await type(bot, oncall, 'alerts', 'mystocks restart --dry-run');
  expect(told(bot, oncall)).toContain('Dry run, nothing was changed');
  await press(bot, approver, request(bot), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('whoami says what I may do here and why not the rest, on one screen', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'mystocks', 'whoami');
  const text = told(bot, oncall);
  expect(text).toContain('You are Engineering, On-call engineer');
  expect(text).toContain('MyStocks · production');
  expect(text).toContain('High risk: you ask, 1 other approves');
  expect(text.split('\n').length).toBeLessThan(14);
  await type(bot, 'U0SUPPORT', 'general', 'whoami');
  expect(told(bot, 'U0SUPPORT')).toContain('You have no role here');
  expect(told(bot, 'U0SUPPORT')).toContain('it needs the role');
  await type(bot, 'U0GUEST', 'general', 'whoami');
  expect(told(bot, 'U0GUEST')).toContain('only full members');
  expect(textOf(bot.slack.ephemerals('U0GUEST').at(-1))).not.toContain('role');
});
