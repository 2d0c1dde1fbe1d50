import { expect, test } from 'vitest';
import { buttonOf } from '../harness/messages.ts';
import { startTestBot } from '../harness/test-bot.ts';

/**
 * Goal: the main line holds from end to end: an alert becomes a card, a press a plan, a plan a change, and the change an outcome in the thread.
 * Method: one alert of Stock Service, then Scale is pressed, answered and confirmed, while the cluster's clock moves.
 */
test('an alert becomes a card whose Scale button scales the deployment', async () => {
  await using bot = await startTestBot();
  await bot.fires('ServiceDown', { namespace: 'stock-service', job: 'stock-service', severity: 'critical' });

  const [card] = bot.slack.channel('alerts').messages();
  expect(card?.text).toContain('P1 · Stock Service · production');

  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card?.ts ?? '', actionId: buttonOf(card, 'Scale…') });
  await bot.settle();
  expect(bot.slack.views('U0ONCALL')).toHaveLength(1);
  await bot.slack.submit({ as: 'U0ONCALL', values: { replicas: '5' } });
  await bot.settle();
  await bot.slack.submit({ as: 'U0ONCALL' });
  await bot.settle();
  await bot.advance({ minutes: 1 });

  const writes = bot.kubernetes.writes.filter((request) => !request.dryRun);
  expect(writes.map((request) => [request.method, request.resource, request.subresource, request.name])).toEqual([['PATCH', 'deployments', 'scale', 'stock-service']]);
  expect(writes[0]?.body).toContainEqual({ op: 'replace', path: '/spec/replicas', value: 5 });
  const thread = bot.slack.thread('alerts', card?.ts ?? '');
  expect(thread.map((message) => message.text).join('\n')).toContain('Scale stock-service from 3 to 5');
  expect(thread.some((message) => message.text.startsWith('✅'))).toBe(true);
});
