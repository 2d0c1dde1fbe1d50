import { expect, test } from 'vitest';
import { planSteps } from '../../src/escalation/plan-steps.ts';
import { buttonOf, textOf } from '../harness/messages.ts';
import { notificationOf, startTestBot, type Span, type TestBot } from '../harness/test-bot.ts';

/** What PagerDuty was told, as `02:13 trigger SRE lead`, accepted or not; times as the clock of the test has them. */
function told(bot: TestBot, only: 'accepted' | 'all' = 'accepted'): string[] {
  return bot.pagerduty.received
    .filter((event) => only === 'all' || event.status === '202' || event.status === 'answer lost')
    .map((event) => `${event.at.slice(11, 16)} ${event.action}${event.action === 'trigger' ? ` ${(event.event as { payload: { custom_details: { role: string } } }).payload.custom_details.role}` : ''}`);
}
const card = (bot: TestBot) => bot.slack.channel('alerts').messages()[0];
const press = async (bot: TestBot, label: string) => {
  await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card(bot)?.ts ?? '', actionId: buttonOf(card(bot), label) });
  await bot.settle();
};
const down = { system: 'stock-service', namespace: 'stock-service', severity: 'critical' };

/**
 * Goal: each system's people are called when its policy says so, once, and never early.
 * Method: one alert per system and severity that nobody takes, and three hours.
 */
for (const [why, alertname, labels, pages] of [
  ['SV P1: 0, 5 and 15 min', 'ServiceDown', down, ['02:13 trigger SRE lead', '02:18 trigger Platform team', '02:28 trigger Engineering manager']],
  ['SA P0: 0, 30, 60 and 120 min, the CTO last', 'DatabaseDown', { system: 'stock-analysis', severity: 'critical' }, null],
  ['MS: the steps of the defaults', 'Anything', { system: 'mystocks', severity: 'critical' }, ['02:13', '02:18', '02:28']],
  ['AP: the steps of the defaults', 'Anything', { system: 'stock-api', severity: 'critical' }, ['02:13', '02:18', '02:28']],
  ['CV: the steps of the defaults', 'Anything', { system: 'crypto-volatility', severity: 'critical' }, ['02:13', '02:18', '02:28']],
] as const)
  test(`G-7: ${why}`, async () => {
    await using bot = await startTestBot();
    await bot.fires(alertname, labels);
    await bot.advance({ hours: 3 });
    const system = bot.running.app.bot.catalog().systems.find(({ id }) => id === labels.system)!;
    const [incident] = await bot.running.db.selectFrom('incidents').selectAll().execute();
    expect(system.escalation.appliesTo).toContain(incident!.severity);
    const times = told(bot);
    if (pages !== null) expect(times.map((line, index) => (pages[index]!.length === 5 ? line.slice(0, 5) : line))).toEqual(pages);
    const steps = system.escalation.steps.filter((step) => step.onlySeverities.length === 0 || step.onlySeverities.includes(incident!.severity));
    expect(bot.pagerduty.received.map((event) => new Date(event.at).getTime() - incident!.opened_at.getTime())).toEqual(steps.map((step) => step.afterMs));
    expect(new Set(bot.pagerduty.received.map((event) => event.dedupKey)).size).toBe(1);
  });

test('SA-78: the CTO is called for P0 alone', async () => {
  await using bot = await startTestBot();
  const { systems, roles } = bot.running.app.bot.catalog();
  const analysis = systems.find(({ id }) => id === 'stock-analysis')!;
  const of = (severity: string) => planSteps(analysis, { severity, reopenedCount: 0 } as never, bot.clock.now()).map((step) => [(step.dueAt.getTime() - bot.clock.now().getTime()) / 60_000, step.role]);
  expect(of('P0').map(([at]) => at)).toEqual([0, 30, 60, 120]);
  expect(of('P0').at(-1)?.[1]).toBe('cto');
  expect(of('P1').map(([at]) => at)).toEqual([0, 30, 60]);
  expect(roles.has('cto')).toBe(true);
});

test('an acknowledgement stops the calls, except those of management until it is over; both reach PagerDuty', async () => {
  await using bot = await startTestBot();
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 3 });
  await press(bot, 'Acknowledge');
  await bot.advance({ minutes: 30 });
  expect(told(bot)).toEqual(['02:13 trigger SRE lead', '02:16 acknowledge', '02:28 trigger Engineering manager']);
  await press(bot, 'Resolve…');
  await bot.slack.submit({ as: 'U0ONCALL', values: { cause: 'A bad limit', impact: 'None' } });
  await bot.advance({ hours: 1 });
  expect(told(bot).slice(3)).toEqual(['02:46 resolve', '02:46 resolve']);
  expect(bot.pagerduty.incidents().map((incident) => incident.status)).toEqual(['resolved', 'resolved']);
});

test('P-9: a role with a PagerDuty service of its own has an alert of its own, and its phone rings; the end reaches every service that was told', async () => {
  await using bot = await startTestBot();
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 16 });
  expect(bot.pagerduty.incidents().map(({ routingKey, status }) => [routingKey.replace(/0+$/, ''), status])).toEqual([
    ['stockservice', 'triggered'],
    ['platformteam', 'triggered'],
    ['engineeringmanager', 'triggered'],
  ]);
  expect(textOf(card(bot))).not.toContain('same PagerDuty service');
  await press(bot, 'Acknowledge');
  expect(bot.pagerduty.incidents().map(({ status }) => status)).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
  await press(bot, 'Resolve…');
  await bot.slack.submit({ as: 'U0ONCALL', values: { cause: 'A bad limit', impact: 'None' } });
  await bot.settle();
  expect(bot.pagerduty.incidents().map(({ status }) => status)).toEqual(['resolved', 'resolved', 'resolved']);
});

test('P-9: where a role has no service of its own, the card says that nobody new is woken by its step', async () => {
  await using bot = await startTestBot({ environment: { PAGERDUTY_ROUTING_KEY_PLATFORM_TEAM: '' } });
  await bot.fires('ServiceDown', down);
  expect(textOf(card(bot))).toContain('Platform team: through the same PagerDuty service, so its own policy decides whose phone rings.');
  await bot.advance({ minutes: 6 });
  expect(textOf(card(bot))).toMatch(/PagerDuty told again for Platform team .* ✓/);
  expect(bot.pagerduty.incidents()).toHaveLength(1);
});

test('what ends by itself is called off; what comes back within minutes is shown at once and pages when it stays', async () => {
  await using bot = await startTestBot();
  const first = await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 2 });
  await first.ends();
  await bot.advance({ minutes: 3 });
  const again = await bot.fires('ServiceDown', down);
  expect(card(bot)?.text).toContain('🔴');
  expect(told(bot)).toEqual(['02:13 trigger SRE lead', '02:15 resolve']);
  await bot.advance({ minutes: 1 });
  await again.ends();
  await bot.advance({ minutes: 1 });
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 8 });
  expect(told(bot).slice(2)).toEqual(['02:22 trigger SRE lead', '02:27 trigger Platform team']);
  expect(bot.slack.channel('alerts').messages()).toHaveLength(1);
});

test('an incident that becomes worse is paged as what it has become', async () => {
  await using bot = await startTestBot();
  const slow = { labels: { alertname: 'HighLatency', ...down, severity: 'warning' }, startsAt: bot.clock.now(), endsAt: null };
  await bot.send(notificationOf([slow], { groupKey: 'one' }));
  await bot.advance({ minutes: 5 });
  expect(told(bot)).toEqual([]);
  await bot.send(notificationOf([slow, { labels: { alertname: 'ServiceDown', ...down }, startsAt: bot.clock.now(), endsAt: null }], { groupKey: 'one' }));
  await bot.advance({ minutes: 6 });
  expect(told(bot)).toEqual(['02:18 trigger SRE lead', '02:23 trigger Platform team']);
  expect(card(bot)?.text).toContain('P1 · Stock Service');
});

for (const [why, at, wait, page] of [
  ['SV-15: at night it waits for business hours', '2026-03-02T02:13:00Z', { hours: 8 }, '2026-03-02T09:00'],
  ['SV-15: in business hours it pages at once', '2026-03-02T10:13:00Z', { minutes: 1 }, '2026-03-02T10:13'],
  ['SV-15: on Friday evening it waits for Monday', '2026-03-06T18:00:00Z', { hours: 72 }, '2026-03-09T09:00'],
] as const)
  test(why, async () => {
    await using bot = await startTestBot({ at: new Date(at) });
    await bot.fires('HighLatency', { ...down, severity: 'warning' });
    await bot.advance(wait as Span);
    expect(bot.pagerduty.received.map((event) => event.at.slice(0, 16))).toEqual([page]);
  });

test('F-31: while PagerDuty refuses, the card says so with the next try; it is tried until it is taken, and people are then called one after the other', async () => {
  await using bot = await startTestBot();
  bot.pagerduty.fault({ kind: 'refuses', share: 1 });
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 1 });
  expect(textOf(card(bot))).toMatch(/\*Page NOT delivered: tried \d times \(.*\); next try .*\*/);
  await bot.advance({ minutes: 37 });
  expect(told(bot)).toEqual([]);
  const tries = bot.pagerduty.received.length;
  expect(tries).toBeGreaterThan(30);
  bot.pagerduty.fault(undefined);
  await bot.advance({ minutes: 2 });
  expect(told(bot)).toEqual([expect.stringMatching(/trigger SRE lead$/)]);
  expect(textOf(card(bot))).not.toContain('NOT delivered');
  await bot.advance({ minutes: 20 });
  const [first, second, third, ...more] = bot.pagerduty.received.filter((event) => event.status === '202').map((event) => new Date(event.at).getTime());
  expect([second! - first!, third! - first!, more.length]).toEqual([5 * 60_000, 15 * 60_000, 0]);
});

test('F-31: of 95 % refused, the page arrives once', async () => {
  await using bot = await startTestBot();
  bot.pagerduty.fault({ kind: 'refuses', share: 0.95 });
  await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 40 });
  expect(told(bot)[0]).toContain('trigger SRE lead');
  const keys = bot.pagerduty.incidents().map((incident) => incident.routingKey);
  expect(keys).toEqual([...new Set(keys)]);
});

test('F-31: a lost answer is tried again and folded; a page that is wrong for good is said on the card and not tried for ever', async () => {
  await using bot = await startTestBot();
  bot.pagerduty.fault({ kind: 'loses the answer' });
  await bot.fires('ServiceDown', down);
  await bot.advance({ seconds: 30 });
  bot.pagerduty.fault(undefined);
  await bot.advance({ minutes: 2 });
  expect(bot.pagerduty.incidents()).toMatchObject([{ status: 'triggered' }]);
  bot.pagerduty.fault({ kind: 'finds invalid' });
  bot.expectError('PagerDuty refused a page for good');
  await bot.advance({ minutes: 30 });
  expect(textOf(card(bot))).toContain('it will not be tried again');
  expect(bot.pagerduty.received.filter((event) => event.status === '400')).toHaveLength(2);
});

test('F-32: an incident that is over before PagerDuty took its page is never paged', async () => {
  await using bot = await startTestBot();
  bot.pagerduty.fault({ kind: 'refuses', share: 1 });
  const fired = await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 2 });
  await fired.ends();
  bot.pagerduty.fault(undefined);
  await bot.advance({ hours: 1 });
  expect(told(bot).filter((line) => line.includes('trigger'))).toEqual([]);
});

test('a missing routing key is said on the card, and costs no more than a look a minute', async () => {
  await using bot = await startTestBot({ environment: { PAGERDUTY_ROUTING_KEY_STOCK_SERVICE: '' } });
  const fired = await bot.fires('ServiceDown', down);
  await bot.advance({ minutes: 2 });
  expect(textOf(card(bot))).toContain('PAGERDUTY_ROUTING_KEY_STOCK_SERVICE is missing');
  await fired.ends();
  await bot.advance({ minutes: 5 });
  const edits = bot.slack.requests.length;
  await bot.advance({ minutes: 30 });
  expect(bot.slack.requests.length).toBe(edits);
});

test('F-35: after two hours of silence only the next step fires, and the others keep their distance', async () => {
  await using bot = await startTestBot();
  await bot.fires('ServiceDown', down);
  bot.clock.moveTo(new Date(bot.clock.now().getTime() + 2 * 3_600_000));
  await bot.settle();
  expect(told(bot)).toEqual(['02:13 trigger SRE lead', '04:13 trigger Platform team']);
  await bot.advance({ minutes: 15 });
  expect(told(bot).slice(2)).toEqual(['04:23 trigger Engineering manager']);
});
