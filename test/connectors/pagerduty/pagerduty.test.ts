/**
 * Goal: the caller can trust three words: accepted, refused, lost; nothing is sent twice behind its back; and no secret comes back in a
 * reason. Method: one table of answers over a server of our own, then the stand-in of PagerDuty.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { startPagerDutyStandIn } from '../../../sandbox/pagerduty/pagerduty.ts';
import { createPagerDuty } from '../../../src/connectors/pagerduty/pagerduty.ts';
import type { PageEvent } from '../../../src/escalation/pagerduty-port.ts';
import { systemClock } from '../../../src/support/clock.ts';

const routingKey = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const token = 'u+very-secret-token';
const page: PageEvent = {
  routingKey,
  action: 'trigger',
  dedupKey: 'stockops:INC-42:1',
  summary: 'P1 · Stock Service · production: 2 of 3 pods do not answer',
  source: 'stock-service/production',
  severity: 'critical',
  customDetails: { incident: 'INC-42' },
  links: [{ href: 'https://example.com/graph', text: 'Graph' }],
  timestamp: new Date('2026-11-22T02:14:00Z'),
};

async function startServer(answer: (response: ServerResponse) => void): Promise<AsyncDisposable & { url: string; server: Server; requests: () => number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    request.on('end', () => answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const answers = (status: number, body = '', headers: Record<string, string> = {}) => (response: ServerResponse) => void response.writeHead(status, headers).end(body);

for (const [answer, respond, expected] of [
  ['202', answers(202, '{"status":"success"}'), { status: 'accepted' }],
  ['202 with a body that is not JSON', answers(202, '<html>'), { status: 'accepted' }],
  ['200, which PagerDuty never answers', answers(200, '{}'), { status: 'refused', permanent: false }],
  ['a redirect', answers(302, '', { location: 'https://example.com/' }), { status: 'refused', permanent: false }],
  ['400', answers(400, `{"message":"Event object is invalid","errors":["'routing_key' ${routingKey} is unknown"]}`), { status: 'refused', permanent: true }],
  ['403 of a proxy', answers(403, '<html>'), { status: 'refused', permanent: false }],
  ['413', answers(413), { status: 'refused', permanent: true }],
  ['429', answers(429), { status: 'refused', permanent: false }],
  ['500', answers(500, `<html>${routingKey}</html>`), { status: 'refused', permanent: false }],
  ['503', answers(503), { status: 'refused', permanent: false }],
  ['504', answers(504), { status: 'lost' }],
  ['a connection that breaks', (response: ServerResponse) => void response.socket?.destroy(), { status: 'lost' }],
  ['silence', () => undefined, { status: 'lost' }],
] as const) {
  test(`${answer} means ${expected.status}${'permanent' in expected ? (expected.permanent ? ' for good' : ' for now') : ''}, is asked once, and tells no secret`, async () => {
    await using server = await startServer(respond);
    // A short deadline only where it is what ends the call: a busy machine may need longer for an answer.
    const pagerduty = createPagerDuty({ eventsUrl: server.url, apiUrl: server.url, token, deadlineMs: answer === 'silence' ? 300 : 60_000 });
    const receipt = await pagerduty.send(page);
    expect(receipt).toMatchObject(expected);
    expect(server.requests()).toBe(1);
    expect(JSON.stringify(receipt)).not.toContain(routingKey);
  });
}

test('a port where nobody listens means refused for now, because nothing can have been taken', async () => {
  const server = await startServer(answers(202));
  await server[Symbol.asyncDispose]();
  const receipt = await createPagerDuty({ eventsUrl: server.url, apiUrl: server.url }).send(page);
  expect(receipt).toEqual({ status: 'refused', reason: 'PagerDuty could not be reached (ECONNREFUSED).', permanent: false });
});

test('a routing key that cannot be one is refused for good, without a request', async () => {
  await using server = await startServer(answers(202));
  const receipt = await createPagerDuty({ eventsUrl: server.url, apiUrl: server.url }).send({ ...page, routingKey: 'CHANGE-ME' });
  expect(receipt).toMatchObject({ status: 'refused', permanent: true });
  expect(server.requests()).toBe(0);
});

for (const [what, event] of [
  ['a summary of 5,000 characters', { ...page, summary: '🔥'.repeat(2_500) }],
  ['an empty summary and source', { ...page, summary: ' ', source: '' }],
  ['a key of 400 characters', { ...page, dedupKey: 'k'.repeat(400) }],
  ['details of 600 KB', { ...page, customDetails: { log: 'x'.repeat(600 * 1024) } }],
  ['a link that is none', { ...page, links: [{ href: 'javascript:alert(1)', text: 'x' }] }],
] as const) {
  test(`${what} still gives an event that PagerDuty takes`, async () => {
    await using standIn = await startPagerDutyStandIn({ clock: systemClock });
    expect(await createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url }).send(event)).toEqual({ status: 'accepted' });
    expect(standIn.incidents()).toHaveLength(1);
  });
}

test('a link that no browser should follow is left out, and the others stay', async () => {
  await using standIn = await startPagerDutyStandIn({ clock: systemClock });
  const pagerduty = createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url });
  const script = { href: 'javascript:alert(1)', text: 'x' };
  await pagerduty.send({ ...page, links: [script] });
  await pagerduty.send({ ...page, links: [script, ...page.links] });
  expect(standIn.received.map(({ event }) => event?.links)).toEqual([[], page.links]);
});

test('a key that is too long resolves what it opened, and nothing whose key only begins like it', async () => {
  await using standIn = await startPagerDutyStandIn({ clock: systemClock });
  const pagerduty = createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url });
  const event = { ...page, dedupKey: 'k'.repeat(400) };
  await pagerduty.send(event);
  await pagerduty.send({ ...event, dedupKey: `${'k'.repeat(255)}another end` });
  await pagerduty.send({ ...event, action: 'resolve' });
  expect(standIn.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'triggered' }]);
});

test('an answer that was lost is a page that was taken, and sending it again folds', async () => {
  await using standIn = await startPagerDutyStandIn({ clock: systemClock });
  const pagerduty = createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url });
  standIn.fault({ kind: 'loses the answer' });
  expect(await pagerduty.send(page)).toMatchObject({ status: 'lost' });
  standIn.fault(undefined);
  expect(await pagerduty.send(page)).toEqual({ status: 'accepted' });
  expect(standIn.incidents()).toMatchObject([{ triggers: 2 }]);
});

test('tells who is on call, by name, with the end of the turn', async () => {
  await using standIn = await startPagerDutyStandIn({ clock: systemClock });
  const answer = await createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url, token }).onCall('PSCHED1');
  expect(answer).toMatchObject({ status: 'known', people: [{ userId: 'PUSER01', name: 'On-call engineer', email: 'ona@example.com' }] });
});

for (const [answer, respond] of [
  ['401', answers(401, `{"error":{"message":"${token}"}}`)],
  ['500 with HTML', answers(500, `<html>${token}</html>`)],
  ['429, which the client would repeat by itself', answers(429, `{"error":{"code":2020}}`)],
  ['a redirect', answers(302, '', { location: 'https://example.com/' })],
  ['a broken connection', (response: ServerResponse) => void response.socket?.destroy()],
  ['silence', () => undefined],
] as const) {
  test(`on call is not known after ${answer}; asked once, no secret told`, async () => {
    await using server = await startServer(respond);
    const pagerduty = createPagerDuty({ eventsUrl: server.url, apiUrl: server.url, token, deadlineMs: 300 });
    const onCall = await pagerduty.onCall('PSCHED1');
    expect(onCall.status).toBe('unknown');
    expect(JSON.stringify(onCall)).not.toContain(token);
    expect(server.requests()).toBe(1);
  });
}

test('the client repeats nothing after our deadline either', async () => {
  await using server = await startServer(answers(429));
  await createPagerDuty({ eventsUrl: server.url, apiUrl: server.url, token, deadlineMs: 50 }).onCall('PSCHED1');
  await systemClock.sleep(1_300);
  expect(server.requests()).toBe(1);
});

test('without a token nobody is asked, and who is on call is not known', async () => {
  await using standIn = await startPagerDutyStandIn({ clock: systemClock });
  expect(await createPagerDuty({ eventsUrl: standIn.url, apiUrl: standIn.url }).onCall('PSCHED1')).toEqual({ status: 'unknown', reason: 'PAGERDUTY_API_TOKEN is not set.' });
});
