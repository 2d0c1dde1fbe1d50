import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { textOf } from '../harness/messages.ts';
import { startMonitoredBot } from './monitored-bot.ts';

const isResolved = (card: { readonly text: string }): boolean => card.text.includes('resolved after');

/**
 * Goal: what a real Prometheus and Alertmanager send becomes the card that it should, whatever happens on the way.
 * Method: Stock Service's own rules, with a second in place of their minutes, watch a service that stops answering and comes back.
 */
test('a service that stops answering becomes a card, and its return a resolved one', async () => {
  await using line = await startMonitoredBot({ alertmanagers: 1, clustered: false });

  line.service.stop();
  await line.until('a card', () => line.cards().length > 0);
  const [card] = line.cards();
  expect(card?.text).toContain('P1 · Stock Service · production');
  expect(textOf(card)).toContain('1 of 1 pods do not answer');

  line.service.comeBack();
  await line.until('the card to be resolved', () => line.cards().some(isResolved));
  expect(line.cards().map((message) => message.ts)).toEqual([card?.ts]);
});

test('a notification that was answered 503 comes again and becomes one card (F-01, G-1)', async () => {
  await using line = await startMonitoredBot({ alertmanagers: 1, clustered: false });
  const { db } = line.bot;

  await db.transaction().execute(async (tx) => {
    // Nobody else gets at the table while this transaction is open: to the bot, the database does not answer.
    await sql`lock table notifications in access exclusive mode`.execute(tx);
    line.service.stop();
    await line.until('a webhook to be refused', async () => (await line.answered('503')) > 0);
    expect(line.cards()).toEqual([]);
  });

  await line.until('the retry to be taken', async () => (await line.answered('200')) > 0);
  await line.until('a card', () => line.cards().length > 0);
  line.service.comeBack();
  await line.until('the card to be resolved', () => line.cards().some(isResolved));
  expect(line.cards()).toHaveLength(1);
});

test('the two Alertmanagers of a pair make one card (G-2)', async () => {
  await using line = await startMonitoredBot({ alertmanagers: 2, clustered: true });
  for (const url of line.monitoring.alertmanagerUrls) await line.until('the pair to find each other', async () => (await line.monitoring.metric(url, 'alertmanager_cluster_members')) === 2);

  line.service.stop();
  await line.until('a card', () => line.cards().length > 0);
  line.service.comeBack();
  await line.until('the card to be resolved', () => line.cards().some(isResolved));
  expect(line.cards()).toHaveLength(1);
});

test('two Alertmanagers that have lost each other both notify, and make one card (G-2)', async () => {
  await using line = await startMonitoredBot({ alertmanagers: 2, clustered: false });
  const sent = async () => Promise.all(line.monitoring.alertmanagerUrls.map((url) => line.monitoring.metric(url, 'alertmanager_notifications_total')));

  line.service.stop();
  await line.until('both to notify', async () => (await sent()).every((count) => count >= 1) && (await line.answered('200')) >= 2);
  line.service.comeBack();
  await line.until('both to notify of the end', async () => (await line.answered('200')) >= 4);
  await line.until('the card to be resolved', () => line.cards().some(isResolved));
  expect(line.cards()).toHaveLength(1);
});
