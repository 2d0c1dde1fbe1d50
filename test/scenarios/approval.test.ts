import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { reopen, resolve } from '../../src/handlers/incident-acts.ts';
import { handlePress } from '../../src/handlers/press.ts';
import { storeInteraction } from '../../src/handlers/store-interaction.ts';
import { buttonsOf, labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, directMessages, fire, modal, modalText, oncall, press, pressInModal, reply, sreLead, submit, support, thread, told, type, writes } from './on-call.ts';
import { systemsThatChange } from './systems-that-change.ts';

/**
 * Goal: what can hurt production needs somebody else, who sees exactly what the requester saw; nobody decides alone, late, twice or without the right.
 * Method: scaling MyStocks down (risk raised to high) and stopping Stock API (destructive: two people, one of them the owner, and the name typed).
 */
const scaleDown = (bot: TestBot) => ask(bot, oncall, 'Scale…', { replicas: '2' });

test('scaling down asks one more person, in the thread and in person, and starts when they approve', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);

  const request = reply(bot, 'Approval: Scale mystocks-api from 3 to 2');
  expect(textOf(request)).toContain('0 of 1 from Platform team or SRE lead');
  expect(textOf(request)).toMatch(/plan `[0-9a-f]{4}·[0-9a-f]{4}`/);
  expect(labelsOf(request)).toEqual(['Approve', 'Deny…', 'See the whole plan', 'Withdraw', 'Break the glass…']);
  expect(directMessages(bot, approver).at(-1)?.text).toContain('Approval: Scale mystocks-api from 3 to 2');
  expect(directMessages(bot, oncall)).toEqual([]);
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);

  await press(bot, oncall, request, 'Approve');
  expect(told(bot, oncall)).toContain('nobody approves a request of their own');
  await press(bot, support, request, 'Approve');
  expect(told(bot, support)).toContain('it needs the role Platform team or SRE lead');
  expect(writes(bot)).toEqual([]);

  const inPerson = directMessages(bot, approver).at(-1);
  await press(bot, approver, inPerson!, 'Approve');
  await bot.advance({ seconds: 40 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  expect(reply(bot, 'from 3 to 2').text).toContain('✅');
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('approved by <@U0APPROVER>');
  // Those who were asked in person see the outcome, and no button that is over.
  expect(directMessages(bot, approver).at(-1)?.text).toContain('✅');
  expect(labelsOf(directMessages(bot, approver).at(-1))).not.toContain('Approve');
});

test('a request can be withdrawn by whoever asked, and by nobody else', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Withdraw');
  expect(told(bot, approver)).toContain('only the person who asked may withdraw it');
  await press(bot, oncall, reply(bot, 'from 3 to 2'), 'Withdraw');
  expect(reply(bot, 'from 3 to 2').text).toContain('Withdrawn');
  await bot.advance({ minutes: 20 });
  expect(writes(bot)).toEqual([]);
});

test('a denial needs a reason, and whoever asked reads it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Deny…');
  expect(Object.keys(await submit(bot, approver, { reason: '   ' }))).toEqual(['reason']);
  await submit(bot, approver, { reason: 'Two pods do not carry the morning.' });
  expect(reply(bot, 'from 3 to 2').text).toContain('Denied by <@U0APPROVER>');
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('Two pods do not carry the morning.');
  await bot.advance({ minutes: 20 });
  expect(writes(bot)).toEqual([]);
});

test('a request that nobody decides on runs out after 15 minutes, and can be asked for again', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const request = reply(bot, 'from 3 to 2');
  await bot.advance({ minutes: 14, seconds: 45 });
  expect(reply(bot, 'from 3 to 2').text).toContain('Approval');
  await bot.advance({ seconds: 20 });
  expect(reply(bot, 'from 3 to 2').text).toContain('It ran out');
  expect(labelsOf(directMessages(bot, approver).at(-1))).not.toContain('Approve');
  expect(writes(bot)).toEqual([]);

  await press(bot, oncall, request, 'Ask again…');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 3 to 2');
});

test('a plan that its requester leaves alone runs out without a word', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  await bot.advance({ seconds: 10 });
  const before = thread(bot).length;
  await bot.advance({ minutes: 16 });
  expect(thread(bot)).toHaveLength(before);
  await submit(bot, oncall);
  expect(told(bot, oncall)).toContain('it has run out');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
});

test('F-22: of two approvers at the same moment one starts it, and it happens once', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const request = reply(bot, 'from 3 to 2');
  await Promise.all([
    bot.slack.press({ as: approver, channel: request.channelId, ts: request.ts, actionId: 'request.approve' }),
    bot.slack.press({ as: 'U0PLATFORM', channel: request.channelId, ts: request.ts, actionId: 'request.approve' }),
  ]);
  await bot.settle();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  expect(reply(bot, 'from 3 to 2').text).toContain('✅');
});

test('T-15: an approver who loses the role before it starts does not count', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  // The cluster is away, so the start has to wait, and the role goes meanwhile.
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 3 });
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('Not started yet');
  for (const group of bot.slack.workspace.state.userGroups) group.userIds = group.userIds.filter((id) => id !== approver);
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(reply(bot, 'from 3 to 2').text).toContain('no longer what was agreed to');
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('may no longer decide on it');
});

test('T-05: while Slack does not say who is who, an approved change waits and does not start', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  const silent = bot.slack.fail({ method: 'users.info', mode: 'error', error: 'internal_error', times: 1_000 });
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('Slack does not say');
  silent.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('T-05: whoever Slack did not speak of when it was asked for is asked in person as soon as it does, and once', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const silent = bot.slack.fail({ method: 'users.info', match: ({ user }) => user === approver, mode: 'error', error: 'internal_error', times: 1_000 });
  await scaleDown(bot);
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('0 of 1');
  expect(directMessages(bot, approver)).toEqual([]);
  silent.stop();
  await bot.advance({ minutes: 3 });
  expect(directMessages(bot, approver)).toHaveLength(1);
  expect(directMessages(bot, approver)[0]?.text).toContain('Approval: Scale mystocks-api from 3 to 2');
});

test('T-13: a target that somebody changed meanwhile voids the approval, and a fresh plan is one press away', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const deployment = bot.kubernetes.find({ kind: 'Deployment', namespace: 'mystocks', name: 'mystocks-api' }) as unknown as { spec: object };
  bot.kubernetes.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'mystocks-api', namespace: 'mystocks' }, spec: { ...deployment.spec, replicas: 4 } } as never);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 10 });
  expect(writes(bot)).toEqual([]);
  const voided = reply(bot, 'from 3 to 2');
  expect(voided.text).toContain('no longer what was agreed to');
  expect(textOf(voided)).toContain('The target has changed since the plan was made: generation was 3 and is 4 now; replicas was 3 and is 4 now.');

  await press(bot, oncall, voided, 'Ask again…');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 4 to 2');
});

test('T-13: a stored plan that is not the one that was agreed to never starts', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await sql`update runs set plan = jsonb_set(plan, '{draft,request,body,2,value}', '1')`.execute(bot.running.db);
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('The stored plan is not the one that was agreed to.');
});

test('F-49: a rule that became stricter while a request waits applies to it', async () => {
  await using systems = await systemsThatChange();
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await systems.replace('policies.yaml', /(id: protected-high[^]*?approvals: )1/, '$12');
  expect(await bot.running.reload()).toEqual([]);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual([]);
  expect(textOf(reply(bot, 'from 3 to 2'))).toContain('1 of 2');
  await press(bot, 'U0PLATFORM', reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toHaveLength(1);
});

test('Stop needs the name typed and two people, one of them the owner; Start begins with the number that ran before', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-api');
  expect(labelsOf(card(bot)).join()).not.toContain('Stop');
  await press(bot, oncall, card(bot), 'More');
  const stop = JSON.stringify(modal(bot, oncall).content);
  expect(stop).toContain('Stop');
  await pressInModal(bot, oncall, 'Stop…');
  expect(modalText(bot, oncall)).toContain('Scale stock-api from 2 to 0');
  expect(modalText(bot, oncall)).toContain('2 more people');
  expect(await submit(bot, oncall, { confirmation: 'stock-ap' })).toEqual({ confirmation: 'Type stock-api exactly. Nothing has been done.' });
  await submit(bot, oncall, { confirmation: 'stock-api' });
  await bot.advance({ seconds: 5 });

  const request = () => reply(bot, 'Scale stock-api from 2 to 0');
  const asked = ['U0MLENGINEER', sreLead, 'U0MANAGER', approver, 'U0DEVOPS', 'U0DEVOPSLEAD', 'U0PLATFORM', 'U0DATABASE', 'U0SCIENTIST'].filter((id) => directMessages(bot, id).length > 0);
  const owners = bot.running.app.bot.catalog().systems.find(({ id }) => id === 'stock-api')?.access.owners ?? [];
  const ownerIds = (await Promise.all(owners.map((role) => bot.running.app.bot.people.membersOf(role)))).flatMap((ids) => ids ?? []);
  const others = asked.filter((id) => !ownerIds.includes(id));
  const owner = asked.find((id) => ownerIds.includes(id));
  expect(others.length).toBeGreaterThanOrEqual(1);
  expect(owner).toBeDefined();
  for (const id of others) await press(bot, id, request(), 'Approve');
  await bot.advance({ seconds: 30 });
  expect(writes(bot)).toEqual([]);
  await press(bot, owner!, request(), 'Approve');
  await bot.advance({ seconds: 30 });
  expect(writes(bot)).toEqual(['PATCH stock-api/stock-api/scale']);
  expect(request().text).toContain('✅');

  await type(bot, oncall, 'stock-api', 'start');
  expect(modalText(bot, oncall)).toContain('Scale stock-api from 0 to 2');
  await submit(bot, oncall);
  await bot.advance({ seconds: 30 });
  expect(bot.kubernetes.find({ kind: 'Deployment', namespace: 'stock-api', name: 'stock-api' })?.['spec']).toMatchObject({ replicas: 2 });
});

test('F-20: the same wish a second time is refused and told who was first', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, 'U0PLATFORM', card(bot), 'Scale…');
  await submit(bot, 'U0PLATFORM', { replicas: '2' });
  await submit(bot, 'U0PLATFORM');
  expect(told(bot, 'U0PLATFORM')).toContain('Not done twice: <@U0ONCALL> asked for the same');
  expect(thread(bot).filter((message) => message.text.includes('from 3 to 2'))).toHaveLength(1);
});

test('the request shows the plan whole, below its buttons, and who may decide', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const request = reply(bot, 'Approval: Scale mystocks-api from 3 to 2');
  const types = (request.blocks as unknown as { type: string }[]).map(({ type: kind }) => kind);
  expect(types.indexOf('actions')).toBeLessThan(3);
  const shown = textOf(request);
  expect(shown).toContain('May decide: <@');
  expect(shown).not.toContain('<@U0ONCALL>,');
  for (const exactly of [
    '*Sends* `PATCH /apis/apps/v1/namespaces/mystocks/deployments/mystocks-api/scale`', '"path":"/spec/replicas"', 'namespace `mystocks`', ', uid `', 'Same as: `kubectl scale', 'Undo: one button afterwards (`k8s.scale`), back to replicas `3`', '*Only if still so:* ',
    '*Under* the rule `protected-high`, risk `high`',
  ])
    expect(shown).toContain(exactly);
});

test('those who have not decided are reminded once, before the time runs out, and not when it is decided', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const reminders = (id: string) => directMessages(bot, id).filter(({ text }) => text.includes('Still waits for you'));
  await bot.advance({ minutes: 9, seconds: 30 });
  expect(reminders(approver)).toEqual([]);
  await bot.advance({ minutes: 1 });
  expect(reminders(approver)).toHaveLength(1);
  expect(reminders(oncall)).toEqual([]);
  expect(labelsOf(reminders(approver)[0])).toEqual(['Approve', 'Deny…', 'See the whole plan']);
  await bot.advance({ minutes: 3 });
  expect(reminders(approver)).toHaveLength(1);
  await press(bot, approver, reminders(approver)[0]!, 'Approve');
  await bot.advance({ seconds: 40 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  expect(reminders(approver)).toEqual([]);
  expect(directMessages(bot, approver).at(-1)?.text).toContain('No longer waits');
});

test('F-49: what asked for an approval when it was planned finds its approvers also when the rule of now asks for none', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'stock-analysis', 'restart worker');
  await submit(bot, oncall);
  await type(bot, oncall, 'stock-analysis', 'restart api');
  await submit(bot, oncall);
  await bot.advance({ seconds: 2 });
  const request = () => bot.slack.channel('stock-analysis').messages().at(-1);
  expect(textOf(request())).toContain('0 of 1');
  // The other one is over long before the reminder, and one change alone needs nobody.
  await bot.advance({ minutes: 10, seconds: 30 });
  expect(writes(bot)).toHaveLength(1);
  expect(directMessages(bot, approver).filter(({ text }) => text.includes('Still waits for you'))).toHaveLength(1);
  await press(bot, approver, request()!, 'Approve');
  await bot.advance({ seconds: 40 });
  expect(writes(bot)).toHaveLength(2);
});

test('nobody is reminded of what they or others have decided', async () => {
  await using systems = await systemsThatChange();
  await systems.replace('policies.yaml', /(id: protected-high[^]*?approvals: )1/, '$12');
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ minutes: 11 });
  expect(directMessages(bot, approver).filter(({ text }) => text.includes('Still waits'))).toEqual([]);
  expect(directMessages(bot, 'U0PLATFORM').filter(({ text }) => text.includes('Still waits'))).toHaveLength(1);
});

test('what is approved and cannot start yet can still be withdrawn', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await scaleDown(bot);
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 3 });
  expect(reply(bot, 'from 3 to 2').text).toContain('not started yet');
  await press(bot, oncall, reply(bot, 'from 3 to 2'), 'Withdraw');
  away.stop();
  await bot.advance({ minutes: 1 });
  expect(reply(bot, 'from 3 to 2').text).toContain('Withdrawn by <@U0ONCALL>');
  expect(writes(bot)).toEqual([]);
});

test('a request that still waits when the alert ends says so, to everybody who was asked', async () => {
  await using bot = await startTestBot();
  const alert = await fire(bot, 'mystocks');
  await scaleDown(bot);
  await alert.ends();
  await bot.advance({ seconds: 5 });
  for (const shown of [reply(bot, 'from 3 to 2'), directMessages(bot, approver).at(-1)]) expect(textOf(shown)).toContain('*INC-1 ended');
});

test('F-26: a press that was carried out when the process died is not carried out again, and nobody is told that it came too late', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const { app, db } = bot.running;
  const shown = card(bot);
  const value = buttonsOf(shown).find(({ text }) => text.text === 'Acknowledge')!.value;
  const pressed = { kind: 'press', key: 'a-key', userId: oncall, teamId: 'T1', actionId: 'incident.acknowledge', value, channelId: shown.channelId, messageTs: shown.ts, threadTs: null, viewId: null, triggerId: 'trigger' } as const;
  await storeInteraction(db, pressed, bot.clock.now());
  await handlePress(app.bot, pressed); // and here the process dies, before the interaction is finished
  await bot.advance({ minutes: 1 });
  expect(told(bot, oncall)).toBe('');
  expect(card(bot).text).toContain('🟠');
  // Another press of the same button is another one, and late.
  const again = { ...pressed, key: 'another-key' };
  await storeInteraction(db, again, bot.clock.now());
  await handlePress(app.bot, again);
  expect(told(bot, oncall)).toContain('Nothing was done');
});

test('F-40: a resolve that another process has carried out is not carried out again on an incident that came back', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const { app, db } = bot.running;
  const sent = { kind: 'submit', key: 'sent', userId: oncall, teamId: 'T1', viewName: 'incident.resolve', viewId: 'V1', context: '{}', values: {} } as const;
  await storeInteraction(db, sent, bot.clock.now());
  const words = { cause: 'A deploy.', impact: 'None.' };
  const resolving = () => resolve(app.bot, 1, { userId: oncall, key: sent.key, seenVersion: null }, words);
  expect(await resolving()).toMatchObject({ kind: 'done', incident: { state: 'resolved' } });
  const again = { kind: 'press', key: 'again', userId: approver, teamId: 'T1', actionId: 'incident.reopen', value: '', channelId: 'C1', messageTs: '1.1', threadTs: null, viewId: null, triggerId: 'trigger' } as const;
  await storeInteraction(db, again, bot.clock.now());
  expect(await reopen(app.bot, 1, { userId: approver, key: again.key, seenVersion: null })).toMatchObject({ kind: 'done', incident: { state: 'acknowledged' } });
  // The process that had stood still wakes.
  expect(await resolving()).toMatchObject({ kind: 'done', incident: { state: 'acknowledged' } });
});
