import { expect, test } from 'vitest';
import { whyNotCommander } from '../../src/approvals/break-glass.ts';
import type { Identity, Ruling } from '../../src/approvals/policy.ts';
import { overrideRun } from '../../src/runs/decide.ts';
import { textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, modalText, oncall, press, pressInModal, reply, submit, told, type, writes } from './on-call.ts';
import { systemsThatChange } from './systems-that-change.ts';

/** Goal: where one guard meets another, neither can be gone around by way of the other. Method: MyStocks, and the way that somebody who has read the code would try. */
const commander = 'U0PLATFORM';
const waiting = (bot: TestBot) => reply(bot, 'from 3 to 2');
const share = (bot: TestBot) => Object.assign(bot.slack.workspace.channel('alerts')!, { isExternal: true });
const strangers = 'people of another organisation are in this channel';

test('T-05: a window that was opened from a card in a shared channel asks for no change either', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  share(bot);
  await press(bot, oncall, card(bot), 'More');
  await pressInModal(bot, oncall, 'Restart…');
  expect(modalText(bot, oncall)).toContain(strangers);
  expect(await bot.running.db.selectFrom('runs').select('id').execute()).toEqual([]);
});

test('T-05: the glass is not broken, and no plan confirmed, from a shared channel', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, commander, card(bot), 'Acknowledge');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await bot.advance({ minutes: 2 });
  const views = bot.slack.fail({ method: 'views.open', mode: 'error', error: 'internal_error', times: 1 });
  await press(bot, oncall, card(bot), 'Restart…');
  views.stop();
  await bot.advance({ seconds: 3 });
  share(bot);
  await press(bot, commander, waiting(bot), 'Break the glass…');
  expect(bot.slack.views(commander)).toEqual([]);
  expect(told(bot, commander)).toContain(strangers);
  await press(bot, oncall, reply(bot, 'Restart mystocks-api'), 'Confirm…');
  expect(told(bot, oncall)).toContain(strangers);
  expect(writes(bot)).toEqual([]);
});

test('T-05: while Slack does not say who is in the channel, nothing is asked for or approved there', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const silent = bot.slack.fail({ method: 'conversations.info', mode: 'error', error: 'internal_error', times: 100 });
  await press(bot, approver, waiting(bot), 'Approve');
  expect(told(bot, approver)).toContain('Slack did not say who is in this channel');
  await press(bot, oncall, card(bot), 'Restart…');
  expect(told(bot, oncall)).toContain('Slack did not say who is in this channel');
  expect(await bot.running.db.selectFrom('approvals').select('run_id').execute()).toEqual([]);
  silent.stop();
  await press(bot, approver, waiting(bot), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('T-13: a request that was shown before somebody let changes go past an unknown one does not go past it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  bot.kubernetes.fail({ match: (request) => !request.dryRun && request.method === 'PATCH', mode: 'answer', status: 504, times: 1 });
  await type(bot, commander, 'mystocks', 'scale 5');
  await submit(bot, commander);
  await bot.advance({ seconds: 3 });
  const { id } = await bot.running.db.selectFrom('runs').select('id').where('state', '=', 'unknown').executeTakeFirstOrThrow();
  expect(await overrideRun(bot.running.app.bot, id, commander, 'It burns.')).toMatchObject({ kind: 'done' });
  await press(bot, approver, waiting(bot), 'Approve');
  await bot.advance({ seconds: 10 });
  expect(writes(bot)).toHaveLength(1);
  expect(textOf(waiting(bot))).toContain('going past it was allowed since');
});

test('T-04: a reading, too, goes by the rule that decides now', async () => {
  await using systems = await systemsThatChange();
  await systems.replace('policies.yaml', /^ {2}- id: read$/m, '  - {id: not-now, risk: read, when: [openIncidentOfRank1], refuse: hands off while it burns}\n  - id: read');
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await type(bot, oncall, 'mystocks', 'pods');
  expect(told(bot, oncall)).not.toContain('hands off');
  await fire(bot, 'mystocks');
  await type(bot, oncall, 'mystocks', 'pods');
  expect(told(bot, oncall)).toContain('hands off while it burns (policies › not-now)');
});

test('T-14: without an incident nobody is its commander, also where the rule has become milder since it was asked for', () => {
  const system = { id: 'shop', name: 'Shop', access: { viewers: [], operators: ['sre'], approvers: [], owners: [] }, environments: new Map() } as unknown as Ruling['system'];
  const milder = { id: 'high', risk: 'high', system: null, environment: null, protectedOnly: false, mayAsk: ['operators'], mayApprove: [], approvals: 0, ownerAmongThem: false, confirm: true, typedConfirmation: false, expiresAfterMs: 900_000, when: [], refuse: null, cooldownMs: 0, breakGlassRank: null, line: 1 } as const;
  const operator: Identity = { person: { id: 'U1', name: 'U1', email: null, timezone: null, isFullMember: true, kind: 'member' }, roles: new Set(['sre']), areRolesKnown: true };
  expect(whyNotCommander({ rule: milder, system, roleName: (id) => id }, operator, { incident: null, commander: null }, 'Break the glass')?.rule).toContain('open incident');
});

test('T-05: a guest’s Home tab says no more than a command would', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  for (const as of ['U0GUEST', oncall]) await bot.slack.openHome({ as });
  await bot.settle();
  const { homes } = bot.slack.workspace.state;
  expect(JSON.stringify(homes[oncall])).toContain('MyStocks');
  expect(JSON.stringify(homes['U0GUEST'])).toContain('only full members');
  expect(JSON.stringify(homes['U0GUEST'])).not.toContain('MyStocks');
});
