import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { directMessages, modalText, oncall, press, submit, told, type } from './on-call.ts';

/**
 * Goal: the system without Kubernetes has the same line: read, plan, confirm, once, outcome.
 * Method: Crypto Volatility on the stand-in of docker, by command.
 */
/** The host's clock goes along. */
async function aMinute(bot: TestBot): Promise<void> {
  for (let seconds = 0; seconds < 60; seconds += 5) {
    await bot.advance({ seconds: 5 });
    bot.containers.list();
  }
}
const inChannel = (bot: TestBot) => bot.slack.channel('crypto').messages().at(-1)!;

test('status and logs of the containers are read without asking', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'crypto', 'ps');
  expect(told(bot, oncall)).toContain('Containers');
  expect(told(bot, oncall)).toContain('volatility-api');
  await type(bot, oncall, 'crypto', 'logs kafka tail=5');
  expect(told(bot, oncall)).toContain('Logs');
  expect(bot.slack.views(oncall)).toEqual([]);
});

test('a restart is shown, done once and verified', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'crypto', 'restart-api');
  expect(modalText(bot, oncall)).toContain('docker compose');
  await submit(bot, oncall);
  await aMinute(bot);
  expect(inChannel(bot).text).toContain('✅');
  expect(textOf(inChannel(bot))).toContain('Health check');
  expect(labelsOf(inChannel(bot))).not.toContain('Undo…');
});

test('stop is destructive: the name typed, two people, and Start brings it back', async () => {
  await using bot = await startTestBot();
  // In production only to end something worse, or in a maintenance window.
  await bot.fires('Anything', { system: 'crypto-volatility', severity: 'critical' });
  await type(bot, oncall, 'crypto', 'stop grafana');
  expect(modalText(bot, oncall)).toContain('2 more people');
  await submit(bot, oncall, { confirmation: 'grafana' });
  await bot.advance({ seconds: 5 });
  const asked = bot.slack.workspace.state.users.map(({ id }) => id).filter((id) => id !== oncall && bot.slack.workspace.state.channels.some((channel) => channel.isDirect && channel.memberIds.includes(id)) && directMessages(bot, id).length > 0);
  expect(asked.length).toBeGreaterThanOrEqual(2);
  for (const id of asked) if (labelsOf(inChannel(bot)).includes('Approve')) await press(bot, id, inChannel(bot), 'Approve');
  await aMinute(bot);
  expect(inChannel(bot).text).toContain('✅');
  await type(bot, oncall, 'crypto', 'start grafana');
  await submit(bot, oncall);
  await aMinute(bot);
  expect(inChannel(bot).text).toContain('✅');
});

test('there is nothing to scale', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'crypto', 'crypto scale 5');
  expect(told(bot, oncall)).toContain('There is no “scale”');
});
