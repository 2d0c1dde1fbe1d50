import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { probeReading } from '../../src/actions/http/probe.ts';
import type { UrlTarget } from '../../src/actions/plan.ts';
import { createHttpPort } from '../../src/connectors/http/http.ts';
import { isPublicAddress } from '../../src/connectors/http/private-addresses.ts';

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

/** Counts connections, not requests: what is refused is not even knocked at. */
async function canary(): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const listening = createTcpServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listening.listen(0, resolve));
  cleanups.push(() => new Promise((resolve) => listening.close(resolve)));
  return { port: (listening.address() as AddressInfo).port, connections: () => connections };
}

const hostile = [
  '127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f.0.0.1', '0x7f000001', '0177.0.0.1', '017700000001', '00000177.0.0.1', '127.0.0.1.', '%31%32%37.0.0.1', '127。0。0。1', '①②⑦.0.0.1', 'localhost', 'LOCALHOST', 'localhost.', 'loc%61lhost',
  '0.0.0.0', '0', '[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[fec0::1]',
  '169.254.169.254', '2852039166', '0xa9fea9fe', '[::ffff:a9fe:a9fe]', '[fd00:ec2::254]', '100.100.100.200', '168.63.129.16.nip.io@127.0.0.1',
  '10.0.0.1', '192.168.1.1', '172.16.0.1', '172.31.255.255', '100.64.0.1', '192.0.0.192', '198.18.0.1', '[fd00::1]', '[fe80::1]', '[fe80::1%25lo]', '255.255.255.255', '224.0.0.1', '[ff02::1]', '240.0.0.1',
  'public.example.com@127.0.0.1', 'user:password@127.0.0.1', '127.0.0.1:80@127.0.0.1', 'public.example.com\\@127.0.0.1', '127.0.0.1\\.public.example.com', '\t127.0.0.1', '127.0.\n0.1', ' 127.0.0.1', '127.0.0.1#', 'ⓛocalhost', '[::1', '256.0.0.1', '',
];
for (const host of hostile)
  test(`T-11: ${JSON.stringify(host)} is not asked unless it is listed`, async () => {
    const trap = await canary();
    const port = createHttpPort({ timeoutMs: 500, resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    for (const url of [`http://${host}:${trap.port}/`, `https://${host}:${trap.port}/`, `https://${host}/`])
      await expect(port.probe(target(url), soon()), url).rejects.toMatchObject({ code: expect.stringMatching(/^(PROBE_FAILED|NOT_CONFIGURED)$/) as string });
    expect(trap.connections()).toBe(0);
    await port.close();
  });

for (const address of ['::127.0.0.1', '::7f00:1', 'fec0::1', '4000::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', 'fd00::1', 'not an address'])
  test(`T-11: ${address} is no public address`, () => expect(isPublicAddress(address)).toBe(false));
for (const address of ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946']) test(`${address} is a public address`, () => expect(isPublicAddress(address)).toBe(true));

test('T-11: a name that resolves to a public and to a private address is not asked at all', async () => {
  const trap = await canary();
  const port = createHttpPort({ resolve: async () => [{ address: '93.184.216.34', family: 4 }, { address: '127.0.0.1', family: 4 }] });
  await expect(port.probe(target(`https://rebinding.example.com:${trap.port}/`), soon())).rejects.toThrow('not a public address');
  expect(trap.connections()).toBe(0);
});

test('T-11: a name that points elsewhere a moment later is asked where it was looked up, once', async () => {
  const trap = await server((_request, response) => response.end('secret'));
  let asked = 0;
  const port = createHttpPort({ ...ours, timeoutMs: 500, resolve: async () => [{ address: (asked += 1) === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }] });
  await expect(port.probe(target(`http://rebinding.example.com:${trap.port}/`), soon())).rejects.toMatchObject({ code: 'PROBE_FAILED' });
  expect([asked, trap.requests()]).toEqual([1, 0]);
});

test('T-11: without TLS only what is listed is asked', async () => {
  const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
  await expect(createHttpPort({ resolve }).probe(target('http://public.example.com/'), soon())).rejects.toThrow('over https only, unless STOCKOPS_PRIVATE_HOSTS lists it');
});

for (const url of ['ftp://example.com/', 'file:///etc/passwd', 'https://user:password@example.com/', 'example.com', 'https:example.com', 'https:/example.com', 'https://exam\nple.com/', 'https://ехample.com/', 'https:\\\\example.com']) {
  test(`T-11: ${JSON.stringify(url)} is no address to ask`, async () => {
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
