import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, cards, fire, modal, modalText, oncall, press, sreLead, submit, support, told, type, writes } from './on-call.ts';

/**
 * Goal: whoever may can stop all changes, or those of one system, with a reason that everybody reads; from then on nothing starts there, and nothing starts
 * by itself when it is lifted. Looking and acknowledging go on (G-5).
 * Method: MyStocks, whose platform team owns it; frozen before the plan, between plan and confirmation, before the approval, and before the start.
 */
const manager = 'U0MANAGER';
const platform = 'U0PLATFORM';
/** The card and its thread: news of a freeze comes to the same channel. */
const incidentCard = (bot: TestBot) => cards(bot).find((message) => message.text.includes('MyStocks · production'))!;
const inThread = (bot: TestBot, words: string) => bot.slack.thread('alerts', incidentCard(bot).ts).findLast((message) => message.text.includes(words))!;
const incidents = (bot: TestBot) => bot.slack.channel('incidents').messages();

test('while a system is frozen its plans can be read and not asked for; the channels, the card and the status say who, since when and why', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await type(bot, platform, 'mystocks', 'freeze mystocks the audit');
  await bot.advance({ seconds: 5 });
  expect(incidents(bot).at(-1)?.text).toContain('<@U0PLATFORM> froze changes to MyStocks');
  expect(cards(bot).some((message) => message.text.includes('froze changes to MyStocks'))).toBe(true);
  const incident = incidentCard(bot);
  expect(textOf(incident)).toMatch(/Frozen.* by <@U0PLATFORM> since .*because: “the audit”/);
  await type(bot, support, 'mystocks', 'status');
  expect(told(bot, support)).toMatch(/MyStocks.*Frozen.* by <@U0PLATFORM>/s);

  await press(bot, oncall, incident, 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  expect(modalText(bot, oncall)).toContain('because: “the audit”');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 3 to 5');
  expect(modal(bot, oncall).content['submit']).toBeUndefined();
  await bot.slack.closeView({ as: oncall });

  // Looking and acknowledging go on.
  await press(bot, oncall, incident, 'Acknowledge');
  expect(cards(bot).some((message) => message.text.startsWith('🟠'))).toBe(true);
  await type(bot, oncall, 'mystocks', 'pods');
  expect(told(bot, oncall)).toContain('ready');
  // And so do the changes of others.
  await type(bot, oncall, 'crypto', 'restart-api');
  expect(modal(bot, oncall).content['submit']).toBeDefined();
  expect(writes(bot)).toEqual([]);
});

test('a freeze meets a plan that is already open, a request that waits, and one that was approved: none of them starts', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  // Approved, and waiting because the cluster is away.
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, inThread(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 3 });
  expect(textOf(inThread(bot, 'from 3 to 2'))).toContain('Not started yet');
  await type(bot, manager, 'mystocks', 'freeze all release weekend');
  away.stop();
  await bot.advance({ seconds: 15 });
  expect(writes(bot)).toEqual([]);
  const stopped = inThread(bot, 'from 3 to 2');
  expect(textOf(stopped)).toContain('All changes are frozen: release weekend. Frozen by <@U0MANAGER>');
  expect(labelsOf(stopped)).toEqual(['Ask again…']);

  await type(bot, manager, 'mystocks', 'unfreeze all');
  await bot.advance({ minutes: 2 });
  expect(writes(bot)).toEqual([]);

  // A request that waits for somebody.
  await press(bot, oncall, stopped, 'Ask again…');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  const request = () => inThread(bot, 'Approval: Scale mystocks-api from 3 to 2');
  // A plan that somebody else has open.
  await press(bot, platform, incidentCard(bot), 'Scale…');
  await submit(bot, platform, { replicas: '6' });
  await type(bot, manager, 'mystocks', 'freeze all release weekend');
  await bot.advance({ seconds: 5 });
  expect(textOf(request())).toContain('All changes are frozen');
  await press(bot, approver, request(), 'Approve');
  expect(told(bot, approver)).toMatch(/Not done: Scale mystocks-api from 3 to 2[^]*All changes are frozen.*by <@U0MANAGER>[^]*\/stock unfreeze all/);
  await submit(bot, platform);
  expect(told(bot, platform)).toContain('All changes are frozen');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);

  // Lifted in time, it can be decided after all.
  await type(bot, manager, 'mystocks', 'unfreeze all');
  await press(bot, approver, request(), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('G-5: a freeze takes no start from whoever has it in hand: that would look as if they were gone, and the run as not known', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, inThread(bot, 'from 3 to 2'), 'Approve');
  const starts = bot.running.db.updateTable('duties').where('kind', '=', 'run.start').where('state', '=', 'waiting');
  const inHand = { lease_owner: 'another process', lease_until: new Date(bot.clock.now().getTime() + 30_000) };
  await starts.set(inHand).execute();
  await type(bot, manager, 'mystocks', 'freeze all release weekend');
  const duty = await bot.running.db.selectFrom('duties').select(['lease_owner', 'lease_until']).where('kind', '=', 'run.start').where('state', '=', 'waiting').executeTakeFirst();
  expect(duty).toEqual(inHand);
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('who may freeze is in policies.yaml: the owner one system, the managers all; others are told who could', async () => {
  await using bot = await startTestBot();
  await type(bot, support, 'alerts', 'freeze mystocks I am afraid');
  expect(told(bot, support)).toContain('it needs the role Platform team or SRE lead or Security lead or Engineering manager or CTO');
  await type(bot, support, 'alerts', 'freeze all I am afraid');
  expect(told(bot, support)).toContain('policies › holds › freezeAll');
  expect(incidents(bot)).toEqual([]);
  await type(bot, sreLead, 'alerts', 'freeze mystocks');
  expect(told(bot, sreLead)).toContain('a freeze needs a reason');
  await type(bot, sreLead, 'alerts', 'freeze mistocks audit');
  expect(told(bot, sreLead)).toContain('There is no “mistocks”');
  await type(bot, sreLead, 'alerts', 'freeze mystocks the audit');
  await type(bot, manager, 'alerts', 'freeze mystocks another');
  expect(told(bot, manager)).toContain('it is frozen already');
  await type(bot, support, 'alerts', 'unfreeze mystocks');
  expect(told(bot, support)).toContain('it needs the role');
  await type(bot, manager, 'alerts', 'unfreeze crypto');
  expect(told(bot, manager)).toContain('it is not frozen');
});

test('a freeze with a time ends by itself, says so, and can be lifted before', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await type(bot, platform, 'mystocks', 'freeze mystocks for 2h the audit');
  await bot.advance({ hours: 1, minutes: 59 });
  await ask(bot, oncall, 'Scale…', { replicas: '5' }).catch(() => {});
  expect(writes(bot)).toEqual([]);
  await bot.advance({ minutes: 2 });
  expect(incidents(bot).at(-1)?.text).toContain('Changes to MyStocks may be made again');
  expect(incidents(bot).at(-1)?.text).toContain('its time was over');
  await type(bot, oncall, 'mystocks', 'scale 5');
  await submit(bot, oncall);
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('a bot that is read-only shows plans and takes acknowledgements, and makes no change', async () => {
  await using bot = await startTestBot({ environment: { STOCKOPS_READ_ONLY: 'true' } });
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  expect(modalText(bot, oncall)).toContain('this bot makes no changes now (STOCKOPS_READ_ONLY)');
  expect(modal(bot, oncall).content['submit']).toBeUndefined();
  await press(bot, oncall, card(bot), 'Acknowledge');
  expect(card(bot).text).toContain('🟠');
  await type(bot, support, 'alerts', 'status');
  expect(told(bot, support)).toContain('Read-only');
  const ready = (await (await fetch(`${bot.running.operationsUrl}/readyz`)).json()) as { ready: boolean; notes: string[] };
  expect(ready).toMatchObject({ ready: true, notes: [expect.stringContaining('read-only')] });
  await bot.advance({ minutes: 5 });
  expect(writes(bot)).toEqual([]);
});
