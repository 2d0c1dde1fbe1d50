import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, modal, modalText, oncall, press, reply, submit, told, writes } from './on-call.ts';

/**
 * Goal: a change is seen before it happens, watched while it happens, judged afterwards, and can be taken back.
 * Method: Scale on the card of MyStocks, from the question to the undo, on the stand-in of the cluster.
 */
test('Scale asks with what is so now, shows the plan, tells its progress, and Undo puts it back', async () => {
  await using bot = await startTestBot();
  const alert = await fire(bot, 'mystocks');

  await press(bot, oncall, card(bot), 'Scale…');
  expect(JSON.stringify(modal(bot, oncall).content)).toContain('3 now, 1–10 allowed');
  await submit(bot, oncall, { replicas: '5' });
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 3 to 5');
  expect(modalText(bot, oncall)).toContain('kubectl scale');
  expect(modalText(bot, oncall)).toContain('You decide alone');
  expect(writes(bot)).toEqual([]);

  await submit(bot, oncall);
  expect(bot.slack.views(oncall)).toEqual([]);
  await bot.advance({ seconds: 2 });
  expect(reply(bot, 'Scale mystocks-api').text).toContain('running');
  expect(textOf(reply(bot, 'Scale mystocks-api'))).toContain('of 5 pods ready');
  await bot.advance({ seconds: 30 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  expect(bot.kubernetes.find({ kind: 'Deployment', namespace: 'mystocks', name: 'mystocks-api' })?.['spec']).toMatchObject({ replicas: 5 });
  const outcome = reply(bot, 'Scale mystocks-api');
  expect(outcome.text).toContain('✅');
  expect(textOf(outcome)).toContain('5 of 5 pods ready');
  expect(textOf(outcome)).toContain('Health check');
  expect(textOf(outcome)).toContain('The alerts still fire. Whether they end is watched for 5 min.');
  expect(labelsOf(outcome)).toContain('Undo…');

  await bot.advance({ seconds: 60 });
  await alert.ends();
  await bot.advance({ minutes: 1 });
  expect(textOf(reply(bot, 'Scale mystocks-api'))).toMatch(/The alerts ended \d+ s later\./);

  await press(bot, oncall, reply(bot, 'Scale mystocks-api'), 'Undo…');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 5 to 3');
  expect(modalText(bot, oncall)).toContain('one more person');
  await submit(bot, oncall);
  await press(bot, approver, reply(bot, 'from 5 to 3'), 'Approve');
  await bot.advance({ seconds: 60 });
  expect(reply(bot, 'from 5 to 3').text).toContain('✅');
  expect(bot.kubernetes.find({ kind: 'Deployment', namespace: 'mystocks', name: 'mystocks-api' })?.['spec']).toMatchObject({ replicas: 3 });
  expect(writes(bot)).toHaveLength(2);
});

test('says so when the alerts still fire five minutes after a change that worked', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await ask(bot, oncall, 'Scale…', { replicas: '4' });
  await bot.advance({ minutes: 7 });
  expect(textOf(reply(bot, 'Scale stock-service'))).toContain('The alerts still fire 5 min after it. It did not help, or not enough.');
});

test('refuses a number out of range with the bounds and where to change them, and asks no cluster', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  const before = bot.kubernetes.requests.length;
  const { slack } = bot;
  await slack.command({ as: oncall, channel: 'stock-service', command: '/stock', text: 'scale 500' });
  await bot.settle();
  const words = bot.slack.views(oncall).length > 0 ? modalText(bot, oncall) : told(bot, oncall);
  expect(words).toContain('500 is more than stock-service may have (3–20)');
  expect(words).toContain('systems/stock-service/system.yaml');
  expect(bot.kubernetes.requests.length).toBe(before);
});

test('a restart that is asked for again too soon is refused, and says when it may be', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await ask(bot, oncall, 'Restart…');
  await bot.advance({ minutes: 2 });
  expect(reply(bot, 'Restart stock-service').text).toContain('✅');
  expect(labelsOf(reply(bot, 'Restart stock-service'))).not.toContain('Undo…');
  await press(bot, oncall, card(bot), 'Restart…');
  expect(modalText(bot, oncall)).toContain('it was done less than 5 min ago');
  expect(writes(bot)).toHaveLength(1);
});
