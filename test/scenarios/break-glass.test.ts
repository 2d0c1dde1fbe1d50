import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, press, reply, submit, told, writes } from './on-call.ts';

/**
 * Goal: where approvers do not come and it burns, the incident's commander goes on alone: with a reason, in everybody's sight, and as an exception.
 * Method: scaling MyStocks down waits for one approval; the platform engineer has the incident.
 */
const commander = 'U0PLATFORM';
const requester = 'U0ONCALL';
const reason = 'The pods starve the database, and the approvers sleep.';

async function waiting(bot: TestBot): Promise<void> {
  await fire(bot, 'mystocks');
  await press(bot, commander, card(bot), 'Acknowledge');
  await ask(bot, requester, 'Scale…', { replicas: '2' });
}
const request = (bot: TestBot) => reply(bot, 'from 3 to 2');
async function breakGlass(bot: TestBot, as: string): Promise<void> {
  await press(bot, as, request(bot), 'Break the glass…');
  await submit(bot, as, { reason });
}

test('T-14: the commander starts it without the approval, with a reason, and everybody is told what, who and why', async () => {
  await using bot = await startTestBot();
  await waiting(bot);
  await bot.advance({ minutes: 2 });
  await press(bot, commander, request(bot), 'Break the glass…');
  expect(await submit(bot, commander, { reason: ' ' })).toEqual({ reason: 'Please write a few words.' });
  expect(writes(bot)).toEqual([]);
  await submit(bot, commander, { reason });
  await bot.advance({ seconds: 40 });

  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  const loud = bot.slack.channel('incidents').messages().find(({ text }) => text.includes('Glass broken'));
  expect(loud?.text).toContain('Scale mystocks-api from 3 to 2');
  expect(textOf(loud)).toContain('By <@U0PLATFORM>, commander of INC-1');
  expect(textOf(loud)).toContain('asked for by <@U0ONCALL>');
  expect(textOf(loud)).toContain(reason);
  expect(request(bot).text).toContain('✅');
  expect(textOf(request(bot))).toContain('*without approval*: <@U0PLATFORM> broke the glass');
  const timeline = await bot.running.db.selectFrom('timeline_entries').select(['actor', 'text']).where('actor', '=', commander).execute();
  expect(timeline.map(({ text }) => text).join('\n')).toContain(`broke the glass, without the approvals that were missing: Scale mystocks-api from 3 to 2. Why: ${reason}`);
});

test('approvers have two minutes to come, and only the commander may go on without them', async () => {
  await using bot = await startTestBot();
  await waiting(bot);
  await breakGlass(bot, commander);
  expect(told(bot, commander)).toContain('approvers have 2 minutes to come');
  await bot.advance({ minutes: 2 });
  await breakGlass(bot, requester);
  expect(told(bot, requester)).toContain('only the commander of INC-1 may');
  await breakGlass(bot, approver);
  expect(told(bot, approver)).toContain('only the commander of INC-1 may');
  await breakGlass(bot, 'U0SUPPORT');
  expect(told(bot, 'U0SUPPORT')).toContain('it needs the role');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('T-14: the two minutes begin when approvers were asked: a plan that its commander left open so long beforehand gives them none', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, commander, card(bot), 'Acknowledge');
  await press(bot, commander, card(bot), 'Scale…');
  await submit(bot, commander, { replicas: '2' });
  await bot.advance({ minutes: 3 });
  await submit(bot, commander);
  await bot.advance({ seconds: 3 });
  await breakGlass(bot, commander);
  await bot.advance({ seconds: 40 });
  expect(told(bot, commander)).toContain('approvers have 2 minutes to come');
  expect(writes(bot)).toEqual([]);
});

test('it is an exception: at most once in an hour, for anything and by anybody', async () => {
  await using bot = await startTestBot();
  await waiting(bot);
  await bot.advance({ minutes: 2 });
  await breakGlass(bot, commander);
  await bot.advance({ minutes: 10 });
  await ask(bot, requester, 'Scale…', { replicas: '1' });
  await bot.advance({ minutes: 2 });
  const second = () => reply(bot, 'from 2 to 1');
  await press(bot, commander, second(), 'Break the glass…');
  await submit(bot, commander, { reason });
  expect(told(bot, commander)).toContain('at most once in an hour');
  expect(writes(bot)).toHaveLength(1);
});

test('T-15: a commander who has lost the role by the start does not count, and nothing happens', async () => {
  await using bot = await startTestBot();
  await waiting(bot);
  await bot.advance({ minutes: 2 });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await breakGlass(bot, commander);
  for (const group of bot.slack.workspace.state.userGroups) group.userIds = group.userIds.filter((id) => id !== commander);
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(textOf(request(bot))).toContain('Whoever broke the glass may no longer');
});

test('what its rule does not allow has no such button: nothing destructive goes on without its approvals', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-api');
  await press(bot, 'U0DEVOPS', card(bot), 'Acknowledge');
  await bot.slack.command({ as: requester, channel: 'stock-api', command: '/stock', text: 'stop' });
  await bot.settle();
  await submit(bot, requester, { confirmation: 'stock-api' });
  await bot.advance({ minutes: 3 });
  const posted = bot.slack.channel('stock-api').messages().find(({ text }) => text.includes('from 2 to 0'));
  expect(labelsOf(posted)).toContain('Approve');
  expect(labelsOf(posted)).not.toContain('Break the glass…');
});
