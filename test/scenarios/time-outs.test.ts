import { expect, test } from 'vitest';
import { textOf } from '../harness/messages.ts';
import { ms, startTestBot, type Span, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, fire, oncall, press, reply, writes } from './on-call.ts';

/**
 * Goal: no wait lives in a process. Whoever held it dies, and another one ends it at its time: a run is never `started` longer than its time and a minute (I6, F-24, F-29).
 * Method: the process that has the duty in hand is made to die: its lease stands, it never comes back, and its duty is still there, or is lost for good.
 */
const state = async (bot: TestBot) => (await bot.running.db.selectFrom('runs').select('state').executeTakeFirstOrThrow()).state;

/** Somebody has it in hand and will never be heard of again. */
const dies = (bot: TestBot, kind: string) =>
  bot.running.db.updateTable('duties').set({ lease_owner: 'process_that_died', lease_until: inFuture(bot, { seconds: 30 }) }).where('kind', '=', kind).where('state', '=', 'waiting').execute();
/** A duty that failed too often is set aside. */
const isSetAside = (bot: TestBot, kind: string) => bot.running.db.updateTable('duties').set({ state: 'quarantined' }).where('kind', '=', kind).where('state', '=', 'waiting').execute();
const inFuture = (bot: TestBot, span: Span) => new Date(bot.clock.now().getTime() + ms(span));

test('I6: a process that dies while it expires, starts or watches a run is followed by another', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await bot.advance({ minutes: 14, seconds: 50 });
  await dies(bot, 'run.expire');
  await bot.advance({ seconds: 40 });
  expect(await state(bot)).toBe('expired');
  bot.writesPastTheBot();
  await bot.running.db.deleteFrom('approvals').execute();
  await bot.running.db.deleteFrom('runs').execute();

  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  expect(await state(bot)).toBe('started');
  await dies(bot, 'run.watch');
  await bot.advance({ minutes: 1 });
  expect(await state(bot)).toBe('succeeded');
  expect(writes(bot)).toHaveLength(1);
});

test('I6: a run that nobody watches any more is not `started` for ever', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  await isSetAside(bot, 'run.watch');
  const { plan } = await bot.running.db.selectFrom('runs').select('plan').executeTakeFirstOrThrow();
  const settleMs = (plan as { draft: { settleWithinMs: number } }).draft.settleWithinMs;
  // The effect may take five minutes, and a cluster that cannot be seen fifteen.
  await bot.advance({ seconds: settleMs / 1_000, minutes: 21 });
  expect(await state(bot)).toBe('succeeded');
  expect(textOf(reply(bot, 'from 3 to 5'))).not.toContain('running');
  expect(writes(bot)).toHaveLength(1);
});

test('F-24: an approved run whose start never comes round runs out at its time', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 3 });
  await isSetAside(bot, 'run.start');
  away.stop();
  await bot.advance({ minutes: 16 });
  expect(await state(bot)).toBe('voided');
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('the plan has run out');
  expect(writes(bot)).toEqual([]);
});

test('F-24: dead between the last approval and the start, it starts once', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await dies(bot, 'run.start');
  away.stop();
  await bot.advance({ seconds: 20 });
  expect(writes(bot)).toEqual([]);
  await bot.advance({ seconds: 40 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});
