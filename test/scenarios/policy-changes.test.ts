import { expect, test } from 'vitest';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, oncall, press, reply, submit, told, type, writes } from './on-call.ts';
import { systemsThatChange, type ChangeableSystems } from './systems-that-change.ts';

/**
 * Goal: what became stricter while something waits applies to it, when it is decided on and when it starts (F-49).
 * Method: scaling MyStocks down waits for one approval; then the files change under it, or the hour does.
 */
const scaleDown = (bot: TestBot) => ask(bot, oncall, 'Scale…', { replicas: '2' });
const request = (bot: TestBot) => reply(bot, 'from 3 to 2');

async function arrange(systems: ChangeableSystems, at?: Date): Promise<TestBot> {
  const bot = await startTestBot({ systemsDirectory: systems.path, ...(at !== undefined && { at }) });
  await fire(bot, 'mystocks');
  return bot;
}

test('F-49: an approver whose role leaves the system’s list may no longer approve', async () => {
  await using systems = await systemsThatChange();
  await using bot = await arrange(systems);
  await scaleDown(bot);
  await systems.replace('mystocks/system.yaml', /approvers: \[[^\]]*\]/, 'approvers: [cto]');
  await systems.replace('mystocks/system.yaml', /owners: \[[^\]]*\]/, 'owners: [cto]');
  expect(await bot.running.reload()).toEqual([]);
  await press(bot, approver, request(bot), 'Approve');
  expect(told(bot, approver)).toContain('it needs the role CTO (policies › protected-high)');
  expect(writes(bot)).toEqual([]);
});

test('F-49: a rule that is gone lets nobody decide, and what replaced it counts', async () => {
  await using systems = await systemsThatChange();
  await using bot = await arrange(systems);
  await scaleDown(bot);
  await systems.replace('policies.yaml', / {2}- id: protected-high[^]*?breakGlass: [^\n]*\n/, '  - {id: locked, risk: high, protectedOnly: true, refuse: production is locked for the audit}\n');
  expect(await bot.running.reload()).toEqual([]);
  await press(bot, approver, request(bot), 'Approve');
  expect(told(bot, approver)).toContain('production is locked for the audit (policies › locked)');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('F-49: a risk that was raised between approval and start voids what has too few approvals', async () => {
  await using systems = await systemsThatChange();
  await using bot = await arrange(systems);
  await scaleDown(bot);
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, request(bot), 'Approve');
  await systems.replace('mystocks/system.yaml', /\{when: fewer_replicas, risk: high\}/, '{when: fewer_replicas, risk: destructive}');
  expect(await bot.running.reload()).toEqual([]);
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(textOf(request(bot))).toContain('the policy has become stricter');
});

test('F-49: a rule that became milder takes back nothing of what was asked for', async () => {
  await using systems = await systemsThatChange();
  await using bot = await arrange(systems);
  await scaleDown(bot);
  await systems.replace('policies.yaml', /(id: protected-high[^]*?)mayApprove: \[approvers, owners\]\n {4}approvals: 1([^]*?) {4}breakGlass: [^\n]*\n/, '$1approvals: 0$2');
  expect(await bot.running.reload()).toEqual([]);
  expect(textOf(request(bot))).toContain('0 of 1');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('F-49: a file with a mistake changes nothing, says so, and the old rules stay in force', async () => {
  await using systems = await systemsThatChange();
  await using bot = await arrange(systems);
  await scaleDown(bot);
  await systems.replace('policies.yaml', /id: protected-high/, 'id: protected-high\n    when: [outsideBusinesHours]');
  const problems = await bot.running.reload();
  expect(problems[0]).toMatchObject({ file: 'policies.yaml', message: '"outsideBusinesHours" does not fit here.' });
  bot.expectError('The changed catalog is wrong; the old one stays in force');
  await press(bot, approver, request(bot), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

/** MyStocks opens at 09:00 UTC on weekdays; high risk needs somebody else only outside of that. */
async function byTheHour(): Promise<ChangeableSystems> {
  const systems = await systemsThatChange();
  await systems.replace('policies.yaml', / {2}- id: protected-high\n/, '  - {id: by-day, risk: high, protectedOnly: true, when: [not outsideBusinessHours], mayAsk: [operators], approvals: 0, expiresAfter: 30m}\n  - id: protected-high\n');
  return systems;
}

test('a condition decides by the hour: by day alone, at night with one more person', async () => {
  await using systems = await byTheHour();
  await using bot = await arrange(systems, new Date('2026-03-02T08:50:00Z'));
  await type(bot, oncall, 'mystocks', 'scale 2 --dry-run');
  expect(told(bot, oncall)).toContain('1 approval from');
  await bot.advance({ minutes: 11 });
  await type(bot, oncall, 'mystocks', 'scale 2 --dry-run');
  expect(told(bot, oncall)).toContain('your own confirmation');
});

test('F-49: what was asked for by day and would start at night needs what the night asks for', async () => {
  await using systems = await byTheHour();
  await using bot = await arrange(systems, new Date('2026-03-02T16:55:00Z'));
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '2' });
  await bot.advance({ minutes: 6 });
  await submit(bot, oncall);
  await bot.advance({ seconds: 10 });
  expect(writes(bot)).toEqual([]);
  expect(labelsOf(request(bot))).toContain('Approve');
  await press(bot, approver, request(bot), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('while another run of the system is under way, what is low risk needs one more person', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  expect(writes(bot)).toHaveLength(1);
  const { running } = bot;
  const [first] = await running.db.selectFrom('runs').select(['state', 'target_key']).execute();
  expect(first?.state).toBe('started');
  // As if it were another target of the same system: one of the same is refused at once.
  await running.db.updateTable('runs').set({ target_key: 'elsewhere' }).execute();
  await type(bot, oncall, 'mystocks', 'restart --dry-run');
  expect(told(bot, oncall)).toContain('1 approval from Platform team or SRE lead');
});

test('a rule’s own cool-down counts where the action has a shorter one', async () => {
  await using systems = await systemsThatChange();
  await systems.replace('policies.yaml', /( {2}- id: low\n[^]*?expiresAfter: 15m\n)/, '$1    cooldown: 30m\n');
  await using bot = await arrange(systems);
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  await bot.advance({ minutes: 20 });
  await type(bot, oncall, 'mystocks', 'scale 6 --dry-run');
  expect(told(bot, oncall)).toContain('it was done less than 30 min ago (policies › low)');
  await bot.advance({ minutes: 10 });
  await type(bot, oncall, 'mystocks', 'scale 6 --dry-run');
  expect(told(bot, oncall)).toContain('Dry run, nothing was changed');
});
