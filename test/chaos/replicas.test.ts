import { expect, test } from 'vitest';
import { systemClock } from '../../src/support/clock.ts';
import { demandAll, effectsSeen, reportOf } from '../harness/checker.ts';
import { buttonOf } from '../harness/messages.ts';
import { notificationOf } from '../harness/test-bot.ts';
import { startInstallation, type BotProcess, type Installation } from './bot-process.ts';
import { seeded, seedOfRun } from './seeded.ts';

/**
 * Goal: two replicas on PostgreSQL, one of them killed at any moment under load: the other goes on (M-08). A process that is told to stop takes nothing more
 * at once, and what it had in hand is done or on record within 25 s (F-45).
 * Method: webhooks and clicks without a pause, real leases of half a minute, moments by a seed.
 */
const rounds = Number(process.env['STOCKOPS_CHAOS_ROUNDS'] ?? 20);
const oncall = 'U0ONCALL';

/** Sends webhooks to whichever process lives, until `signal`; what is not taken is brought again, as Alertmanager does (P-7). */
async function load(installation: Installation, signal: AbortSignal, name: string): Promise<number> {
  let count = 0;
  for (; !signal.aborted; count += 1) {
    const about = `${name}-${count % 6}`;
    const labels = { alertname: 'MyStocksDown', namespace: 'mystocks', severity: 'critical', about, count: String(count) };
    const body = notificationOf([{ labels, startsAt: systemClock.now(), endsAt: null }], { groupKey: `{}:{about="${about}"}` });
    for (let tries = 0; tries < 50 && !signal.aborted; tries += 1) {
      const [one, other] = installation.running;
      if ((await installation.send(body, tries % 2 === 0 ? one : (other ?? one))) === 200) break;
      await systemClock.sleep(100);
    }
    await systemClock.sleep(100, signal);
  }
  return count;
}

/** Asks for a restart and confirms it, as often as there is time. */
async function click(installation: Installation, signal: AbortSignal): Promise<number> {
  const { slack } = installation.standIns;
  let confirmed = 0;
  while (!signal.aborted) {
    for (const open of slack.views(oncall)) await slack.closeView({ as: oncall, viewId: open.id, isCleared: true }).catch(() => null);
    await slack.command({ as: oncall, channel: 'stock-api', command: '/stock', text: 'stock-api restart' });
    const plan = await slack.until((now) => now.views(oncall).find((view) => view.content['callback_id'] === 'plan.confirm'), { withinMs: 5_000, what: 'a plan' }).catch(() => undefined);
    if (plan !== undefined && (await slack.submit({ as: oncall, viewId: plan.id }).catch(() => null))?.ok === true) confirmed += 1;
    await systemClock.sleep(200, signal);
  }
  return confirmed;
}

/** Resolves when nothing waits that is due, and how long that took. */
async function untilAtRest(installation: Installation): Promise<number> {
  const began = performance.now();
  for (;;) {
    const busy = await installation.query(async (db) => {
      const notifications = await db.selectFrom('notifications').select('id').where('state', '=', 'stored').executeTakeFirst();
      const interactions = await db.selectFrom('interactions').select('id').where('state', '=', 'stored').executeTakeFirst();
      const runs = await db.selectFrom('runs').select('id').where('state', 'in', ['approved', 'started']).executeTakeFirst();
      const messages = await db.selectFrom('messages').select('id').where('state', '=', 'open').whereRef('wanted_version', '>', 'sent_version').executeTakeFirst();
      return notifications ?? interactions ?? runs ?? messages;
    });
    if (busy === undefined) return performance.now() - began;
    await systemClock.sleep(250);
  }
}

test(`M-08: one of two replicas is killed ${rounds} times under load: nothing that was acknowledged is lost, nothing is done twice`, async () => {
  const random = seeded(seedOfRun);
  await using installation = await startInstallation();
  await installation.start();
  await installation.start();
  const stopping = new AbortController();
  const working = Promise.all([load(installation, stopping.signal, 'a'), load(installation, stopping.signal, 'b'), click(installation, stopping.signal)]);
  for (let round = 0; round < rounds; round += 1) {
    await systemClock.sleep(500 + random() * 2_500);
    await installation.running[Math.floor(random() * 2)]!.kill();
    await installation.start();
  }
  stopping.abort();
  const [a, b, confirmed] = await working;
  const restedAfterMs = await untilAtRest(installation);
  const verdicts = await installation.check();
  console.log(`seed ${seedOfRun}: ${rounds} rounds, ${a + b} webhooks, ${confirmed} confirmed, ${effectsSeen(installation.standIns).length} effects, at rest ${(restedAfterMs / 1_000).toFixed(1)} s after the last start\n${reportOf(verdicts)}`);
  demandAll(verdicts);
  expect(effectsSeen(installation.standIns).length).toBeGreaterThan(0);
}, 60 * 60_000);

test('F-45: SIGTERM under load: readiness red at once, intake 503, and the running action on record within 25 s', async () => {
  await using installation = await startInstallation();
  const slow: string[] = [];
  for (let round = 0; round < Math.min(rounds, 10); round += 1) {
    const process: BotProcess = installation.running[0] ?? (await installation.start());
    const stopping = new AbortController();
    const loading = load(installation, stopping.signal, `round-${round}`);
    const { slack, kubernetes } = installation.standIns;
    // An effect that the cluster takes its time over: it is under way when the signal comes.
    const fault = kubernetes.fail({ match: (request) => !request.dryRun && request.query.includes('fieldManager=stockops-'), mode: 'timeout-after', times: 1 });
    await slack.command({ as: oncall, channel: 'stock-api', command: '/stock', text: 'stock-api restart' });
    await slack.until((now) => now.views(oncall).some((view) => view.content['callback_id'] === 'plan.confirm'), { withinMs: 60_000, what: 'a plan' });
    const before = effectsSeen(installation.standIns).length;
    void slack.submit({ as: oncall });
    while (effectsSeen(installation.standIns).length === before) await systemClock.sleep(10);
    const began = performance.now();
    process.signal('SIGTERM');
    // Whoever asks from now on is told so, or finds nobody there.
    const status = async (url: string) => fetch(url, { signal: AbortSignal.timeout(5_000) }).then((response) => response.status, () => 503);
    while ((await status(`${process.operationsUrl}/readyz`)) !== 503) await systemClock.sleep(5);
    const redAfterMs = performance.now() - began;
    const ending = await process.ended;
    slow.push(`red after ${Math.round(redAfterMs)} ms, ended after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    expect(ending).toBe('0');
    expect(performance.now() - began).toBeLessThan(28_000);
    fault.stop();
    await installation.leasesRunOut();
    await installation.start();
    stopping.abort();
    await loading;
    const message = () => slack.channel('stock-api').messages().at(-1);
    await slack.until(() => /^[✅❓]/u.test(message()?.text ?? ''), { withinMs: 90_000, what: 'how the restart ended' });
    if (message()?.text.startsWith('❓') === true) await slack.press({ as: oncall, channel: 'stock-api', ts: message()!.ts, actionId: buttonOf(message(), 'Look again') });
    await slack.until(() => message()?.text.startsWith('✅') === true, { withinMs: 90_000, what: 'the evidence of the restart' });
  }
  await untilAtRest(installation);
  const verdicts = await installation.check();
  console.log(`${slow.join('\n')}\n${reportOf(verdicts)}`);
  demandAll(verdicts);
}, 60 * 60_000);
