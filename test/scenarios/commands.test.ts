import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { card, cards, fire, modal, modalText, oncall, press, reply, submit, support, thread, told, type, writes } from './on-call.ts';

/**
 * Goal: what is typed is understood or asked about, never guessed; who may not is told why; nothing that only asks changes anything.
 * Method: `/stock` in its forms, by people of every kind, with one bot per story.
 */
test('the words that are about everything', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  for (const [words, expected] of [
    ['help', '/stock status'],
    ['systems', 'Crypto Volatility'],
    ['status', '2 of 3 pods do not answer|Stock Service'],
    ['incidents', 'INC-1'],
    ['oncall', 'SRE lead'],
    ['mystocks help', '/stock mystocks scale'],
    ['stock-service status', 'Stock Service'],
    ['incidents crypto', 'Crypto Volatility'],
  ] as const) {
    await type(bot, oncall, 'general', words);
    expect(told(bot, oncall), words).toMatch(new RegExp(expected.replaceAll('/', '\\/')));
  }
  await type(bot, oncall, 'stock-service', '');
  expect(labelsOf(bot.slack.ephemerals(oncall).at(-1))).toEqual(['Restart…', 'Scale…', 'Roll back…', 'Other system']);
  await type(bot, oncall, 'general', 'sacle 5');
  expect(told(bot, oncall)).toContain('There is no “sacle”. Did you mean *scale*?');
  await type(bot, oncall, 'general', 'my-stocks status');
  expect(told(bot, oncall)).toContain('Did you mean *mystocks*');
  await type(bot, oncall, 'general', 'mystocks scale 5 now please');
  expect(told(bot, oncall)).toContain('Write: /stock mystocks scale &lt;replicas&gt;');
  expect(writes(bot)).toEqual([]);
});

test('a short form means the system of the channel, the only one that can, or is asked back', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'mystocks', 'scale 4');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 3 to 4');
  await bot.slack.closeView({ as: oncall });

  // What is an outage in production needs one already, or a maintenance window.
  await bot.fires('Anything', { system: 'stock-api', severity: 'critical' });
  await type(bot, oncall, 'general', 'stop');
  const able = bot.slack.ephemerals(oncall).at(-1);
  expect(able?.text).toContain('Which one?');
  expect(labelsOf(able)).toEqual(['Crypto Volatility', 'Stock API']);
  await bot.slack.press({ as: oncall, channel: 'general', ts: able!.ts, actionId: 'system.pick:stock-api' });
  await bot.settle();
  expect(modalText(bot, oncall)).toContain('Scale stock-api from 2 to 0');
  await bot.slack.closeView({ as: oncall });

  await type(bot, oncall, 'general', 'restart-kafka');
  expect(modalText(bot, oncall)).toContain('Crypto Volatility · production');
});

test('SV-100: staging is a namespace of the same cluster, and its plan says so', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'general', 'service restart staging --dry-run');
  expect(told(bot, oncall)).toMatch(/namespace `?staging/);
  expect(told(bot, oncall)).toContain('Dry run, nothing was changed');
});

test('a dry run of every write shows the plan and leaves nothing that could be confirmed', async () => {
  await using bot = await startTestBot();
  for (const system of ['stock-api', 'crypto-volatility']) await bot.fires('Anything', { system, severity: 'critical' });
  for (const words of ['mystocks scale 5', 'mystocks restart', 'mystocks rollback', 'mystocks deploy v1.0.0', 'service deploy v2.4.0', 'service rollback 7', 'service scale 4', 'stock-api stop', 'crypto restart-api', 'crypto stop grafana']) {
    await type(bot, oncall, 'general', `${words} --dry-run`);
    expect(told(bot, oncall), words).toContain('Dry run, nothing was changed');
    expect(bot.slack.views(oncall), words).toEqual([]);
  }
  await type(bot, oncall, 'general', 'mystocks scale --dry-run');
  expect(told(bot, oncall)).toContain('"Replicas" is missing');
  expect(await bot.running.db.selectFrom('runs').selectAll().execute()).toEqual([]);
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('T-04, T-05: guests, strangers, leavers and people without the role cause nothing and are told privately why', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const refusedFor = async (as: string, channel: string): Promise<string> => {
    await bot.slack.command({ as, channel, command: '/stock', text: 'mystocks restart' });
    await bot.settle();
    expect(bot.slack.views(as)).toEqual([]);
    return told(bot, as);
  };
  expect(await refusedFor('U0GUEST', 'alerts')).toContain('only full members of this workspace');
  expect(await refusedFor('U0PARTNER', 'partners')).toContain('only full members of this workspace');
  const support = await refusedFor('U0SUPPORT', 'general');
  expect(support).toContain('Not done: Restart MyStocks (production)');
  expect(support).toContain('it needs the role On-call engineer or Platform team or SRE lead (policies › low)');
  expect(support).toContain('Ask somebody who has it');
  await press(bot, 'U0SUPPORT', card(bot), 'Acknowledge');
  expect(told(bot, 'U0SUPPORT')).toContain('it needs a role of MyStocks');
  expect(card(bot).text).toContain('🔴');

  bot.slack.fail({ method: 'users.info', mode: 'unavailable', times: 1_000 });
  await bot.advance({ minutes: 2 });
  expect(await refusedFor(oncall, 'general')).toContain('Slack did not say who you are');
  expect(writes(bot)).toEqual([]);
});

test('T-05: nothing is changed from a channel that another organisation reads, and what is asked where the bot is not is shown where it is', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'partners', 'mystocks restart');
  expect(told(bot, oncall)).toContain('people of another organisation are in this channel');
  expect(told(bot, oncall)).toContain('Ask for it in #alerts');
  await type(bot, oncall, 'partners', 'mystocks pods');
  expect(told(bot, oncall)).toContain('Pods');

  bot.slack.removeBotFrom('general');
  await type(bot, oncall, 'general', 'mystocks restart');
  await submit(bot, oncall);
  await bot.advance({ minutes: 1 });
  expect(card(bot).text).toContain('✅ Restart mystocks-api');
});

test('a person whose account is closed while the bot remembers them is out within a minute', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'general', 'status');
  const user = bot.slack.workspace.state.users.find(({ id }) => id === oncall) as { kind: string };
  user.kind = 'deactivated';
  await bot.advance({ seconds: 61 });
  await type(bot, oncall, 'general', 'mystocks restart');
  expect(told(bot, oncall)).toContain('only full members of this workspace');
});

test('F-19, F-20: a press is stored and acknowledged while the cluster hangs, and the modal is there', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  bot.kubernetes.fail({ mode: 'timeout' });
  const answered = bot.slack.press({ as: oncall, channel: 'alerts', ts: card(bot).ts, actionId: 'action.propose:restart' });
  const answer = await answered;
  expect(answer.acked).toBe(true);
  await bot.slack.until((slack) => slack.views(oncall).length > 0);
  expect(textOf({ blocks: modal(bot, oncall).content['blocks'] as never, text: '' })).toContain('Working out what would happen');
  expect(await bot.running.db.selectFrom('interactions').select('state').execute()).toEqual([{ state: 'stored' }]);
  await untilAsked(bot);
  bot.clock.moveTo(new Date(bot.clock.now().getTime() + 16_000));
  await bot.settle();
  expect(modalText(bot, oncall)).toContain('The cluster did not answer');
  expect(writes(bot)).toEqual([]);
});

test('F-21: an old card is refused with what has happened since, and is fresh', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const old = structuredClone(card(bot));
  await press(bot, 'U0PLATFORM', card(bot), 'Acknowledge');
  await bot.advance({ seconds: 5 });
  const message = bot.slack.workspace.message(card(bot).channelId, card(bot).ts)!;
  const fresh = message.blocks;
  message.blocks = old.blocks;
  await press(bot, oncall, message, 'Scale…');
  message.blocks = fresh;
  expect(told(bot, oncall)).toContain('Nothing was done:');
  expect(told(bot, oncall)).toContain('acknowledged');
  expect(bot.slack.views(oncall)).toEqual([]);
});

test('F-22: a double click opens one plan at most that runs, and changes once', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const pressing = { as: oncall, channel: 'alerts', ts: card(bot).ts, actionId: 'action.propose:restart' };
  await Promise.all([bot.slack.press(pressing), bot.slack.press(pressing)]);
  await bot.settle();
  await submit(bot, oncall);
  await bot.advance({ minutes: 2 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api']);
});

test('the runbook opens with a button beside each command that this system can run', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const runbook = labelsOf(card(bot)).find((label) => label.startsWith('Runbook'));
  await press(bot, oncall, card(bot), runbook ?? 'Runbook');
  const content = JSON.stringify(modal(bot, oncall).content);
  const run = content.match(/runbook\.run:[a-z0-9-]+/)?.[0] ?? '';
  expect(run).not.toBe('');
  await bot.slack.pressInView({ as: oncall, actionId: run });
  await bot.settle();
  await bot.advance({ seconds: 10 });
  // It only reads: the runbook stays open, and the answer is in the thread.
  expect(modal(bot, oncall).content['callback_id']).toBe('runbook.read');
  expect(thread(bot).some((message) => textOf(message).includes('nothing was changed'))).toBe(true);
});

test('resolving asks for cause and impact, refuses empty words beside their fields, and posts the resolution notice', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Acknowledge');
  await bot.advance({ seconds: 3 });
  await press(bot, oncall, card(bot), 'Resolve…');
  expect(Object.keys(await submit(bot, oncall, { cause: ' ', impact: ' ' }))).toEqual(['cause', 'impact']);
  await submit(bot, oncall, { cause: 'A pod ran out of memory.', impact: 'Quotes were slow for five minutes.' });
  await bot.advance({ seconds: 10 });
  expect(card(bot).text).toContain('🟢');
  expect(reply(bot, 'INCIDENT RESOLVED').text).toContain('INCIDENT RESOLVED');
  expect(textOf(reply(bot, 'INCIDENT RESOLVED'))).toContain('A pod ran out of memory.');
});

test('an incident that no alert has seen is declared by hand, with its card and the initial notice', async () => {
  await using bot = await startTestBot();
  await type(bot, support, 'mystocks', 'incident Portfolios show yesterday');
  const errors = await submit(bot, support, { title: 'Portfolios show yesterday', impact: 'Customers see old numbers.', description: 'stale portfolios', severity: 'P2 High' });
  expect(errors).toEqual({});
  await bot.advance({ seconds: 10 });
  expect(cards(bot)).toHaveLength(1);
  expect(card(bot).text).toContain('Portfolios show yesterday');
  expect(thread(bot).map((message) => message.text).join('\n')).toContain('INCIDENT ALERT');
});

async function untilAsked(bot: TestBot): Promise<void> {
  while (!bot.kubernetes.requests.some((request) => request.status === undefined)) await new Promise((resolve) => setImmediate(resolve));
}
