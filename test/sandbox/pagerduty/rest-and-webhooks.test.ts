/**
 * Goal: the REST API is as strict as PagerDuty's about who asks, and what people do there reaches a subscriber signed, in order and
 * more than once where the subscriber does not take it. Method: a subscriber of our own on loopback.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { startPagerDutyStandIn } from '../../../sandbox/pagerduty/pagerduty.ts';
import { signatures } from '../../../sandbox/pagerduty/webhooks.ts';
import { systemClock, type Clock } from '../../../src/support/clock.ts';

const event = { routing_key: 'R'.repeat(32), event_action: 'trigger', dedup_key: 'one', payload: { summary: 'Pods are down', source: 'stockops', severity: 'critical' } };
const access = { authorization: 'Token token=t', 'content-type': 'application/json' };
const from = { ...access, from: 'ona@example.com' };

/** Time that passes at once, so the waits between tries take none. */
const impatientClock: Clock = { now: () => systemClock.now(), sleep: (_ms, signal) => systemClock.sleep(0, signal) };

async function withOpenIncident() {
  const pagerduty = await startPagerDutyStandIn({ clock: impatientClock });
  await fetch(`${pagerduty.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(event) });
  const id = pagerduty.incidents()[0]?.id ?? '';
  const put = (headers: Record<string, string>, status: string) =>
    fetch(`${pagerduty.url}/incidents/${id}`, { method: 'PUT', headers, body: JSON.stringify({ incident: { type: 'incident_reference', status } }) });
  return { pagerduty, id, put };
}

test('signs as PagerDuty does, also with two secrets while one replaces the other', () => {
  const vectors = JSON.parse(readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8')) as Record<'body' | 'secret' | 'header_single' | 'header_rotating', string>;
  expect(signatures([vectors.secret], vectors.body)).toBe(vectors.header_single);
  expect(signatures(['test-secret-old', vectors.secret], vectors.body).split(',')[1]).toBe(vectors.header_single);
});

test('refuses a caller without a token', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: systemClock });
  const answer = await fetch(`${pagerduty.url}/incidents`);
  expect([answer.status, await answer.json()]).toEqual([401, { error: { message: 'Unauthorized', code: 2006 } }]);
});

for (const [why, headers] of [
  ['no From', access],
  ['a From that is nobody', { ...access, from: 'nobody@example.com' }],
] as const) {
  test(`refuses to change an incident with ${why} (1008)`, async () => {
    const { pagerduty, put } = await withOpenIncident();
    await using _ = pagerduty;
    const answer = await put(headers, 'acknowledged');
    expect([answer.status, await answer.json()]).toEqual([400, { error: { message: 'Requester User Not Found', code: 1008 } }]);
    expect(pagerduty.incidents()[0]?.status).toBe('triggered');
  });
}

test('acknowledges once (1002) and resolves once (1001)', async () => {
  const { pagerduty, put } = await withOpenIncident();
  await using _ = pagerduty;
  const codes: unknown[] = [];
  for (const status of ['acknowledged', 'acknowledged', 'resolved', 'resolved']) {
    const answer = await put(from, status);
    const body = (await answer.json()) as { error?: { code: number } };
    codes.push(body.error?.code ?? answer.status);
  }
  expect(codes).toEqual([200, 1002, 200, 1001]);
});

test('changes several at once, at most 250', async () => {
  const { pagerduty, id } = await withOpenIncident();
  await using _ = pagerduty;
  const put = (incidents: unknown[]) => fetch(`${pagerduty.url}/incidents`, { method: 'PUT', headers: from, body: JSON.stringify({ incidents }) });
  expect((await put(Array.from({ length: 251 }, () => ({ id, status: 'acknowledged' })))).status).toBe(413);
  expect((await put([{ id, status: 'acknowledged' }])).status).toBe(200);
  expect(pagerduty.incidents()[0]?.status).toBe('acknowledged');
});

test('lists incidents by status and key, and keeps notes', async () => {
  const { pagerduty, id } = await withOpenIncident();
  await using _ = pagerduty;
  const found = (await (await fetch(`${pagerduty.url}/incidents?statuses[]=triggered&incident_key=one`, { headers: access })).json()) as { incidents: unknown[]; more: boolean };
  expect(found).toMatchObject({ incidents: [{ id, incident_key: 'one', urgency: 'high' }], more: false });
  expect(((await (await fetch(`${pagerduty.url}/incidents?statuses[]=resolved`, { headers: access })).json()) as { incidents: unknown[] }).incidents).toEqual([]);
  expect((await fetch(`${pagerduty.url}/incidents/${id}/notes`, { method: 'POST', headers: from, body: JSON.stringify({ note: { content: 'Restarted' } }) })).status).toBe(201);
  expect(await (await fetch(`${pagerduty.url}/incidents/${id}/notes`, { headers: access })).json()).toMatchObject({ notes: [{ content: 'Restarted' }] });
});

test('what a person does in PagerDuty reaches the subscriber signed, in order, under the same id until it is taken', async () => {
  const heard: { id: string; type: string; signedRightly: boolean }[] = [];
  const subscriber = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const parsed = JSON.parse(body) as { event: { event_type: string } };
      heard.push({ id: String(request.headers['x-webhook-id']), type: parsed.event.event_type, signedRightly: request.headers['x-pagerduty-signature'] === signatures(['secret'], body) });
      response.statusCode = heard.length === 1 ? 503 : 200;
      response.end();
    });
  });
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  const address = subscriber.address() as { port: number };
  const { pagerduty } = await withOpenIncident();
  await using _ = pagerduty;
  pagerduty.sendWebhooksTo({ url: `http://127.0.0.1:${address.port}/webhooks/pagerduty`, secrets: ['secret'] });

  pagerduty.actAs.acknowledge('one');
  pagerduty.actAs.resolve('one');
  await pagerduty.webhooksSettled();

  expect(heard.map(({ type }) => type)).toEqual(['incident.acknowledged', 'incident.acknowledged', 'incident.resolved']);
  expect(heard[0]?.id).toBe(heard[1]?.id);
  expect(heard.every(({ signedRightly }) => signedRightly)).toBe(true);
  expect(pagerduty.deliveries.map(({ tries, outcome }) => [tries, outcome])).toEqual([[2, 'delivered'], [1, 'delivered']]);
  subscriber.close();
  subscriber.closeAllConnections();
});
