import { expect, test } from 'vitest';
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot } from '../harness/test-bot.ts';

/**
 * Goal: an incident that ended by itself still gets its cause and its notice, once.
 * Method: an alert that fires and ends; a person presses "Add the cause…" on the green card.
 */
test('the cause of what ended by itself can be added, and the resolution notice is posted', async () => {
  await using bot = await startTestBot();
  const alert = await bot.fires('ServiceDown', { namespace: 'stock-service', job: 'stock-service', severity: 'critical' });
  await bot.advance({ minutes: 3 });
  await alert.ends();
  await bot.advance({ seconds: 10 });
  const card = () => bot.slack.channel('alerts').messages()[0];
  expect(card()?.text).toMatch(/^🟢/);

  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card()?.ts ?? '', actionId: buttonOf(card(), 'Add the cause…') });
  await bot.settle();
  const sent = await bot.slack.submit({ as: 'U0ONCALL', values: { cause: 'memory limit lowered in v2.4.1', impact: 'quotes were stale' } });
  expect(sent.ok).toBe(true);
  await bot.advance({ seconds: 10 });

  expect(textOf(card())).toContain('memory limit lowered in v2.4.1');
  expect(labelsOf(card())).not.toContain('Add the cause…');
  const notices = bot.slack.thread('alerts', card()?.ts ?? '').filter((message) => textOf(message).includes('INCIDENT RESOLVED'));
  expect(notices).toHaveLength(1);
  expect(textOf(notices[0])).toContain('Root Cause: memory limit lowered in v2.4.1');
  expect(textOf(notices[0])).toContain('Duration: 3 min');
});
