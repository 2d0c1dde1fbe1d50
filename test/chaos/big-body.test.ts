import { expect, test } from 'vitest';
import { systemClock } from '../../src/support/clock.ts';
import { demandAll, reportOf } from '../harness/checker.ts';
import { notificationOf } from '../harness/test-bot.ts';
import { startInstallation } from './bot-process.ts';

/**
 * Goal: a body of 16 MiB with 10,000 alerts holds up nobody who presses a button meanwhile (F-46).
 * Method: commands one after the other while it is taken and applied; how long Slack waited for each acknowledgement, and how long the event loop stood still
 * at most, are printed and stand in docs/figures.md. Slack's own limit is three seconds: no command may be told that it failed.
 */
test('F-46: 16 MiB with 10,000 alerts while somebody types commands: every one is acknowledged', async () => {
  await using installation = await startInstallation();
  const process = await installation.start();
  const { slack } = installation.standIns;
  const startsAt = systemClock.now();
  const alerts = Array.from({ length: 10_000 }, (_, index) => ({
    labels: { alertname: 'MyStocksDown', namespace: 'mystocks', severity: 'critical', instance: `10.0.${index >> 8}.${index & 255}:8080` },
    annotations: { description: 'x'.repeat(1_150) },
    startsAt,
    endsAt: null,
  }));
  const body = notificationOf(alerts);
  const sizeMiB = Buffer.byteLength(JSON.stringify(body)) / 2 ** 20;
  expect(sizeMiB).toBeGreaterThan(14);
  expect(sizeMiB).toBeLessThan(16);

  const acknowledgedAfterMs: number[] = [];
  const refused: unknown[] = [];
  const done = new AbortController();
  const typing = (async () => {
    while (!done.signal.aborted) {
      const { ackedAfterMs, problem } = await slack.command({ as: 'U0SUPPORT', channel: 'mystocks', command: '/stock', text: 'help' });
      if (problem !== null) refused.push(problem);
      if (ackedAfterMs !== null) acknowledgedAfterMs.push(ackedAfterMs);
      await systemClock.sleep(100);
    }
  })();
  await systemClock.sleep(1_000);
  const idleMs = Math.max(...acknowledgedAfterMs);
  const sentAt = performance.now();
  const status = await installation.send(body);
  const takenAfterMs = performance.now() - sentAt;
  const count = async (): Promise<number> => installation.query(async (db) => Number((await db.selectFrom('alerts').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count));
  while ((await count()) < alerts.length) await systemClock.sleep(100);
  const appliedAfterMs = performance.now() - sentAt;
  await systemClock.sleep(2_000);
  done.abort();
  await typing;
  const metrics = await (await fetch(`${process.operationsUrl}/metrics`)).text();
  const lag = /^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(metrics)?.[1];
  const sorted = acknowledgedAfterMs.toSorted((a, b) => a - b);
  console.log(
    `${sizeMiB.toFixed(1)} MiB, ${alerts.length} alerts: taken (${status ?? 'no answer'}) after ${Math.round(takenAfterMs)} ms, applied after ${Math.round(appliedAfterMs)} ms; ${sorted.length} commands acknowledged, ` +
      `median ${sorted[sorted.length >> 1]} ms, longest ${sorted.at(-1)} ms (before the body ${idleMs} ms); the event loop stood still for at most ${Math.round(Number(lag) * 1_000)} ms`,
  );
  expect(status).toBe(200);
  expect(refused).toEqual([]);
  const verdicts = await installation.check();
  console.log(reportOf(verdicts));
  demandAll(verdicts);
}, 600_000);
