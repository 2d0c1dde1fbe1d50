import { expect, test } from 'vitest';
import { buttonOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';

const metric = (bot: TestBot, name: string) => bot.running.app.bot.metrics.registry.getSingleMetricAsString(name);
const down = { system: 'stock-service', namespace: 'stock-service', severity: 'critical' };

test('G-11: what was given up is counted, by kind', async () => {
  await using bot = await startTestBot();
  expect(await metric(bot, 'stockops_set_aside')).toContain('{what="page"} 0');
  bot.pagerduty.fault({ kind: 'finds invalid' });
  bot.expectError('PagerDuty refused a page for good');
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 1 });
  expect(await metric(bot, 'stockops_set_aside')).toContain('{what="page"} 1');
});

test('I14: what is due and waits is counted from when it was due', async () => {
  await using bot = await startTestBot();
  bot.pagerduty.fault({ kind: 'refuses', share: 1 });
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 3 });
  expect(await metric(bot, 'stockops_overdue_seconds')).toContain('{what="page"} 180');
  bot.pagerduty.fault(undefined);
  await bot.advance({ minutes: 1 });
  expect(await metric(bot, 'stockops_overdue_seconds')).toContain('{what="page"} 0');
});

test('runs are counted by their state', async () => {
  await using bot = await startTestBot();
  await bot.fires('ServiceDown', down);
  const card = bot.slack.channel('alerts').messages()[0];
  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card?.ts ?? '', actionId: buttonOf(card, 'Restart…') });
  await bot.settle();
  expect(await metric(bot, 'stockops_runs')).toContain('stockops_runs{primitive="k8s.restart",state="planned"} 1');
});

test('without the database the other metrics are still there', async () => {
  await using bot = await startTestBot();
  const { bot: parts } = bot.running.app;
  bot.expectError('A metric could not be read from the database');
  const hidden = parts.db.selectFrom;
  Object.assign(parts.db, { selectFrom: () => { throw new Error('the database is away'); } });
  expect(await parts.metrics.registry.metrics()).toContain('stockops_webhooks_total');
  Object.assign(parts.db, { selectFrom: hidden });
});
