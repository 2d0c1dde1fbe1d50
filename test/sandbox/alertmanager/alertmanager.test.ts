/**
 * Goal: whoever works with this stand-in works with Alertmanager: the same identities, groups, reasons and, above all, the same rule of what
 * is tried again. Method: a receiver of our own that answers as told, and a clock that only the test moves.
 */
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { startAlertmanager, type AlertmanagerOptions } from '../../../sandbox/alertmanager/alertmanager.ts';
import { fingerprint } from '../../../sandbox/alertmanager/fingerprint.ts';
import { groupKeyOf } from '../../../sandbox/alertmanager/payload.ts';
import { shiftableClock } from '../../../sandbox/clock.ts';
import { AlertGroup } from '../../../src/alerts/notification.ts';
import { systemClock } from '../../../src/support/clock.ts';

const labels = { alertname: 'ServiceDown', system: 'stock-service', severity: 'critical' };
const minute = 60_000;

interface Heard {
  readonly notification: AlertGroup & { alerts: { status: string; labels: Record<string, string>; fingerprint: string; startsAt: string; endsAt: string }[]; notification_reason: string };
  readonly authorization: string | undefined;
  readonly body: string;
}

async function startPair(options: Partial<AlertmanagerOptions> = {}, answer: (heard: number) => number = () => 200) {
  const heard: Heard[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const parsed = JSON.parse(body) as Heard['notification'];
      heard.push({ notification: { ...parsed, ...AlertGroup.parse(parsed), alerts: parsed.alerts }, authorization: request.headers.authorization, body });
      response.writeHead(answer(heard.length), { connection: 'close' }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const clock = shiftableClock(systemClock);
  const { port } = receiver.address() as { port: number };
  const alertmanager = await startAlertmanager({ clock, webhook: { url: `http://127.0.0.1:${port}/webhooks/alertmanager`, token: 'knock' }, ...options });
  /** Moves time on until the receiver has heard that many. */
  const hears = async (count: number, stepMs: number, pauseMs = 5) => {
    for (let step = 0; step < 200 && alertmanager.sent.length < count; step += 1) {
      clock.advance(stepMs);
      await systemClock.sleep(pauseMs);
    }
    return heard;
  };
  return {
    alertmanager,
    clock,
    heard,
    hears,
    [Symbol.asyncDispose]: async () => {
      await alertmanager.stop();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    },
  };
}

for (const [expected, set] of [
  ['b11195e78f1b949a', { alertname: 'HighErrorRate', cluster: 'feas', instance: '127.0.0.1:47750', job: 'demo', severity: 'critical', svc: 'checkout', team: 'payments' }],
  ['fe5b58ff47a8a3c1', { alertname: 'HighErrorRate', cluster: 'feas', instance: '127.0.0.1:47750', job: 'demo', severity: 'critical', svc: 'billing', team: 'payments' }],
  ['f079a29243ed537a', { alertname: 'M', i: '1', mode: 's500' }],
] as const) {
  test(`fingerprint ${expected} is the one that a real Alertmanager gave these labels`, () => {
    expect(fingerprint(set)).toBe(expected);
  });
}

test('prints the key of a group as Go does', () => {
  expect(groupKeyOf({ team: 'pay"ments', alertname: 'HighErrorRate' })).toBe('{}:{alertname="HighErrorRate", team="pay\\"ments"}');
});

test('tells of a firing alert after group_wait, with the bearer token, as version 4', async () => {
  await using pair = await startPair();
  pair.alertmanager.fire({ labels, annotations: { summary: 'Pods are down' } });
  const [first] = await pair.hears(1, 10_000);
  expect(first?.authorization).toBe('Bearer knock');
  expect(first?.notification).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'stockops',
    groupKey: '{}:{alertname="ServiceDown", system="stock-service"}',
    notification_reason: 'first notification',
    commonLabels: labels,
    commonAnnotations: { summary: 'Pods are down' },
    truncatedAlerts: 0,
    alerts: [{ status: 'firing', endsAt: '0001-01-01T00:00:00Z', fingerprint: fingerprint(labels) }],
  });
});

test('an alert that ends before group_wait is never told', async () => {
  await using pair = await startPair();
  pair.alertmanager.fire({ labels });
  pair.alertmanager.resolve(labels);
  pair.alertmanager.fire({ labels: { ...labels, alertname: 'HighLatency' } });
  await pair.hears(1, 31_000);
  expect(pair.heard.map(({ notification }) => notification.groupLabels['alertname'])).toEqual(['HighLatency']);
});

test('tells new, some ended, all ended, each at its group_interval and with its reason', async () => {
  await using pair = await startPair();
  const second = { ...labels, pod: 'two' };
  pair.alertmanager.fire({ labels });
  await pair.hears(1, minute);
  pair.alertmanager.fire({ labels: second });
  await pair.hears(2, minute);
  pair.alertmanager.resolve(second);
  await pair.hears(3, minute);
  pair.alertmanager.resolve(labels);
  await pair.hears(4, minute);
  expect(pair.heard.map(({ notification }) => [notification.notification_reason, notification.status, notification.alerts.length])).toEqual([
    ['first notification', 'firing', 1],
    ['new alerts added', 'firing', 2],
    ['some alerts resolved', 'firing', 2],
    ['all alerts resolved', 'resolved', 1],
  ]);
});

test('repeats what still fires after repeat_interval, and not before', async () => {
  await using pair = await startPair({ repeatIntervalMs: 20 * minute });
  pair.alertmanager.fire({ labels });
  await pair.hears(1, minute);
  const toldAtMs = pair.clock.now().getTime();
  await pair.hears(2, minute);
  expect(pair.heard[1]?.notification.notification_reason).toBe('repeat interval elapsed');
  expect(pair.clock.now().getTime() - toldAtMs).toBeGreaterThanOrEqual(19 * minute);
});

test('P-7: a 503 is tried again with the same body until it is taken', async () => {
  await using pair = await startPair({}, (heard) => (heard < 4 ? 503 : 200));
  pair.alertmanager.fire({ labels });
  await pair.hears(1, 1_000);
  expect(pair.alertmanager.sent).toMatchObject([{ tries: 4, outcome: 'delivered', status: 200 }]);
  expect(new Set(pair.heard.map(({ body }) => body)).size).toBe(1);
});

for (const status of [400, 401, 413, 429]) {
  test(`P-7: a ${status} ends the attempt, and the group comes again at the next group_interval`, async () => {
    await using pair = await startPair({}, (heard) => (heard === 1 ? status : 200));
    pair.alertmanager.fire({ labels });
    await pair.hears(1, 10_000);
    const refusedAtMs = pair.clock.now().getTime();
    expect(pair.alertmanager.sent).toMatchObject([{ tries: 1, outcome: 'refused', status }]);
    await pair.hears(2, 10_000);
    expect(pair.clock.now().getTime() - refusedAtMs).toBeGreaterThanOrEqual(4 * minute);
    expect(pair.heard[1]?.notification.notification_reason).toBe('first notification');
  });
}

test('P-7: an alert that was refused and ended before the next group_interval is never told', async () => {
  await using pair = await startPair({}, (heard) => (heard === 1 ? 429 : 200));
  pair.alertmanager.fire({ labels });
  await pair.hears(1, 10_000);
  pair.alertmanager.resolve(labels);
  pair.alertmanager.fire({ labels: { ...labels, alertname: 'HighLatency' }, startsAt: new Date(0) });
  await pair.hears(3, minute);
  expect(pair.heard.map(({ notification }) => notification.groupLabels['alertname'])).toEqual(['ServiceDown', 'HighLatency']);
});

test('leaves out what is over max_alerts and says how many', async () => {
  await using pair = await startPair({ maxAlerts: 2 });
  for (const pod of ['a', 'b', 'c']) pair.alertmanager.fire({ labels: { ...labels, pod } });
  const [first] = await pair.hears(1, 31_000);
  expect(first?.notification).toMatchObject({ truncatedAlerts: 1, alerts: [{ labels: { pod: 'a' } }, { labels: { pod: 'b' } }] });
});

test('the second of a pair stays quiet when the first was heard', async () => {
  await using pair = await startPair({ peers: 'pair' });
  pair.alertmanager.fire({ labels });
  // The second waits 15 s for word of the first, so the first must have had the time to be answered.
  await pair.hears(1, 10_000, 500);
  await pair.hears(2, minute);
  expect(new Set(pair.alertmanager.sent.map(({ externalURL }) => externalURL)).size).toBe(1);
});

test('a pair that cannot see each other tells everything twice, under two addresses', async () => {
  await using pair = await startPair({ peers: 'partitioned' });
  pair.alertmanager.fire({ labels });
  await pair.hears(2, 31_000);
  expect(new Set(pair.heard.map(({ notification }) => notification.externalURL)).size).toBe(2);
  expect(new Set(pair.heard.map(({ notification }) => notification.groupKey)).size).toBe(1);
});

test('an alert that fires again has the same fingerprint and a new start', async () => {
  await using pair = await startPair();
  pair.alertmanager.fire({ labels });
  await pair.hears(1, minute);
  pair.alertmanager.resolve(labels);
  await pair.hears(2, minute);
  pair.alertmanager.fire({ labels });
  const [first, , third] = await pair.hears(3, minute);
  expect(third?.notification.alerts[0]?.fingerprint).toBe(first?.notification.alerts[0]?.fingerprint);
  expect(third?.notification.alerts[0]?.startsAt).not.toBe(first?.notification.alerts[0]?.startsAt);
});

test('flapping fires and ends in turn, and ends when it is stopped', async () => {
  await using pair = await startPair({ groupWaitMs: 0, groupIntervalMs: 30_000 });
  const stop = pair.alertmanager.flap({ labels }, 31_000);
  await pair.hears(4, 10_000);
  expect(pair.heard.map(({ notification }) => notification.status).slice(0, 4)).toEqual(['firing', 'resolved', 'firing', 'resolved']);
  stop();
  await systemClock.sleep(5);
  expect(pair.alertmanager.standing()).toEqual([]);
});

test('while silent nothing is sent, and what still fires is told afterwards', async () => {
  await using pair = await startPair();
  pair.alertmanager.silent(true);
  pair.alertmanager.fire({ labels });
  pair.clock.advance(10 * minute);
  await systemClock.sleep(20);
  expect(pair.heard).toEqual([]);
  pair.alertmanager.silent(false);
  await pair.hears(1, minute);
  expect(pair.heard).toHaveLength(1);
});
