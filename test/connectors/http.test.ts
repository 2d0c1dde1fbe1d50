import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { probeReading } from '../../src/actions/http/probe.ts';
import type { UrlTarget } from '../../src/actions/plan.ts';
import { createHttpPort } from '../../src/connectors/http/http.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function server(listener: RequestListener): Promise<{ port: number; requests: () => number }> {
  let requests = 0;
  const http = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { port: (http.address() as AddressInfo).port, requests: () => requests };
}

const target = (url: string, changes: Partial<UrlTarget> = {}): UrlTarget => ({ kind: 'url', url, method: 'GET', okStatuses: [200], ...changes });
const soon = () => AbortSignal.timeout(10_000);
const ours = { allowPrivate: () => true };

for (const host of [
  '127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '169.254.169.254', '10.0.0.1', '192.168.1.1', '172.16.0.1',
  '100.64.0.1', '0.0.0.0', '[fd00::1]', '[fe80::1]', '[64:ff9b::7f00:1]', '255.255.255.255', '224.0.0.1', 'localhost', '%31%32%37.0.0.1',
]) {
  test(`${host} is not asked unless it is listed (T-11)`, async () => {
    const canary = await server((_request, response) => response.end('secret'));
    await expect(createHttpPort().probe(target(`http://${host}:${canary.port}/`), soon())).rejects.toThrow('is not a public address');
    expect(canary.requests()).toBe(0);
  });
}

test('a name that resolves to a public and to a private address is not asked at all (T-11, rebinding)', async () => {
  const canary = await server((_request, response) => response.end('secret'));
  const port = createHttpPort({ resolve: async () => [{ address: '93.184.216.34', family: 4 }, { address: '127.0.0.1', family: 4 }] });
  await expect(port.probe(target(`http://rebinding.example.com:${canary.port}/`), soon())).rejects.toThrow('not a public address');
  expect(canary.requests()).toBe(0);
});

for (const url of ['ftp://example.com/', 'file:///etc/passwd', 'https://user:password@example.com/', 'example.com']) {
  test(`${url} is no address to ask`, async () => {
    await expect(createHttpPort(ours).probe(target(url), soon())).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });
}

test('a redirect is told and not followed (T-11)', async () => {
  const canary = await server((_request, response) => response.end('secret'));
  const first = await server((_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${canary.port}/` }).end());
  expect(await createHttpPort(ours).probe(target(`http://127.0.0.1:${first.port}/`), soon())).toMatchObject({ status: 302, location: `http://127.0.0.1:${canary.port}/` });
  expect(canary.requests()).toBe(0);
});

test('HEAD falls back to GET where the server does not know it (SV-38)', async () => {
  const { port, requests } = await server((request, response) => response.writeHead(request.method === 'HEAD' ? 405 : 401).end('no key'));
  expect(await createHttpPort(ours).probe(target(`http://127.0.0.1:${port}/`, { method: 'HEAD' }), soon())).toMatchObject({ method: 'GET', status: 401, body: 'no key' });
  expect(requests()).toBe(2);
});

test('a body is cut at 64 KiB', async () => {
  const { port } = await server((_request, response) => response.end('x'.repeat(200_000)));
  const answer = await createHttpPort(ours).probe(target(`http://127.0.0.1:${port}/`), soon());
  expect([answer.body.length, answer.isBodyCut]).toEqual([65_536, true]);
});

test('a server that never answers ends the probe at its deadline', async () => {
  const { port } = await server(() => undefined);
  await expect(createHttpPort({ ...ours, timeoutMs: 200 }).probe(target(`http://127.0.0.1:${port}/`), soon())).rejects.toMatchObject({ code: 'PROBE_FAILED' });
});

const answer = { method: 'GET', status: 200, contentType: 'application/json', body: '{"status":"ok","checks":{"database":false}}', isBodyCut: false, location: null, totalMs: 180 } as const;
for (const [why, expected, changes, state, line] of [
  ['as expected', { status: 'ok' }, {}, 'good', undefined],
  ['a field of a field that differs', { 'checks.database': true }, {}, 'bad', 'checks.database is false, expected true'],
  ['a field that is missing', { version: '1' }, {}, 'bad', 'version is missing, expected "1"'],
  ['a field of Object.prototype (T-24)', { constructor: 'x' }, {}, 'bad', 'constructor is missing, expected "x"'],
  ['no JSON', { status: 'ok' }, { body: '<html>' }, 'bad', 'The answer is not JSON.'],
  ['another status', {}, { status: 503, body: 'down' }, 'bad', 'Expected 200.'],
] as const) {
  test(`a probe judges ${why}: ${state}`, () => {
    const reading = probeReading(target('https://api.example.com/health', { expectJson: expected }), { ...answer, ...changes });
    expect(reading.state).toBe(state);
    if (line !== undefined) expect(reading.lines).toContain(line);
  });
}
