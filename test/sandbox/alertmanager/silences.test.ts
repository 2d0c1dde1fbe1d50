/** Goal: silences behave as in Alertmanager's API v2, traps included. Method: the API over loopback, and how alerts then stand. */
import { expect, test } from 'vitest';
import { startAlertmanager } from '../../../sandbox/alertmanager/alertmanager.ts';
import { systemClock } from '../../../src/support/clock.ts';

const inAnHour = () => new Date(systemClock.now().getTime() + 3_600_000).toISOString();
const anHourAgo = () => new Date(systemClock.now().getTime() - 3_600_000).toISOString();
const silence = () => ({ matchers: [{ name: 'alertname', value: 'ServiceDown', isRegex: false }], startsAt: anHourAgo(), endsAt: inAnHour(), createdBy: 'ona', comment: 'known' });

async function start() {
  const alertmanager = await startAlertmanager({ clock: systemClock });
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${alertmanager.url}/api/v2${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, text, json: (text === '' ? undefined : safeJson(text)) as Record<string, unknown> & { length: number } };
  };
  return { alertmanager, call };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

for (const [why, change, complaint] of [
  ['without matchers', { matchers: [] }, 'matchers'],
  ['that ends before it starts', { startsAt: inAnHour(), endsAt: anHourAgo() }, 'start time must be before end time'],
  ['that is over already', { startsAt: '2020-01-01T00:00:00Z', endsAt: '2020-01-02T00:00:00Z' }, "end time can't be in the past"],
  ['that would hide everything', { matchers: [{ name: 'alertname', value: '.*', isRegex: true }] }, 'must not match the empty string'],
  ['whose expression cannot be read', { matchers: [{ name: 'alertname', value: '(', isRegex: true }] }, 'invalid label matcher'],
  ['without an author', { createdBy: undefined }, 'createdBy'],
] as const) {
  test(`refuses a silence ${why}`, async () => {
    const { alertmanager, call } = await start();
    await using _ = alertmanager;
    const answer = await call('POST', '/silences', { ...silence(), ...change });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(complaint);
  });
}

test('every POST makes another silence, with its start moved to now', async () => {
  const { alertmanager, call } = await start();
  await using _ = alertmanager;
  const first = await call('POST', '/silences', silence());
  const second = await call('POST', '/silences', silence());
  expect(first.json['silenceID']).not.toBe(second.json['silenceID']);
  const shown = await call('GET', `/silence/${String(first.json['silenceID'])}`);
  expect(shown.json).toMatchObject({ status: { state: 'active' }, comment: 'known' });
  expect(Date.parse(String(shown.json['startsAt']))).toBeGreaterThan(Date.parse(anHourAgo()) + 1_000_000);
});

test('another comment keeps the id; other matchers end the old silence and make a new one', async () => {
  const { alertmanager, call } = await start();
  await using _ = alertmanager;
  const id = String((await call('POST', '/silences', silence())).json['silenceID']);
  expect((await call('POST', '/silences', { ...silence(), id, comment: 'still' })).json['silenceID']).toBe(id);
  const other = String((await call('POST', '/silences', { ...silence(), id, matchers: [{ name: 'alertname', value: 'HighLatency', isRegex: false }] })).json['silenceID']);
  expect(other).not.toBe(id);
  expect((await call('GET', `/silence/${id}`)).json).toMatchObject({ status: { state: 'expired' }, comment: 'still' });
  expect((await call('GET', `/silence/${other}`)).json).toMatchObject({ status: { state: 'active' }, matchers: [{ value: 'HighLatency' }] });
});

test('ending is 200 also a second time, and 404 for what never was', async () => {
  const { alertmanager, call } = await start();
  await using _ = alertmanager;
  const id = String((await call('POST', '/silences', silence())).json['silenceID']);
  expect([(await call('DELETE', `/silence/${id}`)).status, (await call('DELETE', `/silence/${id}`)).status, (await call('DELETE', '/silence/none')).status]).toEqual([200, 200, 404]);
});

test('a silenced alert stands as suppressed', async () => {
  const { alertmanager, call } = await start();
  await using _ = alertmanager;
  await call('POST', '/silences', silence());
  for (const alertname of ['ServiceDown', 'HighLatency']) alertmanager.fire({ labels: { alertname } });
  const standing = (await call('GET', '/alerts')).json as unknown as { labels: { alertname: string }; status: { state: string } }[];
  expect(standing.map(({ labels, status }) => [labels.alertname, status.state])).toEqual([['ServiceDown', 'suppressed'], ['HighLatency', 'active']]);
});

test('alerts can also be posted, as Prometheus does', async () => {
  const { alertmanager, call } = await start();
  await using _ = alertmanager;
  expect((await call('POST', '/alerts', [{ labels: { alertname: 'ServiceDown' }, annotations: {} }])).status).toBe(200);
  expect(alertmanager.standing()).toHaveLength(1);
  expect((await call('POST', '/alerts', [{ labels: { alertname: 'ServiceDown' }, endsAt: anHourAgo() }])).status).toBe(200);
  expect(alertmanager.standing()).toEqual([]);
  expect((await call('POST', '/alerts', [{ labels: {} }])).status).toBe(400);
});
