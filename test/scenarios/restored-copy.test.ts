import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { latestEntries } from '../../src/audit/store.ts';
import { timelineOf } from '../../src/incidents/store.ts';
import { approver, ask, fire, modalText, oncall, press, reply, submit, type, writes } from './on-call.ts';

/**
 * Goal: a database that comes back from a copy may have forgotten that something was started. Nothing is done twice because of that: older approvals are void,
 * and what was under way is not known until evidence says (F-37, P-13, I4).
 * Method: a copy of the whole database is taken, the story goes on, and then the copy is put in its place: a copied directory on PGlite, a copied database on
 * PostgreSQL.
 */
const cameBack = 'The database came back from a copy or another server: approvals are void, and what was running is not known';

async function approvedAndWaiting(bot: TestBot) {
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 3 });
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('Not started yet');
  return away;
}

test('F-37, P-13: what was approved in a copy of the database that is put back is void, and done once', async () => {
  await using bot = await startTestBot({ outlivesProcess: true });
  const away = await approvedAndWaiting(bot);
  const pages = bot.pagerduty.received.length;
  expect(pages).toBeGreaterThan(0);
  let putBack = async () => {};
  await bot.restart(async () => void (putBack = await bot.storage.copy()));
  away.stop();
  await bot.advance({ seconds: 40 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);

  bot.expectError(cameBack);
  await bot.restart(putBack);
  await bot.advance({ minutes: 2 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  const voided = reply(bot, 'from 3 to 2');
  expect(voided.text).toContain('no longer what was agreed to');
  expect(textOf(voided)).toContain('older approvals no longer count');
  expect(labelsOf(voided)).toEqual(['Ask again…']);
  expect(bot.pagerduty.received.length).toBe(pages);
  expect((await latestEntries(bot.running.db, {}, 100)).filter(({ kind }) => kind === 'epoch.begun').map(({ details }) => details)).toEqual([{ before: 1, epoch: 2 }]);

  await press(bot, oncall, voided, 'Ask again…');
  expect(modalText(bot, oncall)).toContain('mystocks-api');
  // A restart that changes nothing is no new epoch.
  const { epoch } = await bot.running.db.selectFrom('installation').select('epoch').executeTakeFirstOrThrow();
  await bot.restart();
  expect(await bot.running.db.selectFrom('installation').select('epoch').executeTakeFirstOrThrow()).toEqual({ epoch });
});

test('F-37: what the copy says is running is not known, and evidence closes it', async () => {
  await using bot = await startTestBot({ outlivesProcess: true });
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  expect(reply(bot, 'from 3 to 5').text).toContain('running');
  let putBack = async () => {};
  await bot.restart(async () => void (putBack = await bot.storage.copy()));
  // Something is sent after the copy was made.
  await type(bot, oncall, 'crypto', 'restart-api');
  await submit(bot, oncall);
  await bot.advance({ minutes: 1 });
  expect(reply(bot, 'from 3 to 5').text).toContain('✅');

  bot.expectError(cameBack);
  await bot.restart(putBack);
  await bot.settle();
  expect(timeline(await timelineOf(bot.running.db, 1))).toContain('not known whether it happened: Scale mystocks-api from 3 to 5');
  await bot.advance({ minutes: 2 });
  // Slack still shows what it was told before the copy came back, so the database is asked.
  expect(await bot.running.db.selectFrom('runs').select('state').execute()).toEqual([{ state: 'succeeded' }]);
  expect(reply(bot, 'from 3 to 5').text).toContain('✅');
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

const timeline = (entries: readonly { readonly text: string }[]) => entries.map(({ text }) => text);
