/** What the Kubernetes connector makes of answers, and of no answers; against a server that says what the test wants. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RequestVia } from '../../src/actions/ports.ts';
import { createKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { target } from '../actions/samples.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function kubeconfig(server: string, user: object = { token: 'a-token' }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-kubeconfig-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'config');
  await writeFile(path, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'prod',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }], contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
  }));
  return path;
}

async function port(listener: RequestListener, timeoutMs = 2_000) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const kubernetes = createKubernetesPort({ kubeconfigPath: await kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), timeoutMs });
  cleanups.push(() => kubernetes.close());
  return kubernetes;
}

const request: RequestVia<'kubernetes'> = {
  via: 'kubernetes', context: 'prod', method: 'PATCH', path: '/apis/apps/v1/namespaces/stock-service/deployments/stock-service', contentType: 'application/json-patch+json',
  body: [{ op: 'test', path: '/metadata/uid', value: 'uid-1' }],
};
const soon = () => AbortSignal.timeout(10_000);

const answering = (status: number, body: object): RequestListener => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

for (const [why, status, body, receipt] of [
  ['done', 200, { kind: 'Deployment', metadata: { uid: 'uid-1', generation: 8 }, spec: { template: {} } }, { status: 'accepted', answer: { uid: 'uid-1', generation: 8 } }],
  ['forbidden', 403, { message: 'User "x" cannot patch' }, { status: 'rejected', reason: 'User "x" cannot patch' }],
  ['overtaken', 422, { message: 'the server rejected our request due to an error in our request' }, { status: 'rejected', reason: 'It is not as it was when the plan was made: somebody has changed it since.' }],
  ['throttled before it was looked at', 429, { message: 'too many requests' }, { status: 'rejected', reason: 'too many requests' }],
  ['broken inside', 500, { message: 'etcdserver: request timed out' }, { status: 'lost', reason: 'The cluster answered 500: etcdserver: request timed out' }],
  ['late behind a proxy', 504, { message: 'gateway timeout' }, { status: 'lost', reason: 'The cluster answered 504: gateway timeout' }],
] as const) {
  test(`an effect answered ${status}, ${why}, is ${receipt.status} (F-27, F-28)`, async () => {
    const kubernetes = await port(answering(status, body));
    expect(await kubernetes.send(request, 'run_1', soon())).toMatchObject(receipt);
  });
}

test('a connection that breaks after the request was taken is lost, and it was sent once (F-27)', async () => {
  const seen: IncomingMessage[] = [];
  const kubernetes = await port((incoming) => {
    seen.push(incoming);
    incoming.on('data', () => incoming.socket.destroy());
  });
  expect(await kubernetes.send(request, 'run_1', soon())).toMatchObject({ status: 'lost' });
  expect(seen).toHaveLength(1);
});

test('no answer in time is lost, not failed (F-27)', async () => {
  const kubernetes = await port(() => undefined, 300);
  expect(await kubernetes.send(request, 'run_1', soon())).toMatchObject({ status: 'lost' });
});

test('a cluster that refuses the connection was never asked, so nothing happened', async () => {
  const kubernetes = createKubernetesPort({ kubeconfigPath: await kubeconfig('http://127.0.0.1:9') });
  cleanups.push(() => kubernetes.close());
  expect(await kubernetes.send(request, 'run_1', soon())).toMatchObject({ status: 'rejected', reason: expect.stringContaining('Nothing was sent') as string });
});

test('an effect carries the run as annotation and field manager, and its patch type', async () => {
  let seen: { url?: string | undefined; type?: string | undefined; body: string } = { body: '' };
  const kubernetes = await port((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      seen = { url: incoming.url, type: incoming.headers['content-type'], body };
      response.end('{}');
    });
  });
  await kubernetes.send(request, 'run_1', soon());
  expect(seen.url).toBe(`${request.path}?fieldManager=stockops-run_1`);
  expect(seen.type).toBe('application/json-patch+json');
  expect(JSON.parse(seen.body)).toEqual([...(request.body as object[]), { op: 'add', path: '/metadata/annotations/stockops.dev~1run', value: 'run_1' }]);
});

for (const [why, path] of [
  ['a pod', '/api/v1/namespaces/shop/pods/x'],
  ['a secret', '/api/v1/namespaces/shop/secrets/db'],
  ['every deployment of a namespace', '/apis/apps/v1/namespaces/shop/deployments/'],
  ['a path that climbs', '/apis/apps/v1/namespaces/shop/deployments/../../kube-system/deployments/x'],
  ['another subresource', '/apis/apps/v1/namespaces/shop/deployments/x/status'],
  ['a query', '/apis/apps/v1/namespaces/shop/deployments/x?dryRun=All'],
  ['an encoded slash', '/apis/apps/v1/namespaces/shop/deployments/x%2fscale'],
] as const) {
  test(`a stored plan that names ${why} sends nothing (P-1, P-2)`, async () => {
    let requests = 0;
    const kubernetes = await port((_request, response) => { requests += 1; response.end('{}'); });
    expect(await kubernetes.send({ ...request, path }, 'run_1', soon())).toMatchObject({ status: 'rejected' });
    expect(requests).toBe(0);
  });
}

for (const [why, changes] of [
  ['an empty name, which would mean all', { name: '' }],
  ['a name that climbs', { name: '../../kube-system/deployments/x' }],
  ['a name with dots alone', { name: '..' }],
  ['a namespace with a slash', { namespace: 'a/b' }],
  ['a name with an encoded slash', { name: 'x%2f..' }],
] as const) {
  test(`a look at ${why} sends nothing (P-1, P-2)`, async () => {
    let requests = 0;
    const kubernetes = await port((_request, response) => { requests += 1; response.end('{}'); });
    await expect(kubernetes.workload({ ...target, ...changes }, soon())).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' });
    expect(requests).toBe(0);
  });
}

test('an empty selector, which would pick every pod, sends nothing', async () => {
  let requests = 0;
  const kubernetes = await port((_request, response) => { requests += 1; response.end('{"items":[]}'); });
  await expect(kubernetes.pods({ ...target, selector: '' }, soon())).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' });
  expect(requests).toBe(0);
});

test('a kubeconfig that runs a program is refused at the start, unless that is allowed (T-28)', async () => {
  for (const user of [{ exec: { command: 'touch', args: ['/tmp/canary'] } }, { 'auth-provider': { name: 'gcp' } }]) {
    const kubeconfigPath = await kubeconfig('https://127.0.0.1:1', user);
    expect(() => createKubernetesPort({ kubeconfigPath })).toThrow(/runs a program to log in/);
    expect(() => createKubernetesPort({ kubeconfigPath, allowExec: true })).not.toThrow();
  }
});

test('the program that a kubeconfig names is not run, neither for a look nor for a change (T-28)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-canary-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const canary = join(folder, 'canary');
  const honest = await kubeconfig('http://127.0.0.1:9');
  const runs = await kubeconfig('http://127.0.0.1:9', { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: [canary], interactiveMode: 'Never' } });
  expect(() => createKubernetesPort({ kubeconfigPath: runs })).toThrow(/runs a program to log in/);
  expect(() => createKubernetesPort({ kubeconfigPath: honest, writeKubeconfigPath: runs })).toThrow(/runs a program to log in/);

  // One that was honest at the start, and is exchanged while the bot runs.
  const kubernetes = createKubernetesPort({ kubeconfigPath: honest });
  cleanups.push(() => kubernetes.close());
  await writeFile(honest, await readFile(runs));
  await utimes(honest, new Date(0), new Date(0));
  await expect(kubernetes.workload(target, soon())).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  expect(await kubernetes.send(request, 'run_1', soon())).toMatchObject({ status: 'rejected' });
  expect(existsSync(canary)).toBe(false);

  const allowed = createKubernetesPort({ kubeconfigPath: runs, allowExec: true });
  cleanups.push(() => allowed.close());
  await expect(allowed.workload(target, soon())).rejects.toThrow();
  expect(existsSync(canary), 'the canary sings where it is allowed to, so its silence means something').toBe(true);
});

test('who looks and who changes are two, each with its own kubeconfig; with one, it is one (T-18)', async () => {
  const seen: string[] = [];
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.headers.authorization}${incoming.url?.includes('dryRun') ? ' dry run' : ''}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [kubeconfigPath, writeKubeconfigPath] = [await kubeconfig(url, { token: 'looks' }), await kubeconfig(url, { token: 'changes' })];
  for (const options of [{ kubeconfigPath, writeKubeconfigPath }, { kubeconfigPath }]) {
    const kubernetes = createKubernetesPort(options);
    await kubernetes.workload(target, soon());
    await kubernetes.dryRun(request, soon());
    await kubernetes.send(request, 'run_1', soon());
    await kubernetes.close();
  }
  expect(seen).toEqual(['GET Bearer looks', 'PATCH Bearer changes dry run', 'PATCH Bearer changes', 'GET Bearer looks', 'PATCH Bearer looks dry run', 'PATCH Bearer looks']);
});

test('a context that the kubeconfig does not have is named, with those that it has', async () => {
  const kubernetes = await port(answering(200, {}));
  await expect(kubernetes.workload({ ...target, context: 'dr' }, soon())).rejects.toThrow('no context "dr"; it has prod');
});

test('another kubeconfig is taken up without a restart', async () => {
  const path = await kubeconfig('http://127.0.0.1:9');
  const kubernetes = createKubernetesPort({ kubeconfigPath: path });
  cleanups.push(() => kubernetes.close());
  await expect(kubernetes.workload(target, soon())).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' });
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll('"prod"', '"renamed"'));
  await utimes(path, new Date(0), new Date(0));
  await expect(kubernetes.workload(target, soon())).rejects.toThrow('no context "prod"; it has renamed');
});
