/**
 * Goal: the stand-in refuses what PagerDuty's Events API v2 refuses, and models its alerts as PagerDuty does, so that a bot that works
 * against it pages people rightly. Method: the real protocol over loopback, with a clock that stands still.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPagerDutyStandIn } from '../../../sandbox/pagerduty/pagerduty.ts';
import { manualClock } from '../../../src/support/clock.ts';

const key = 'R'.repeat(32);
const start = new Date('2026-11-22T02:14:00Z');
const trigger = { routing_key: key, event_action: 'trigger', dedup_key: 'one', payload: { summary: 'Pods are down', source: 'stockops', severity: 'critical' } };
const acknowledge = { routing_key: key, event_action: 'acknowledge', dedup_key: 'one' };
const resolve = { routing_key: key, event_action: 'resolve', dedup_key: 'one' };

async function enqueue(url: string, event: unknown): Promise<{ status: number; body: { errors?: string[]; dedup_key?: string } }> {
  const response = await fetch(`${url}/v2/enqueue`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof event === 'string' ? event : JSON.stringify(event) });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

for (const [why, event, complaint] of [
  ['text that is not JSON', '{"routing_key":', 'JSON parse error'],
  ['a routing key of another length', { ...trigger, routing_key: 'short' }, 'routing_key'],
  ['an action that does not exist', { ...trigger, event_action: 'escalate' }, 'event_action'],
  ['a trigger without a payload', { routing_key: key, event_action: 'trigger' }, 'payload'],
  ['a severity of our own', { ...trigger, payload: { ...trigger.payload, severity: 'P1' } }, 'payload.severity'],
  ['a summary over 1024 characters', { ...trigger, payload: { ...trigger.payload, summary: 'x'.repeat(1025) } }, 'payload.summary'],
  ['an empty source', { ...trigger, payload: { ...trigger.payload, source: '' } }, 'payload.source'],
  ['a dedup_key over 255 characters', { ...trigger, dedup_key: 'x'.repeat(256) }, 'dedup_key'],
  ['an acknowledgement of nothing named', { routing_key: key, event_action: 'acknowledge' }, 'dedup_key'],
  ['an image that is not served over https', { ...trigger, images: [{ src: 'http://example.com/graph.png' }] }, 'images.0.src'],
] as const) {
  test(`refuses ${why} with 400 and a reason`, async () => {
    await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
    const answer = await enqueue(pagerduty.url, event);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.join()).toContain(complaint);
    expect(pagerduty.incidents()).toEqual([]);
  });
}

test('refuses a body over 512 KB', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  const answer = await enqueue(pagerduty.url, { ...trigger, payload: { ...trigger.payload, custom_details: 'x'.repeat(512 * 1024) } });
  expect(answer.status).toBe(413);
});

test('folds a trigger into the open alert of the same routing key only', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  for (const event of [trigger, trigger, { ...trigger, routing_key: 'S'.repeat(32) }]) expect((await enqueue(pagerduty.url, event)).status).toBe(202);
  expect(pagerduty.incidents().map(({ routingKey, triggers }) => [routingKey[0], triggers])).toEqual([['R', 2], ['S', 1]]);
});

test('an acknowledgement sticks when the same trigger comes again', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  for (const event of [trigger, acknowledge, trigger]) await enqueue(pagerduty.url, event);
  expect(pagerduty.incidents().map(({ status }) => status)).toEqual(['acknowledged']);
});

test('a trigger after a resolve opens a new alert, which would page somebody again (P-9)', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  for (const event of [trigger, resolve, trigger]) await enqueue(pagerduty.url, event);
  expect(pagerduty.incidents().map(({ status }) => status)).toEqual(['resolved', 'triggered']);
});

test('accepts and drops an acknowledgement or resolve of nothing that is open', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  for (const event of [acknowledge, resolve]) expect((await enqueue(pagerduty.url, event)).status).toBe(202);
  expect(pagerduty.incidents()).toEqual([]);
});

test('names the alert itself when the trigger does not', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  const { dedup_key: _, ...unnamed } = trigger;
  const answer = await enqueue(pagerduty.url, unnamed);
  expect(answer.body.dedup_key).toBe(pagerduty.incidents()[0]?.dedupKey);
});

test('takes 120 events in a minute per routing key, and the next when the minute has passed', async () => {
  const clock = manualClock(start);
  await using pagerduty = await startPagerDutyStandIn({ clock });
  for (let sent = 0; sent < 120; sent += 1) expect((await enqueue(pagerduty.url, trigger)).status).toBe(202);
  expect((await enqueue(pagerduty.url, trigger)).status).toBe(429);
  expect((await enqueue(pagerduty.url, { ...trigger, routing_key: 'S'.repeat(32) })).status).toBe(202);
  clock.moveTo(new Date(start.getTime() + 60_000));
  expect((await enqueue(pagerduty.url, trigger)).status).toBe(202);
});

test('refuses 19 of 20 events in its bad hour and takes the twentieth (P-10)', async () => {
  await using pagerduty = await startPagerDutyStandIn({ clock: manualClock(start) });
  pagerduty.fault({ kind: 'refuses', share: 0.95 });
  for (let sent = 0; sent < 40; sent += 1) await enqueue(pagerduty.url, trigger);
  expect(pagerduty.received.filter(({ status }) => status === '202')).toHaveLength(2);
  pagerduty.fault(undefined);
  expect((await enqueue(pagerduty.url, trigger)).status).toBe(202);
});

test('keeps its incidents over a restart', async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'pagerduty-')), 'state.json');
  await using before = await startPagerDutyStandIn({ clock: manualClock(start), stateFile });
  await enqueue(before.url, trigger);
  await before.stop();
  await using after = await startPagerDutyStandIn({ clock: manualClock(start), stateFile });
  expect(after.incidents()).toEqual(before.incidents());
  await enqueue(after.url, trigger);
  expect(after.incidents()).toMatchObject([{ triggers: 2 }]);
});
