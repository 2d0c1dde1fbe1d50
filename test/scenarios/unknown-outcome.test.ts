import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { setDockerFault } from '../../sandbox/docker/docker-state.ts';
import { setHelmFault } from '../../sandbox/helm/faults.ts';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, modalText, oncall, press, reply, submit, support, told, type, writes } from './on-call.ts';

/**
 * Goal: a change whose answer was lost is "not known", never "failed" and never tried again; only evidence or a person closes it, and until then
 * nothing else touches the target (F-26, F-27, F-30).
 * Method: the connection to the cluster breaks, hangs or answers 504 behind an effect that happened, or did not; Helm and docker are killed.
 */
const mutating = (request: { readonly dryRun: boolean; readonly method: string }) => !request.dryRun && request.method === 'PATCH';

for (const [why, mode, status] of [
  ['the connection breaks behind the effect', 'reset-after', undefined],
  ['a proxy answers 504', 'answer', 504],
] as const) {
  test(`F-27: when ${why}, the outcome is not known`, async () => {
    await using bot = await startTestBot();
    await fire(bot, 'mystocks');
    bot.kubernetes.fail({ match: mutating, mode, times: 1, ...(status !== undefined && { status }) });
    await press(bot, oncall, card(bot), 'Scale…');
    await submit(bot, oncall, { replicas: '5' });
    await submit(bot, oncall);
    await bot.advance({ seconds: 3 });
    expect(writes(bot)).toHaveLength(1);
    if (mode === 'reset-after') {
      // It carries our mark, so it is known again, and watched to its end.
      await bot.advance({ minutes: 1 });
      expect(reply(bot, 'from 3 to 5').text).toContain('✅');
    } else {
      expect(reply(bot, 'from 3 to 5').text).toContain('❓ Not known whether this happened');
      expect(textOf(reply(bot, 'from 3 to 5'))).toContain('Probably it did not happen');
      await bot.advance({ minutes: 3 });
      // No request can be on its way any more: it is certain, without anybody's help.
      expect(reply(bot, 'from 3 to 5').text).toContain('❌');
      expect(textOf(reply(bot, 'from 3 to 5'))).toContain('It did not happen.');
      expect(labelsOf(reply(bot, 'from 3 to 5'))).not.toContain('Undo…');
    }
    expect(writes(bot)).toHaveLength(1);
  });
}

test('F-27: a cluster that takes the change and never answers: the deadline makes it "not known", and the mark of the run closes it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  bot.kubernetes.fail({ match: mutating, mode: 'timeout-after', times: 1 });
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  const confirming = submit(bot, oncall);
  await until(() => bot.kubernetes.writes.some(mutating));
  bot.clock.moveTo(new Date(bot.clock.now().getTime() + 6 * 60_000));
  await confirming;
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toHaveLength(1);
  expect(reply(bot, 'from 3 to 5').text).toContain('✅');
});

test('while it is not known the target is locked, anybody may look again, and only the entitled may settle it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  bot.kubernetes.fail({ match: mutating, mode: 'answer', status: 504, times: 1 });
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  const unknown = () => reply(bot, 'from 3 to 5');
  expect(labelsOf(unknown())).toEqual(['Look again', 'It happened…', 'It did not…', 'Override…']);
  expect(textOf(unknown())).toContain('nothing else can change the same target until this is settled');

  await type(bot, oncall, 'mystocks', 'restart');
  expect(modalText(bot, oncall)).toContain('not settled yet');
  await bot.slack.closeView({ as: oncall });

  await press(bot, support, unknown(), 'It happened…');
  await submit(bot, support, { reason: 'I would like it to have.' });
  expect(told(bot, support)).toContain('it needs the role');
  expect(unknown().text).toContain('❓');

  await press(bot, oncall, unknown(), 'Look again');
  expect(unknown().text).toContain('❓');
  await press(bot, oncall, unknown(), 'It did not…');
  await submit(bot, oncall, { reason: 'kubectl shows three replicas.' });
  await bot.advance({ seconds: 3 });
  expect(unknown().text).toContain('it did not happen');
  expect(textOf(unknown())).toContain('kubectl shows three replicas.');
  expect(textOf(unknown())).toContain('settled');

  await bot.advance({ minutes: 1 });
  await type(bot, oncall, 'mystocks', 'restart');
  expect(modalText(bot, oncall)).toContain('Restart mystocks-api');
  expect(writes(bot)).toHaveLength(1);
});

for (const [why, status] of [
  ['a conflict', 409],
  ['a refusal', 403],
  ['an object that is gone', 404],
  ['a value that the cluster does not accept', 422],
] as const) {
  test(`F-28: ${why} (${status}) has failed, changed nothing and is not tried again`, async () => {
    await using bot = await startTestBot();
    await fire(bot, 'mystocks');
    bot.kubernetes.fail({ match: mutating, mode: 'answer', status, message: 'the cluster says no', times: 1 });
    await ask(bot, oncall, 'Scale…', { replicas: '5' });
    await bot.advance({ minutes: 2 });
    expect(reply(bot, 'from 3 to 5').text).toContain('❌');
    expect(textOf(reply(bot, 'from 3 to 5'))).toContain('Nothing was changed.');
    expect(writes(bot)).toHaveLength(1);
  });
}

test('F-30: Helm killed in the middle is not known; its history says that it is pending, and a rollback is a request of its own', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await type(bot, oncall, 'stock-service', 'deploy v2.4.0');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  setHelmFault(kubeconfigOf(bot), { mode: 'die-after', command: 'upgrade', times: 2 }); // the first is the dry run before the start
  const message = () => bot.slack.channel('stock-service').messages().at(-1)!;
  await press(bot, approver, message(), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(message().text).toContain('❓');
  expect(textOf(message())).toContain("Helm's revision 9: pending-upgrade");
  expect(textOf(message())).toContain("Helm's history: ");
  expect(textOf(message())).toContain('until it has, Helm refuses to upgrade');

  await press(bot, oncall, message(), 'It happened…');
  await submit(bot, oncall, { reason: 'Killed in the middle; helm history says pending-upgrade.' });
  await bot.advance({ seconds: 3 });
  expect(textOf(message())).toContain('helm history says pending-upgrade');
  await type(bot, oncall, 'stock-service', 'deploy v2.4.0');
  expect(modalText(bot, oncall)).toContain("Helm's revision 9 is pending-upgrade");
  await bot.slack.closeView({ as: oncall });

  await press(bot, oncall, message(), 'Roll back…');
  expect(modalText(bot, oncall)).toContain('Roll back stock-service to revision 8');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  expect(message().text).toContain('Approval: Roll back stock-service to revision 8');
  await press(bot, approver, message(), 'Approve');
  await bot.advance({ minutes: 2 });
  expect(message().text).toContain('✅');
});

test('F-26: a database that is lost behind the effect leaves it not known, nothing is sent twice, and the mark of the run closes it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  const { db } = bot.running;
  await sql`create function lose() returns trigger language plpgsql as $$ begin raise exception 'the database is gone'; end $$`.execute(db);
  await sql`create trigger lose before update on runs for each row when (new.receipt is not null) execute function lose()`.execute(db);
  await submit(bot, oncall);
  await bot.advance({ seconds: 5 });
  expect(reply(bot, 'from 3 to 5').text).toContain('❓');
  expect(writes(bot)).toHaveLength(1);
  await sql`drop trigger lose on runs`.execute(db);
  await bot.advance({ minutes: 2 });
  expect(reply(bot, 'from 3 to 5').text).toContain('✅');
  expect(writes(bot)).toHaveLength(1);
});

test('docker killed before the restart is not known at first, and known when no command can be at work any more', async () => {
  await using bot = await startTestBot();
  setDockerFault(bot.dockerState, { mode: 'die-before', command: 'compose restart' });
  await type(bot, oncall, 'crypto', 'restart-api');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  const message = () => bot.slack.channel('crypto').messages().at(-1)!;
  expect(message().text).toContain('❓');
  await bot.advance({ minutes: 4 });
  expect(message().text).toContain('❌');
  expect(textOf(message())).toContain('It did not happen.');
});

test('a cluster that goes away while a change is watched is no failed change', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  await submit(bot, oncall);
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await bot.advance({ minutes: 7 });
  expect(reply(bot, 'from 3 to 5').text).toContain('running');
  expect(textOf(reply(bot, 'from 3 to 5'))).toContain('Not seen: The cluster did not answer.');
  away.stop();
  await bot.advance({ seconds: 30 });
  expect(reply(bot, 'from 3 to 5').text).toContain('✅');
});

const kubeconfigOf = (bot: TestBot) => join(dirname(bot.dockerState), 'kubeconfig');

/** Waits for something that happens in real time, without a fixed wait. */
async function until(predicate: () => boolean): Promise<void> {
  while (!predicate()) await new Promise((resolve) => setImmediate(resolve));
}
