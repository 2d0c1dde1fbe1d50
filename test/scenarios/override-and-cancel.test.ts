import { expect, test } from 'vitest';
import { stopWatching } from '../../src/runs/decide.ts';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, modalText, oncall, press, reply, submit, support, told, type, writes } from './on-call.ts';

/**
 * Goal: one change at a time for each target, with a way past one that nobody can settle, and a way back from one that nobody wants any more; each says
 * what is already done (G-5).
 * Method: MyStocks. A proxy answers 504, so that it is not known whether a scale happened; and a rollout that takes its time is watched.
 */
const platform = 'U0PLATFORM';

async function notKnown(bot: TestBot) {
  await fire(bot, 'mystocks');
  bot.kubernetes.fail({ match: (request) => !request.dryRun && request.method === 'PATCH', mode: 'answer', status: 504, times: 1 });
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
}

test('G-5: somebody entitled may let a change go past one that is not known, with a reason that stands on both', async () => {
  await using bot = await startTestBot();
  await notKnown(bot);
  const unknown = () => reply(bot, 'from 3 to 5');
  await type(bot, platform, 'mystocks', 'restart');
  expect(told(bot, platform)).toMatch(/nobody knows yet whether “Scale mystocks-api from 3 to 5” happened; <@U0ONCALL> asked for it \d+ s ago/);
  await bot.slack.closeView({ as: platform });

  await press(bot, oncall, unknown(), 'Override…');
  expect(await submit(bot, oncall, { reason: ' ' })).toHaveProperty('reason');
  await submit(bot, oncall, { reason: 'It burns.' });
  expect(told(bot, oncall)).toContain('policies › holds › override');

  await press(bot, platform, unknown(), 'Override…');
  await submit(bot, platform, { reason: 'Users cannot log in.' });
  await bot.advance({ seconds: 3 });
  expect(unknown().text).toContain('❓');
  expect(textOf(unknown())).toMatch(/Overridden.* by <@U0PLATFORM>.*because: “Users cannot log in.”/);
  expect(labelsOf(unknown())).not.toContain('Override…');

  await ask(bot, oncall, 'Restart…');
  await bot.advance({ seconds: 5 });
  // While another change is not settled, a second one needs a second pair of eyes (policies › protected-low-during-another-run).
  await press(bot, approver, reply(bot, 'Restart mystocks-api'), 'Approve');
  await bot.advance({ seconds: 5 });
  const next = reply(bot, 'Restart mystocks-api');
  expect(textOf(next)).toContain('Nobody knows whether “Scale mystocks-api from 3 to 5” happened; going past it was allowed, because: Users cannot log in.');
  expect(writes(bot)).toHaveLength(2);
  // The one that was gone past is still looked at. The change that went past it may have taken its mark away, so a person settles it.
  await bot.advance({ minutes: 4 });
  expect(textOf(unknown())).toContain('a later change may have removed it');
  expect(unknown().text).toContain('❓');
  expect(labelsOf(unknown())).toContain('It happened…');
});

test('G-5: what is running and whose process lives cannot be overridden, and the second is told who asked for what', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  const running = reply(bot, 'from 3 to 5');
  expect(labelsOf(running)).toEqual(['Cancel…']);
  await type(bot, platform, 'mystocks', 'restart');
  expect(told(bot, platform)).toMatch(/Not done:.* Scale mystocks-api from 3 to 5 is running, asked for by <@U0ONCALL> \d+ s ago/);
  // An old button, pressed all the same.
  await bot.slack.press({ as: platform, channel: running.channelId, ts: running.ts, actionId: 'run.cancel' });
  await bot.settle();
  const { id } = await bot.running.db.selectFrom('runs').select('id').where('state', '=', 'started').executeTakeFirstOrThrow();
  const { overrideRun } = await import('../../src/runs/decide.ts');
  expect(await overrideRun(bot.running.app.bot, id, platform, 'now')).toMatchObject({ kind: 'refused', refusal: { rule: 'it is running, and whoever runs it is alive' } });
});

test('G-5: a lock that is only noticed at the start says what is in the way, and who asked for it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  // Asked for meanwhile, and lost on its way: the target is as it was, but somebody else's.
  bot.kubernetes.fail({ match: (request) => !request.dryRun && request.method === 'PATCH', mode: 'answer', status: 504, times: 1 });
  await type(bot, platform, 'mystocks', 'scale 5');
  await submit(bot, platform);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 10 });
  expect(textOf(reply(bot, 'from 3 to 2'))).toMatch(/Something else is changing the same target: Scale mystocks-api from 3 to 5 is not settled. <@U0PLATFORM> asked for that other change \d+ s ago/);
  expect(writes(bot)).toHaveLength(1);
});

test('a change that is only watched can be left alone, which says what is already done and offers the way back', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  await press(bot, oncall, reply(bot, 'from 3 to 5'), 'Cancel…');
  expect(modalText(bot, oncall)).toMatch(/Already done:.*it was sent, and the outside has taken it/);
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  const left = () => reply(bot, 'from 3 to 5');
  expect(left().text).toContain('sent, and no longer watched');
  expect(textOf(left())).toContain('<@U0ONCALL> stopped watching');
  expect(labelsOf(left())).toEqual(['Undo…', 'Look again', 'See the whole plan']);

  await press(bot, oncall, left(), 'Undo…');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 5 to 3');
  await bot.slack.closeView({ as: oncall });
  await bot.advance({ minutes: 1 });
  expect(left().text).toContain('no longer watched');
  await press(bot, support, left(), 'Look again');
  await bot.advance({ seconds: 3 });
  expect(left().text).toContain('✅');
});

test('T-04: what is watched of a system that has left the catalog is left alone by whoever asked for it, and by nobody else', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  const { id } = await bot.running.db.selectFrom('runs').select('id').executeTakeFirstOrThrow();
  const { bot: inside } = bot.running.app;
  const without = { ...inside, catalog: () => ({ ...inside.catalog(), systems: [] }) };
  expect(await stopWatching(without, id, support)).toMatchObject({ kind: 'refused', refusal: { rule: 'its system is no longer in the catalog' } });
  expect(await stopWatching(without, id, oncall)).toMatchObject({ kind: 'done', run: { state: 'failed' } });
});

test('/stock cancel withdraws what has not started, asks about what runs, and says that a program at work cannot be stopped', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await type(bot, oncall, 'mystocks', 'cancel');
  expect(told(bot, oncall)).toContain('nothing that you asked for waits or runs');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await type(bot, oncall, 'mystocks', 'cancel');
  await bot.advance({ seconds: 3 });
  expect(reply(bot, 'from 3 to 2').text).toContain('Withdrawn');

  // Approved, but the cluster is away: nothing was sent.
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  await press(bot, oncall, reply(bot, 'from 3 to 5'), 'Withdraw');
  await bot.advance({ seconds: 3 });
  expect(reply(bot, 'from 3 to 5').text).toContain('Withdrawn');
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);

  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  await type(bot, oncall, 'mystocks', 'cancel');
  expect(modalText(bot, oncall)).toContain('Already done:');
});
